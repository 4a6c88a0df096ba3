"""That each preset shows what it says, in numbers: python -m tests.bench.presets [NAME …]

The shout, the rescue, one pass for many labels, and the named cases: test scores beside the naive ones.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from demo.presets import PRESETS
from mtl.runs.config import RunConfig
from tests.bench.runs import Bench, Finished, bench
from tests.bench.table import Row, show


def rows(names: Sequence[str] = ()) -> Iterator[Row]:
    """Runs these presets, or all, and what each is to be held against."""
    with bench() as runs:
        for name in names or CLAIMS:
            yield CLAIMS[name](runs)


def shout(runs: Bench) -> Row:
    """The tasks beside the loud one, with and without its loud loss."""
    plain = PRESETS["shout"]
    # Sentiment wants of the encoder what stars want: it is carried along.
    drowned = [task["name"] for task in plain["tasks"] if task["loss_scale"] == 1 and task["name"] != "sentiment"]
    loud, calm = trained(runs, plain), trained(runs, {**plain, "tasks": [name_of(task) for task in plain["tasks"]]})
    told = ", ".join(f"{name} {percent(calm, name)} → {percent(loud, name)}" for name in drowned)
    worst = max(loud.scores[name].test / calm.scores[name].test for name in drowned)
    return Row("preset shout: test scores of the drowned tasks, calm → loud", "all lower", told, worst)


def rescue(runs: Bench) -> Row:
    """The small task with its neighbour, and alone with the same rows, steps and batch."""
    plain = PRESETS["rescue"]
    small = next(task for task in plain["tasks"] if task["max_train_samples"])
    together, alone = trained(runs, plain), trained(runs, {**plain, "tasks": [small]})
    name = small["name"]
    told = f"{name} ({small['max_train_samples']} rows) alone {percent(alone, name)} → {percent(together, name)}"
    told += f", naive {100 * together.scores[name].naive:.1f}"
    ratio = alone.scores[name].test / together.scores[name].test
    return Row("preset rescue: test score of the small task, alone → with its neighbour", "higher", told, ratio)


def many_labels(runs: Bench) -> Row:
    """One run with all label sets of the texts, and one run for each of them."""
    plain = PRESETS["many_labels"]
    together = trained(runs, plain).elapsed_s
    apart = sum(trained(runs, {**plain, "tasks": [task]}).elapsed_s for task in plain["tasks"])
    count = len(plain["tasks"])
    told = f"{together:.1f} s vs {apart:.1f} s"
    return Row(f"preset many_labels: one run vs {count} separate runs", "less time", told, together / apart)


def case(name: str, runs: Bench) -> Row:
    """Every task of a preset on unseen rows, beside its best constant answer."""
    run = trained(runs, PRESETS[name])
    told = ", ".join(
        f"{task} {score.metric} {100 * score.naive:.1f} → {100 * score.test:.1f}" for task, score in run.scores.items()
    )
    worst = max(score.naive / score.test if score.test > 0 else float("inf") for score in run.scores.values())
    return Row(f"preset {name}: test scores, naive → trained", "all higher", f"{told} in {run.elapsed_s:.0f} s", worst)


def trained(runs: Bench, plain: Mapping[str, Any]) -> Finished:
    """The finished run of a config."""
    return runs.run(RunConfig.from_dict(plain))


def name_of(task: Mapping[str, Any]) -> str:
    """The task with nothing else said about it."""
    return str(task["name"])


def percent(run: Finished, task: str) -> str:
    """A task's test score."""
    return f"{100 * run.scores[task].test:.1f}"


CLAIMS: Mapping[str, Callable[[Bench], Row]] = {
    "shout": shout,
    "rescue": rescue,
    "many_labels": many_labels,
    "translate_classify": partial(case, "translate_classify"),
    "answer_summarise": partial(case, "answer_summarise"),
    "intent_slots": partial(case, "intent_slots"),
}

if __name__ == "__main__":
    show(rows(sys.argv[1:]))
