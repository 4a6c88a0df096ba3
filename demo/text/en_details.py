"""The details under the chart, in English."""

from demo.text.details import ConflictText, ModelText

CONFLICT = ConflictText(
    tab="Conflict",
    help="help",
    conflict="conflict",
    neither="hardly either",
    pair="{a} and {b}",
    course="{a} and {b}: in conflict in {n} % of the measurements",
    strongest_help="Strongest help",
    strongest_conflict="Strongest conflict",
    share="{n} of {m} measurements have a pair in conflict ({p} %).",
    none="none",
    note="Cosine of the gradients at the parameters that the tasks share, measured {every}, {m} in all: "
    "each number is the mean of the last {r}, each curve the whole run.",
    each_step="in every step",
    every="every {k} steps",
    nothing_yet="How the tasks' gradients agree appears with the first step.",
    one_task="One task alone has nobody to agree or to conflict with.",
    nothing_shared="Nothing is shared, so the gradients do not meet.",
    off="Measuring is switched off: set the steps between measurements under More settings.",
    never="In this run the gradients were not compared.",
)

MODEL = ModelText(
    tab="Model",
    run="This run",
    plan="Set up now",
    sizes="{n} parameters: {shared} shared, {own} own",
    sizes_own="{n} parameters",
    level="Level",
    levels={
        "embeddings": "Embeddings",
        "end": "After the layers",
        "experts": "Experts",
        "stitches": "Stitches",
        "head": "Heads",
    },
    layer="Layer {n}",
    layers="Layers {a}–{b}",
    made_of="Made of",
    shared="shared",
    own="own for each task",
    frozen="frozen",
    stitched="stitched",
    kinds={"adapter": "an adapter for each task", "gate": "a gate for each task"},
    norm="Norm, step {s}",
    bar="Gradient norm as a bar",
    norm_note="Bar: gradient norm before clipping, on a log scale; black tick: at the first measurement. "
    "Shrinking towards the embeddings it vanishes, growing it explodes.",
    nothing_yet="The picture of the model appears once a run has loaded, or the estimate is measured.",
    not_noted="This run does not tell what its model is made of.",
)
