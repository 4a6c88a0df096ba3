"""Which runs of a store make up a race.

A race is kept nowhere. The id of its run of several tasks and a number of seeds say which configs belong to it; whether
there are runs of these configs, and how they are, is read from their folders (``mtl.runs.known``). A run that is there
is used whoever trained it and why, and one that was deleted is missing again.
"""

from dataclasses import dataclass, replace

from mtl.runs.known import ANY_SEED, SAME_SEED, KnownRuns, Place
from mtl.runs.store import RunStore
from mtl.runs.twins import heats

LIKENESS = "likeness.json"
"""In the folder of a race's first run: how alike the encoders of its twins are, once they have been compared."""


@dataclass(frozen=True)
class Entry(Place):
    """One run of a race."""

    seed: int
    task: str | None
    """The task that is trained alone; None for all together."""


class Races:
    """Finds the runs of races.

    Args:
        store: Where the runs are.
        owned: Use only runs of whoever owns the race's first run, as on a shared machine; else anybody's.
    """

    def __init__(self, store: RunStore, *, owned: bool = False) -> None:
        self._store = store
        self._known = KnownRuns(store, owned=owned)

    def entries(self, run_id: str, seeds: int = 1) -> list[Entry]:
        """All runs of the race of this run: of each seed the run of all tasks, then its twins.

        Raises:
            RunNotFound: There is no such run.
            ConfigError: It has one task only, or ``seeds`` is none of ``SEEDS``.
        """
        planned = heats(self._store.config(run_id), seeds)
        known = self._known.by_config()
        found = []
        for heat in planned:
            first = heat.seed == planned[0].seed
            together = Entry(heat.seed, None, config=heat.together)
            if first:
                together = replace(together, run_id=run_id, status=self._store.status(run_id))
            if together.missing:  # the race's own run may have ended too early, and been trained again
                together = self._known.fill(together, known, run_id, SAME_SEED if first else ANY_SEED)
            found.append(together)
            told = SAME_SEED if together.run_id else ANY_SEED
            for task, config in heat.alone.items():
                entry = Entry(heat.seed, task, config=config)
                found.append(self._known.fill(entry, known, together.run_id or run_id, told))
        return found
