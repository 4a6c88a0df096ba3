"""What the page's charts are fed with: a run's new numbers since a cursor, small, and parsed once for all watchers.

The page polls ``Feed.watch`` every 0.7 seconds. Anybody can reach it with any argument, past every queue, so it
checks all of it, answers in bounded time and size, and never raises.

A cursor counts the events already sent. It stays true across restarts of the server, because journals only grow.
"""

import math
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from threading import Lock
from typing import Any

from demo.lessons.recording import RECORDED, Recording
from mtl.analysis.curves import Curve, Curves, significant
from mtl.errors import MtlError
from mtl.runs import journal
from mtl.runs.store import RunStore

Read = Callable[[int], tuple[Sequence[Mapping[str, Any]], int]]

CURVE_POINTS = 2000
"""Points of one curve that an attaching page gets at most, over the whole run."""
LIVE_POINTS = 200
"""So many new points of one curve are never thinned: a page that fell behind a little gets them all."""
ANSWER_ROWS = 3000
"""Rows of one answer; at about 60 bytes each they stay below 200 kB."""
SCORES_WEIGH = 3
"""A row of scores is as long as so many rows of a curve."""
KEPT_RUNS = 16
LONGEST_ID = 64
TRACEBACK_SHOWN = 6000


class Feed:
    """Answers the page's polls."""

    def __init__(self, store: RunStore, recording: Recording | None = None) -> None:
        self._store = store
        self._recording = recording
        self._tracks: OrderedDict[str, _Track] = OrderedDict()
        self._lock = Lock()

    def watch(self, args: object = None) -> dict[str, Any]:
        """New numbers of a run: ``{"run": id, "cursor": int}`` to the form the page draws.

        Fields of ``status`` that are None are left out. An answer that could not hold everything says ``more``.
        An unknown run, or arguments that make no sense, give ``{"missing": True}``.
        """
        run_id, cursor = _arguments(args)
        if run_id is None:
            return {"run": None, "cursor": 0, "missing": True}
        try:
            # The status comes first: numbers that it already counts are then surely among the rows.
            status = self._status(run_id)
            track = self._track(run_id)
            portion = track.since(cursor)
        except (MtlError, OSError):
            return {"run": run_id, "cursor": 0, "missing": True}
        return {"run": run_id, "missing": False, "status": _brief(status, track.traceback()), **portion}

    def _status(self, run_id: str) -> dict[str, Any]:
        if run_id == RECORDED and self._recording:
            return self._recording.status()
        return self._store.status(run_id).to_dict()

    def _track(self, run_id: str) -> "_Track":
        """The run's track; the least recently watched one makes room for a new one."""
        with self._lock:
            if run_id not in self._tracks:
                self._tracks[run_id] = _Track(self._reader(run_id))
            self._tracks.move_to_end(run_id)
            if len(self._tracks) > KEPT_RUNS:
                self._tracks.popitem(last=False)
            return self._tracks[run_id]

    def _reader(self, run_id: str) -> Read:
        if run_id == RECORDED and self._recording:
            events = self._recording.events
            return lambda cursor: (events[cursor:], len(events))
        return lambda cursor: self._store.events(run_id, cursor)


class _Track:
    """One run's journal as curves, read once however many watch."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._offset = 0
        self._curves = Curves()
        self._last: tuple[tuple[int, int], dict[str, Any]] | None = None
        self._lock = Lock()

    def since(self, cursor: int) -> dict[str, Any]:
        """The rows of the events from the cursor on, as many as one answer holds."""
        with self._lock:
            self._refresh()
            if cursor > self._curves.count:
                cursor = 0
            key = (cursor, self._curves.count)
            if self._last is None or self._last[0] != key:
                self._last = (key, _portion(self._curves, cursor))
            return self._last[1]

    def traceback(self) -> str:
        """Where a failed run broke, the end of it; empty for every other run."""
        with self._lock:
            last = self._curves.once[-1][1] if self._curves.once else {}
        return str(last.get("traceback", ""))[-TRACEBACK_SHOWN:]

    def _refresh(self) -> None:
        """Takes in what the journal has gained; a journal that shrank is read anew."""
        while True:
            events, offset = self._read(self._offset)
            if offset < self._offset:
                self._curves = Curves()
            for event in events:
                self._curves.add(event)
            # A portion that is not full was the last one: what a fast worker adds meanwhile waits for the next look.
            full = offset - self._offset >= journal.MAX_READ // 2
            self._offset = offset
            if not full:
                return


def _arguments(args: object) -> tuple[str | None, int]:
    """The run id and the cursor, or (None, 0) for anything that is not a plausible question."""
    if not isinstance(args, Mapping):
        return None, 0
    run_id, cursor = args.get("run"), args.get("cursor", 0)
    if not isinstance(run_id, str) or not 0 < len(run_id) <= LONGEST_ID or not run_id.isascii():
        return None, 0
    if isinstance(cursor, bool) or not isinstance(cursor, int) or not 0 <= cursor < 2**53:
        return None, 0
    return run_id, cursor


def _portion(curves: Curves, cursor: int) -> dict[str, Any]:
    """The answer's rows from the cursor on, and the cursor behind them."""
    stop = curves.count
    chosen = {key: _chosen(curve, cursor, stop) for key, curve in _named(curves).items()}
    scores = curves.scores[bisect_left(curves.scores, cursor, key=itemgetter(0)) :]
    indices = [curve.index[place] for key, curve in _named(curves).items() for place in chosen[key]]
    indices += [index for index, _ in scores for _ in range(SCORES_WEIGH)]
    if len(indices) > ANSWER_ROWS:
        stop = sorted(indices)[ANSWER_ROWS]

    rows = {
        key: curve.rows([place for place in chosen[key] if curve.index[place] < stop])
        for key, curve in _named(curves).items()
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
        "samples": _samples(once),
        "mixture": next((_plain(event) for event in reversed(once) if event["type"] == "mixture"), None),
        "snapshot": snapshots[-1] if snapshots else None,
    }
    return portion if stop == curves.count else {**portion, "more": True}


def _samples(once: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each task said before training and last: what lies between would only weigh."""
    said = [event for event in once if event["type"] == "samples"]
    last = {event["task"]: event for event in said}
    return [_plain(event) for event in said if event["step"] == 0 or event is last[event["task"]]]


def _named(curves: Curves) -> dict[tuple[str, str], Curve]:
    """Every curve of the run by what it is and whose."""
    named = {("train", task): curve for task, curve in curves.train.items()}
    named |= {("validation", task): curve for task, curve in curves.validation.items()}
    return {**named, ("optimizer", ""): curves.optimizer}


def _chosen(curve: Curve, cursor: int, stop: int) -> list[int]:
    """The places to send: all, unless the page is far behind a long run. The density is even over the whole run."""
    places = curve.places(cursor, stop)
    share = len(places) / max(1, len(curve.index))
    return curve.thinned(places, max(LIVE_POINTS, math.ceil(CURVE_POINTS * share)))


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event without its type, its numbers short."""
    return {key: _short(value) for key, value in event.items() if key != "type"}


def _brief(status: Mapping[str, Any], traceback: str) -> dict[str, Any]:
    """The status without what the page knows (its id) or what is None."""
    brief = {key: _short(value) for key, value in status.items() if value is not None and key != "run_id"}
    if "error" in brief and traceback:
        brief["error"] = {**brief["error"], "traceback": traceback}
    return brief


def _short(value: Any) -> Any:
    """The value with every number in it cut to 4 significant digits; counts stay whole."""
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, Mapping):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_short(item) for item in value]
    return value
