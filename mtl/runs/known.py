"""Which run of a store has a config: the way in which runs that belong together find each other.

Nothing keeps a list of them. A config says all that a run is asked to do, so runs of equal configs are the same run
whoever started them and why; after a reload, from another browser or after a restart they are found again.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeVar

from mtl.errors import ConfigError, RunNotFound
from mtl.runs.config import RunConfig
from mtl.runs.status import RunStatus
from mtl.runs.store import RunStore

FINISHED, QUEUED = "finished", "queued"
SAME_SEED = ("kind", "source", "labels", "metric", "baseline", "train_rows", "validation_rows", "test_rows")
"""What two runs of a task with one seed tell of it if they had the same data."""
ANY_SEED = ("kind", "source", "labels", "metric", "test_rows")
"""The same of two seeds, which take other validation rows and shuffle the training rows."""

ByConfig = Mapping[RunConfig, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A run that is wanted: the one that was found, or the place that it leaves empty."""

    config: RunConfig
    run_id: str | None = None
    status: RunStatus | None = None

    @property
    def missing(self) -> bool:
        """Whether a run has yet to be started: there is none, or it ended before its end."""
        return self.status is None or (self.status.final and self.status.state != FINISHED)


Wanted = TypeVar("Wanted", bound=Place)


class KnownRuns:
    """Finds runs by their configs.

    Args:
        store: Where the runs are.
        owned: Use only runs of whoever owns the run beside which they are looked for; else anybody's.
    """

    def __init__(self, store: RunStore, *, owned: bool = False) -> None:
        self._store = store
        self._owned = owned
        self._configs: dict[str, RunConfig] = {}
        self._starts: dict[str, Mapping[str, Any]] = {}
        self._lock = Lock()

    def by_config(self) -> ByConfig:
        """All runs as they are now, of each config the newest first."""
        found: dict[RunConfig, list[str]] = {}
        with self._lock:
            ids = self._store.ids()
            for gone in self._configs.keys() - set(ids):
                del self._configs[gone]
                self._starts.pop(gone, None)
            for each in ids:
                with suppress(RunNotFound, ConfigError):  # deleted meanwhile, or damaged: no run to use
                    if each not in self._configs:
                        self._configs[each] = self._store.config(each)
                    found.setdefault(self._configs[each], []).append(each)
        return found

    def fill(self, place: Wanted, known: ByConfig, beside: str, told: Sequence[str] = SAME_SEED) -> Wanted:
        """The place with the run that is furthest: finished, else at work, else waiting, else ended too early.

        Args:
            place: What is wanted; it stays as it is if no run is usable.
            known: What ``by_config`` gives.
            beside: A finished run counts only if it had the data of this one.
            told: Which fields of a task say so.
        """
        found: list[Wanted] = []
        for run_id in known.get(place.config, ()):
            with suppress(RunNotFound):
                status = self._store.status(run_id)
                alike = status.state != FINISHED or self._alike(run_id, beside, told)
                if alike and self._usable(run_id, beside):
                    found.append(replace(place, run_id=run_id, status=status))
        return min(found, key=_rank, default=place)

    def _usable(self, run_id: str, beside: str) -> bool:
        """Whether a run may be used beside another one."""
        if not self._owned:
            return True
        owner = self._store.owner(beside)
        return bool(owner) and self._store.owner(run_id) == owner

    def _alike(self, run_id: str, beside: str, told: Sequence[str]) -> bool:
        """Whether two runs tell the same of the tasks that both have: a source may have changed between them."""
        lines, others = self._tasks(run_id), self._tasks(beside)
        return all(
            lines[name].get(field) == others[name].get(field) for name in lines.keys() & others.keys() for field in told
        )

    def _tasks(self, run_id: str) -> dict[str, Mapping[str, Any]]:
        """What a run told of its tasks when it began; nothing if it has not."""
        if run_id not in self._starts:
            events, _ = self._store.events(run_id)
            start = next((event for event in events if event["type"] == "run_started"), None)
            if start is None:
                return {}
            self._starts[run_id] = start
        return {str(line.get("name")): line for line in self._starts[run_id].get("tasks", ())}


def _rank(place: Place) -> int:
    if place.missing or place.status is None:
        return 3
    return {FINISHED: 0, QUEUED: 2}.get(place.status.state, 1)
