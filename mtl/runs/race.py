"""Which runs of a store make up a race.

A race is kept nowhere. The id of its run of several tasks and a number of seeds say which configs belong to it; whether
there are runs of these configs, and how they are, is read from their folders. So a race can be looked at again after
a reload, from another browser or after a restart of the server; a run that is there is used whoever trained it and
why, and one that was deleted is missing again.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mtl.errors import ConfigError, RunNotFound
from mtl.runs.config import RunConfig
from mtl.runs.status import RunStatus
from mtl.runs.store import RunStore
from mtl.runs.twins import heats

FINISHED, QUEUED = "finished", "queued"
SAME_SEED = ("kind", "source", "labels", "metric", "baseline", "train_rows", "validation_rows", "test_rows")
"""What two runs of a task with one seed tell of it if they had the same data."""
ANY_SEED = ("kind", "source", "labels", "metric", "test_rows")
"""The same of two seeds, which take other validation rows and shuffle the training rows."""


@dataclass(frozen=True)
class Entry:
    """One run of a race, or the place that it leaves empty."""

    seed: int
    task: str | None
    """The task that is trained alone; None for all together."""
    config: RunConfig
    run_id: str | None = None
    status: RunStatus | None = None

    @property
    def missing(self) -> bool:
        """Whether a run has yet to be started: there is none, or it ended before its end."""
        return self.status is None or (self.status.final and self.status.state != FINISHED)


class Races:
    """Finds the runs of races.

    Args:
        store: Where the runs are.
        owned: Use only runs of whoever owns the race's first run, as on a shared machine; else anybody's.
    """

    def __init__(self, store: RunStore, *, owned: bool = False) -> None:
        self._store = store
        self._owned = owned
        self._configs: dict[str, RunConfig] = {}
        self._starts: dict[str, Mapping[str, Any]] = {}
        self._lock = Lock()

    def entries(self, run_id: str, seeds: int = 1) -> list[Entry]:
        """All runs of the race of this run: of each seed the run of all tasks, then its twins.

        Raises:
            RunNotFound: There is no such run.
            ConfigError: It has one task only, or ``seeds`` is none of ``SEEDS``.
        """
        planned = heats(self._store.config(run_id), seeds)
        known = self._known()
        found = []
        for heat in planned:
            first = heat.seed == planned[0].seed
            together = Entry(heat.seed, None, heat.together)
            if first:
                together = Entry(heat.seed, None, heat.together, run_id, self._store.status(run_id))
            if together.missing:  # the race's own run may have ended too early, and been trained again
                together = self._best(together, known, run_id, SAME_SEED if first else ANY_SEED)
            found.append(together)
            told = SAME_SEED if together.run_id else ANY_SEED
            for task, config in heat.alone.items():
                entry = Entry(heat.seed, task, config)
                found.append(self._best(entry, known, together.run_id or run_id, told))
        return found

    def _known(self) -> Mapping[RunConfig, Sequence[str]]:
        """All runs by config, newest first."""
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

    def _usable(self, run_id: str, race: str) -> bool:
        """Whether a run may be used in the race of another one."""
        if not self._owned:
            return True
        owner = self._store.owner(race)
        return bool(owner) and self._store.owner(run_id) == owner

    def _best(self, entry: Entry, known: Mapping[RunConfig, Sequence[str]], beside: str, told: Sequence[str]) -> Entry:
        """The entry with the run that is furthest: finished, else at work, else waiting, else ended too early."""
        found = []
        for run_id in known.get(entry.config, ()):
            with suppress(RunNotFound):
                status = self._store.status(run_id)
                alike = status.state != FINISHED or self._alike(run_id, beside, told)
                if alike and self._usable(run_id, beside):
                    found.append(Entry(entry.seed, entry.task, entry.config, run_id, status))
        return min(found, key=_rank, default=entry)

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


def _rank(entry: Entry) -> int:
    if entry.missing or entry.status is None:
        return 3
    return {FINISHED: 0, QUEUED: 2}.get(entry.status.state, 1)
