"""Which rows of its sources a run uses: limits on training and validation rows, drawn by the run's seed."""

from collections.abc import Sequence
from random import Random

from mtl.data.origins import RunData
from mtl.data.sources import SPLITS, Row, Split, TaskSpec
from mtl.runs.config import RunConfig, TaskConfig


def rows_of_run(config: RunConfig, data: RunData, specs: Sequence[TaskSpec]) -> dict[str, dict[Split, list[Row]]]:
    """The rows of every source the tasks need, in the order of the tasks."""
    found = {}
    for name in dict.fromkeys(spec.source for spec in specs):
        members = [(spec, task) for spec, task in zip(specs, config.tasks, strict=True) if spec.source == name]
        found[name] = {split: select_rows(data.rows(name, split), split, members, config) for split in SPLITS}
    return found


def select_rows(
    found: Sequence[Row], split: Split, tasks: list[tuple[TaskSpec, TaskConfig]], config: RunConfig
) -> list[Row]:
    """The rows of a split that the run uses: labels beyond ``max_train_samples`` are taken away, and rows left without
    any label with them; validation is cut to ``max_eval_samples``. The same seed takes the same rows.
    """
    rows = list(found)
    if split == "test":
        return rows
    Random(config.training.seed).shuffle(rows)
    if split == "validation":
        return rows[: config.training.max_eval_samples]
    limited = {spec.label: task.max_train_samples for spec, task in tasks if task.max_train_samples is not None}
    if not limited:
        return rows
    kept = [
        _without_labels(row, [label for label, limit in limited.items() if at >= limit]) for at, row in enumerate(rows)
    ]
    return [row for row in kept if any(row.get(spec.label) is not None for spec, _ in tasks)]


def _without_labels(row: Row, labels: list[str]) -> Row:
    return {**row, **dict.fromkeys(labels)}
