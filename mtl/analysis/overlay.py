"""Curves of several runs on common axes, and in which fields their configs differ."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mtl.analysis.comparison import Comparison
from mtl.analysis.intervals import Interval
from mtl.analysis.results import Events, Score
from mtl.analysis.thinning import significant

Axis = Literal["steps", "seconds", "examples"]
What = Literal["train", "validation", "score"]
"""The training loss, the validation loss, or the primary score on validation rows."""
Point = tuple[float, float]

UNSAFE = ("=", "+", "-", "@", "\t", "\r")
"""A cell of text that begins so would be a formula for a spreadsheet."""


def series(events: Events, axis: Axis = "steps", what: What = "train") -> dict[str, list[Point]]:
    """The curve of each task.

    Args:
        events: Of one run.
        axis: ``steps``; ``seconds`` since the first step could begin, so that loading counts for no side; or
            ``examples``, the texts that the run has read.
        what: See ``What``.
    """
    found: dict[str, list[Point]] = {}
    began, examples = 0.0, 0.0
    for event in events:
        if event["type"] == "run_started":
            began = float(event.get("t") or 0.0)
        if event["type"] == "optimizer" or (event["type"] == "loss" and event.get("split") == "train"):
            examples = float(event.get("examples") or examples)
        value = _value(event, what)
        if value is not None:
            places = {"steps": event.get("step"), "seconds": float(event.get("t") or 0.0) - began, "examples": examples}
            found.setdefault(str(event.get("task")), []).append((float(places[axis] or 0.0), value))
    return found


def _value(event: Mapping[str, Any], what: What) -> float | None:
    """The number of the event that belongs to the curve."""
    if what == "score":
        if event["type"] != "scores" or event.get("split") != "validation":
            return None
        return significant((event.get("scores") or {}).get(event.get("metric")), 17)
    of_curve = event["type"] == "loss" and event.get("split") == what
    return significant(event.get("loss"), 17) if of_curve else None


@dataclass(frozen=True)
class Difference:
    """A field in which configs differ, and its value in each; None where one has no such field."""

    path: str
    values: tuple[Any, ...]


def differences(configs: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """The fields in which configs differ, as flat rows; tasks and sources go by their names.

    Which tasks a run has is one row. The fields of a task are rows only where runs that have it differ in them.

    Args:
        configs: As ``RunConfig.to_dict`` gives them.
    """
    flat = [_flat(config) for config in configs]
    paths = list(dict.fromkeys(path for each in flat for path in each))
    rows = [Difference(path, tuple(each.get(path) for each in flat)) for path in paths]
    return [row for row in rows if _differs(row)]


def settings(config: Mapping[str, Any]) -> list[Difference]:
    """Every field of one config, as flat rows."""
    return [Difference(path, (value,)) for path, value in _flat(config).items()]


def _differs(row: Difference) -> bool:
    known = [value for value in row.values if value is not None]
    values = known if row.path.startswith("tasks.") else list(row.values)
    return any(value != values[0] for value in values)


def _flat(value: object, path: str = "") -> dict[str, Any]:
    """Every leaf of a config by its path, like ``training.seed`` or ``tasks.stars.loss_scale``."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, item in value.items():
            found |= _flat(item, f"{path}.{key}" if path else str(key))
        return found
    named = isinstance(value, list | tuple) and all(isinstance(item, Mapping) and "name" in item for item in value)
    if named and path in ("tasks", "within", "sources"):
        items: Sequence[Mapping[str, Any]] = value  # type: ignore[assignment]
        found = {path: [str(item["name"]) for item in items]}
        for item in items if path != "within" else ():
            rest = {key: each for key, each in item.items() if key != "name"}
            found |= _flat(rest, f"{path}.{item['name']}")
        return found
    return {path: list(value) if isinstance(value, tuple) else value}


def curves_csv(runs: Mapping[str, Events]) -> str:
    """Every point of every curve: run, task, what, step, seconds, examples, value.

    Args:
        runs: The events by what the run is called.
    """
    rows: list[Sequence[object]] = []
    for name, events in runs.items():
        for what in ("train", "validation", "score"):
            axes: list[Axis] = ["steps", "seconds", "examples"]
            steps, seconds, examples = (series(events, axis, what) for axis in axes)
            for task, points in steps.items():
                places = zip(points, seconds[task], examples[task], strict=True)
                rows += [(name, task, what, int(at[0]), s[0], int(e[0]), at[1]) for at, s, e in places]
    return _csv(("run", "task", "what", "step", "seconds", "examples", "value"), rows)


def differences_csv(names: Sequence[str], rows: Sequence[Difference]) -> str:
    """Field by field the values of all runs."""
    return _csv(("field", *names), [(row.path, *map(_cell, row.values)) for row in rows])


def scores_csv(names: Sequence[str], scores: Sequence[Mapping[str, Score]]) -> str:
    """Task by task the test scores of all runs; nothing where a run has none."""
    tasks = dict.fromkeys((task, score.metric) for each in scores for task, score in each.items())
    rows = [
        (task, metric, *(each[task].value if task in each and each[task].metric == metric else "" for each in scores))
        for task, metric in tasks
    ]
    return _csv(("task", "metric", *names), rows)


def comparison_csv(comparison: Comparison) -> str:
    """Task by task both sides and the difference, each with its interval; then Δm, in percent."""
    parts = ("together", "alone", "difference")
    columns = [f"{part}{end}" for part in parts for end in ("", "_low", "_high")]
    rows: list[Sequence[object]] = [
        (line.task, line.metric, *_ends(line.together), *_ends(line.alone), *_ends(line.difference),
         line.difference.verdict)
        for line in comparison.tasks
    ]  # fmt: skip
    if comparison.delta_m:
        gap = [""] * 6
        rows.append(("Δm", "%", *gap, *_ends(comparison.delta_m), comparison.delta_m.verdict))
    return _csv(("task", "metric", *columns, "verdict"), rows)


def _ends(found: Interval) -> tuple[float, float | str, float | str]:
    none = found.low is None or found.high is None
    return found.mean, "" if none else found.low or 0.0, "" if none else found.high or 0.0


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The rows as RFC 4180 has them; text that a spreadsheet would compute is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_safe, header))
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(UNSAFE) else cell
