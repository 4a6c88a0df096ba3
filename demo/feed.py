"""What the page's charts are fed with: a run's new numbers since a cursor, small, and parsed once for all watchers.

The page polls ``Feed.watch`` every 0.7 seconds. Anybody can reach it with any argument, past every queue, so it
checks all of it, answers in bounded time and size, and never raises.

A cursor counts the events already sent. It stays true across restarts of the server, because journals only grow.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from demo.lessons.recording import RECORDED, Recording
from demo.portion import portion_of, short
from demo.relating import facts
from mtl.analysis.curves import Curves
from mtl.errors import MtlError
from mtl.runs import journal
from mtl.runs.store import RunStore

Read = Callable[[int], tuple[Sequence[Mapping[str, Any]], int]]

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

    def relate(self, args: object = None) -> dict[str, Any]:
        """How the tasks of a run act on each other: ``{"run": id}`` to the form the Relations tab draws."""
        run_id, _ = _arguments(args)
        try:
            found = self._track(run_id).relate() if run_id else None
        except (MtlError, OSError):
            found = None
        return {"run": run_id, "missing": True} if found is None else {"run": run_id, "missing": False, **found}

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
        self._related: tuple[int, dict[str, Any]] | None = None
        self._lock = Lock()

    def since(self, cursor: int) -> dict[str, Any]:
        """The rows of the events from the cursor on, as many as one answer holds."""
        with self._lock:
            self._refresh()
            if cursor > self._curves.count:
                cursor = 0
            key = (cursor, self._curves.count)
            if self._last is None or self._last[0] != key:
                self._last = (key, portion_of(self._curves, cursor))
            return self._last[1]

    def relate(self) -> dict[str, Any]:
        """How the tasks act on each other, worked out once for every measurement."""
        with self._lock:
            self._refresh()
            key = self._curves.relations.last
            if self._related is None or self._related[0] != key:
                started = next((event for _, event in self._curves.once if event["type"] == "run_started"), None)
                self._related = (key, facts(self._curves.relations, started))
            return self._related[1]

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
                self._curves, self._related = Curves(), None
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


def _brief(status: Mapping[str, Any], traceback: str) -> dict[str, Any]:
    """The status without what the page knows (its id) or what is None."""
    brief = {key: short(value) for key, value in status.items() if value is not None and key != "run_id"}
    if "error" in brief and traceback:
        brief["error"] = {**brief["error"], "traceback": traceback}
    return brief
