"""The Compare tab, in English."""

from demo.text import ErrorText
from demo.text.compare import CardText, CompareText

COMPARE = CompareText(
    tab="Compare",
    from_lab="Does sharing help?",
    race="Does sharing help?",
    race_note="Trains each task of a run alone as well, on the same texts in the same steps, and sets the scores "
    "against each other.",
    run="Run of several tasks",
    seeds="Seeds",
    one_seed="1: claims nothing",
    some_seeds="{n}: mean and 95 % interval",
    go="Train the tasks alone",
    go_on="Train the {n} missing {n:run|runs}",
    all_there="All {n} runs are there.",
    nothing_to_race="Train a run of two tasks or more in the Lab. Then it can race its tasks alone.",
    not_here="This run is not on this machine.",
    estimate="{n} {n:run|runs} to train, about {time} by the time that this run took",
    reused="{n} of {m} runs {n:is|are} there already and {n:is|are} not trained again.",
    progress="{done} of {all} runs finished",
    started="{n} {n:run was|runs were} put into the queue.",
    pick="Pick runs",
    pick_note="Up to {n}. Runs that differ only in their seed count as one side.",
    no_runs="No runs yet. Train one in the Lab.",
    alone="{task}, alone",
    together="All together",
    more_tasks="{tasks} and {n} more",
    seed="seed {n}",
    steps="{n} {n:step|steps}",
    empty="Race a run against its tasks alone, or pick runs on the left: their curves appear here, over one another.",
    shown_seed="Seed shown",
    chart="Curves",
    chart_alt="Line chart: {what} of each task in each run, against {axis}. The tables below hold the scores in "
    "numbers.",
    what={"train": "Training loss, smoothed", "validation": "Validation loss", "score": "Validation score"},
    no_points="The first points come as soon as a run has begun to train.",
    waits="Scores and differences appear here once all runs of a seed have finished.",
    exports="Export",
    curves="Curves (CSV)",
    scores="Scores (CSV)",
    settings="Settings (CSV)",
    report="Report (HTML)",
    missing="not started",
)

CARD = CardText(
    heading="Test scores",
    so_far="{n} of {m} seeds have finished so far.",
    columns=("Task", "Metric", "Difference", "What may be said"),
    interval="{low} to {high}",
    verdicts={
        "one_seed": "one seed: nothing can be claimed",
        "no_difference": "no difference can be claimed",
        "better": "better together",
        "worse": "worse together",
    },
    pair_verdicts={
        "one_seed": "one seed: nothing can be claimed",
        "no_difference": "no difference can be claimed",
        "better": "A is better",
        "worse": "A is worse",
    },
    together="Together",
    alone="Alone",
    first="A",
    second="B",
    delta="Δm = {value}",
    delta_verdicts={
        "one_seed": "With one seed nothing can be claimed: race 3 or 5 seeds.",
        "no_difference": "No difference can be claimed: the interval holds 0.",
        "better": "Together is better, over all tasks.",
        "worse": "Together is worse, over all tasks.",
    },
    pair_delta_verdicts={
        "one_seed": "With one seed nothing can be claimed: pick runs of several seeds for both sides.",
        "no_difference": "No difference can be claimed: the interval holds 0.",
        "better": "A is better, over all tasks.",
        "worse": "A is worse, over all tasks.",
    },
    definition="Δm: for each task the test score together minus the score alone, divided by the score alone; the mean "
    "over the tasks in percent. Above 0: together is better. The base is the task alone (arXiv 1904.08918).",
    pair_definition="Δm: for each task the test score of A minus that of B, divided by that of B; the mean over the "
    "tasks in percent. Above 0: A is better. The base is B (arXiv 1904.08918).",
    no_base="Δm cannot be given: the base of {tasks} is 0 or below, and Δm divides by it.",
    how_one="These are the differences of single runs. Another seed alone may change scores by as much.",
    how_many="Means over {n} seeds with 95 % intervals: differences paired by seed, Student's t, {m} degrees of "
    "freedom. Each interval stands for itself: of twenty, one misses by chance.",
    costs={
        "models": "Models that answer",
        "parameters": "Parameters",
        "training_s": "Training time",
        "question_s": "One question to all tasks",
        "peak_memory_bytes": "Largest memory",
    },
    other_devices="The runs were trained on different devices, so their times are not compared.",
    runs_of="Runs",
    test_scores="Test scores of each run",
    differences="Settings in which they differ",
    settings="Settings of the run of all tasks",
    field="Setting",
    no_differences="All settings are the same.",
    report_title="Comparison of runs",
    report_note="Made by Multi-Task Lab. Scores are those of test rows, in percent.",
    made="Curves of the training loss (smoothed) by steps. {solid}: solid; {dashed}: dashed.",
)

COMPARE_ERRORS = {
    "ComparisonError": ErrorText("These runs cannot be compared.", "{reason}"),
}

COMPARE_REASONS = {
    "ComparisonError.no_run": "A run of this race has not been started yet: {task}, seed {seed}.",
    "ComparisonError.deleted": "The run {run} has been deleted, or there never was one: there is nothing to read.",
    "ComparisonError.unfinished": "The run {run} has not finished, so it has no scores on test rows. Wait for its end, "
    "or train it again if it was ended early.",
    "ComparisonError.nothing_shared": "They have no task in common: {first} on one side, {second} on the other.",
    "ComparisonError.seeds": "Differences are paired by seed, and {task} has other seeds on each side: {first} and "
    "{second}. Train the missing ones, or pick as many of both.",
    "ComparisonError.metric": "{task} is scored in two ways: {found}. Scores of different kinds have no difference.",
    "ComparisonError.base": "Δm divides by the base, and that of {task} is {found}: it should be above 0.",
}

COMPARE_FIELDS = {"seeds": "Seeds", "within": "Tasks of the larger run"}
