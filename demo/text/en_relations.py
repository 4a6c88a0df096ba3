"""The Relations tab, in English."""

from demo.text.relations import MatrixText, RelationsText

RELATIONS = RelationsText(
    tab="Relations",
    steps="Probe affinity every (0: never)",
    heading="How the tasks act on each other",
    of_run="In the run that is open in the Lab.",
    no_run="Open a run in the Lab: what its tasks do to each other appears here.",
    cosine=MatrixText(
        title="Gradient cosine",
        about="Whether two tasks pull the shared parameters the same way: +1 exactly, −1 against each other.",
        help="{a} and {b} agree most ({v}).",
        conflict="{a} and {b} conflict most ({v}).",
        no_help="No pair agrees on average.",
        no_conflict="No pair conflicts on average.",
        cost="Mean over the run. Measured {m} ×, {every}: each time one backward pass for each task.",
        nothing_yet="The first numbers come with the first step.",
        one_task="One task alone has nobody to agree or to conflict with.",
        nothing_shared="Nothing is shared, so the gradients do not meet.",
        off="Measuring is switched off: set the steps between comparisons under More settings in the Lab.",
        never="In this run the gradients were not compared.",
    ),
    affinity=MatrixText(
        title="Look-ahead affinity",
        about="By how many percent a trial step for the task of the row alone lowers the loss of the task of the "
        "column, on the same texts.",
        help="A step for {a} helps {b} most ({v}).",
        conflict="A step for {a} hurts {b} most ({v}).",
        no_help="No step helps another task on average.",
        no_conflict="No step hurts another task on average.",
        cost="Mean over the run. Probed {m} ×, {every}: each time {n} backward and {f} forward passes, and the "
        "training stays what it was.",
        nothing_yet="The first numbers come with the first step.",
        one_task="One task alone has nobody to help or to hurt.",
        nothing_shared="Nothing is shared, so no step for one task reaches another.",
        off="Not probed: it costs time, so it is off unless asked for. In the Lab, under More settings, set "
        "“Probe affinity every” to 8, say, and train.",
        never="In this run affinity was not probed. In the Lab, under More settings, set “Probe affinity every” to 8, "
        "say, and train.",
    ),
    effect="{a} on {b}: {v}",
    unknown="not known",
    percent="{v} %",
    suggestion="Who should share an encoder",
    by="By",
    encoders="Encoders",
    best="best",
    worth="Mean effect on a task: {v}. A task alone counts 0.",
    alone="alone",
    set_up="Set up in the Lab",
    set_up_tasks="Set up in the Lab: {tasks}",
    set_up_split="Set up this split in the Lab",
    too_many="All groupings are tried, so at most {n} tasks are grouped.",
    no_groups="A grouping appears with the first measurement.",
    split="Up to where to share",
    share_all="All {d} layers: taken together, the tasks agree up to the top.",
    share_to="Layers 1 to {k} of {d}; above them, layers of its own for each task.",
    split_note="Mean cosine of all pairs at each layer.",
    no_split="Told by affinity probes, in a run whose tasks share every layer.",
    note="Read off one run: a suggestion to try and to compare, not a result.",
)
