"""Why the heads answer as they do, in English."""

from demo.text.why import MatteredText, MistakesText

MISTAKES = MistakesText(
    tab="Mistakes",
    pick="Task",
    matrix="What is right in rows, what was said in columns",
    corner="is ↓ said →",
    cell="{gold} said to be {said}: {n}",
    others="all others",
    outside="none",
    no_matrix="No matrix: this task does not choose one of several labels.",
    slice="Part",
    by_length="By length",
    by_label="By label",
    rows="Rows",
    loss="Loss",
    lengths={
        "short": "short, {low}–{high} tokens",
        "middle": "middle, {low}–{high} tokens",
        "long": "long, {low}–{high} tokens",
    },
    groups={"answer": "has an answer", "no answer": "has none", "O": "none"},
    hardest="Hardest: the highest losses",
    right="{gold}, and said so",
    taken="{gold}, taken for {said}",
    shown="{n} of {m}",
    no_example="No example of this cell was kept.",
    became="loss {loss}",
    nothing="nothing",
    note="{n} validation rows, weights of step {s}. Press a number to see its texts.",
    later="Where the heads err is told when the run ends.",
    none="This run does not tell where its heads err.",
)

MATTERED = MatteredText(
    switch="Which words mattered",
    title="Which words mattered to which head",
    asking="asking …",
    against="against",
    for_it="for",
    part="{word}: {p} %",
    unread="not read",
    silent="says nothing about this text",
    none_of="none",
    note="Gradient × input for what each head says; the sizes of a head's words add up to 100 %. "
    "It hints at what the head looked at; it proves no cause, and holds for small changes only.",
    past="Only weights that are kept can be looked into: go back to the end of the slider.",
    recorded="A recorded run cannot be looked into. Train one, and its heads will tell.",
)
