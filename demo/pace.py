"""How long runs of some of a run's tasks will take, from how long that run took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtl.analysis.results import Events, read_events
from mtl.runs.store import RunStore

KEPT = 256
"""Runs whose pace is kept in memory."""


@dataclass(frozen=True)
class Pace:
    """How long a finished run took to load and to work, and what each task's source gave of its texts."""

    loading: float
    working: float
    shares: Mapping[str, float]
    """By source."""
    sources: Mapping[str, str]
    """By task."""

    @classmethod
    def of(cls, events: Events) -> "Pace":
        """The pace of a run from all its events."""
        start: Mapping[str, Any] = next((event for event in events if event["type"] == "run_started"), {})
        mixture: Mapping[str, Any] = next((event for event in reversed(events) if event["type"] == "mixture"), {})
        loading = float(start.get("t") or 0.0)
        working = max(0.0, float(events[-1].get("elapsed_s") or 0.0) - loading)
        sources = {str(task.get("name")): str(task.get("source")) for task in start.get("tasks", ())}
        shares = {str(name): float(share) for name, share in mixture.get("shares", {}).items()}
        return cls(loading, working, shares, sources)

    def seconds(self, tasks: Sequence[str] | None = None, part: float = 1.0) -> float:
        """Of a run of these tasks, which takes their sources' share of the texts, or of the whole for None.

        ``part`` is how many of the steps it has.
        """
        if tasks is None:
            return self.loading + self.working * part
        read = {self.sources.get(task, task) for task in tasks}
        return self.loading + self.working * part * min(1.0, sum(self.shares.get(name, 1.0) for name in read))


class Paces:
    """The paces of a store's finished runs, the journal of each read once."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._kept: dict[str, Pace] = {}

    def __call__(self, run_id: str) -> Pace:
        """The pace of a run.

        Raises:
            RunNotFound: There is no such run.
        """
        if run_id not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[run_id] = Pace.of(read_events(self._store, run_id))
        return self._kept[run_id]
