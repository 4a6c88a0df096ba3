"""One answer to the page's polls: a run's rows from a cursor on, as many as one answer holds, and short."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from mtl.analysis.conflicts import Conflicts
from mtl.analysis.curves import Curve, Curves
from mtl.analysis.measurements import DIGITS, Measurements
from mtl.analysis.thinning import significant

CURVE_POINTS = 2000
"""Points of one curve that an attaching page gets at most, over the whole run."""
LIVE_POINTS = 200
"""So many new points of one curve are never thinned: a page that fell behind a little gets them all."""
MEASURED_POINTS = 200
"""The same of what is drawn only small, such as the cosines of a pair of tasks, over the whole run."""
LIVE_MEASURED = 20
ANSWER_ROWS = 3000
"""Rows of one answer; at about 60 bytes each they stay below 200 kB."""
SCORES_WEIGH = 3
"""A row of scores is as long as so many rows of a curve."""
MISTAKES_WEIGH = 500
"""The same of what a run tells of a task's mistakes, once."""
NUMBERS = 8
"""So many numbers of a measurement are as long as a row of a curve."""

ENDS = ("finished", "stopped")
"""Events that say what the run has cost. How it failed is part of its status."""

Places = dict[tuple[str, str], list[int]]


def portion_of(curves: Curves, cursor: int) -> dict[str, Any]:
    """The answer's rows from the cursor on, and the cursor behind them."""
    stop = curves.count
    chosen = _chosen(curves, cursor, stop)
    scores = curves.scores[bisect_left(curves.scores, cursor, key=itemgetter(0)) :]
    indices = [index for index, _ in scores for _ in range(SCORES_WEIGH)]
    told = [index for index, event in curves.once if event["type"] == "mistakes" and index >= cursor]
    indices += [index for index in told for _ in range(MISTAKES_WEIGH)]
    for key, table in _tables(curves).items():
        indices += [table.index[place] for place in chosen[key] for _ in range(_weight(table))]
    if len(indices) > ANSWER_ROWS:
        stop = sorted(indices)[ANSWER_ROWS]

    rows = {
        key: table.rows([place for place in chosen[key] if table.index[place] < stop])
        for key, table in _tables(curves).items()
    }
    once = [event for index, event in curves.once if cursor <= index < stop]
    snapshots = [step for index, step in curves.snapshots if cursor <= index < stop]
    portion: dict[str, Any] = {
        "cursor": stop,
        "start": next((_plain(event) for event in once if event["type"] == "run_started"), None),
        "train": {task: rows["train", task] for task in curves.train if rows["train", task]},
        "validation": {task: rows["validation", task] for task in curves.validation if rows["validation", task]},
        "scores": [row for index, row in scores if index < stop],
        "optimizer": rows["optimizer", ""],
        "truncated": [_plain(event) for event in once if event["type"] == "truncated"],
        "dropped": [_plain(event) for event in once if event["type"] == "dropped"],
        "samples": _samples(once),
        "mixture": next((_plain(event) for event in reversed(once) if event["type"] == "mixture"), None),
        "snapshot": snapshots[-1] if snapshots else None,
        "end": next((_plain(event) for event in once if event["type"] in ENDS), None),
        **_measured(curves, rows, cursor),
        **_rare(curves, cursor, stop),
    }
    if mistakes := [_plain(event) for event in once if event["type"] == "mistakes"]:
        portion["mistakes"] = mistakes
    return portion if stop == curves.count else {**portion, "more": True}


def _rare(curves: Curves, cursor: int, stop: int) -> dict[str, Any]:
    """What most updates have nothing of: there it is not even named."""
    said = [step for index, step in curves.said if cursor <= index < stop]
    found = {
        "selected": _selected(curves) if _last(curves.snapshots) >= cursor else None,
        "unbalanced": len(curves.unbalanced) if _last(curves.unbalanced) >= cursor else None,
        "said": said or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _selected(curves: Curves) -> dict[str, Any]:
    """Which snapshots are the best, and what all of them take on the disk."""
    return {"best": curves.best, "each": curves.best_of, "disk_bytes": curves.disk_bytes}


def _measured(curves: Curves, rows: Mapping[tuple[str, str], list[Any]], cursor: int) -> dict[str, Any]:
    """What is measured now and then. The numbers made of all measurements come whole with every new one."""
    layers, conflicts = rows["layers", ""], rows["conflicts", ""]
    return {
        "layers": {"levels": list(curves.layers.columns), "rows": layers} if layers else None,
        "conflicts": {**_agreement(curves.conflicts), "rows": conflicts} if conflicts else None,
        "skipped": _skips(curves) if curves.last_skip >= cursor else None,
    }


def _agreement(conflicts: Conflicts) -> dict[str, Any]:
    """How the tasks agree over all measurements so far; pairs as in ``Conflicts``."""
    return {
        "tasks": conflicts.tasks,
        "mean": [significant(pair.mean, DIGITS) for pair in conflicts.pairs],
        "share": [significant(pair.share, DIGITS) for pair in conflicts.pairs],
        "measured": conflicts.measured,
        "conflicting": conflicts.conflicting,
        "help": conflicts.strongest_help(),
        "conflict": conflicts.strongest_conflict(),
    }


def _last(found: Sequence[tuple[int, int]]) -> int:
    """The index of the last of these events; -1 if there is none."""
    return found[-1][0] if found else -1


def _skips(curves: Curves) -> list[dict[str, Any]]:
    """Who was left out of how many steps, and in how many of them for a loss that was not finite."""
    return [{"task": task, "steps": steps, "losses": losses} for task, (steps, losses) in curves.skips.items()]


def _samples(once: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each task said before training and last: what lies between would only weigh."""
    said = [event for event in once if event["type"] == "samples"]
    last = {event["task"]: event for event in said}
    return [_plain(event) for event in said if event["step"] == 0 or event is last[event["task"]]]


def _tables(curves: Curves) -> dict[tuple[str, str], Curve | Measurements]:
    """Everything that is sent in rows, by what it is and whose."""
    named: dict[tuple[str, str], Curve | Measurements] = {
        ("train", task): curve for task, curve in curves.train.items()
    }
    named |= {("validation", task): curve for task, curve in curves.validation.items()}
    measured = {("layers", ""): curves.layers, ("conflicts", ""): curves.conflicts.series}
    return {**named, **measured, ("optimizer", ""): curves.optimizer}


def _weight(table: Curve | Measurements) -> int:
    """Rows of a curve that are as long as one of this table."""
    return 1 + len(table.columns) // NUMBERS if isinstance(table, Measurements) else 1


def _chosen(curves: Curves, cursor: int, stop: int) -> Places:
    """The places to send: all, unless the page is far behind a long run. The density is even over the whole run."""
    chosen = {}
    for key, table in _tables(curves).items():
        measured = isinstance(table, Measurements)
        most, live = (MEASURED_POINTS, LIVE_MEASURED) if measured else (CURVE_POINTS, LIVE_POINTS)
        places = table.places(cursor, stop)
        share = len(places) / max(1, len(table.index))
        chosen[key] = table.thinned(places, max(live, math.ceil(most * share)))
    return chosen


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event without its type, its numbers short."""
    return {key: short(value) for key, value in event.items() if key != "type"}


def short(value: Any) -> Any:
    """The value with every number in it cut to 4 significant digits; counts stay whole."""
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, Mapping):
        return {key: short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [short(item) for item in value]
    return value
