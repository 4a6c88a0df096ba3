"""Which runs of a store tell who gains by whom: short runs of each task alone and of every two together.

They are kept nowhere and found by their configs, as those of a race are.
"""

from dataclasses import dataclass

from mtl.runs.known import KnownRuns, Place
from mtl.runs.pairs import Names, pair_configs
from mtl.runs.store import RunStore

PART = 2
"""A run of a pair has the run's steps divided by this."""
SHORTEST, LONGEST = 16, 200
"""Steps between which it stays, but that it never has more than the run."""


@dataclass(frozen=True)
class PairEntry(Place):
    """The run of one task alone or of two together."""

    names: Names


def short_steps(steps: int) -> int:
    """The steps of a pair's run, for a run of so many."""
    return min(steps, max(SHORTEST, min(LONGEST, steps // PART)))


class Pairings:
    """Finds the runs of pairs.

    Args:
        store: Where the runs are.
        owned: Use only runs of whoever owns the run of all tasks, as on a shared machine; else anybody's.
    """

    def __init__(self, store: RunStore, *, owned: bool = False) -> None:
        self._store = store
        self._known = KnownRuns(store, owned=owned)

    def entries(self, run_id: str) -> list[PairEntry]:
        """The runs of each task of this run alone, then those of every two.

        Raises:
            RunNotFound: There is no such run.
            ConfigError: It has one task only.
        """
        config = self._store.config(run_id)
        wanted = pair_configs(config, short_steps(self.steps(run_id)))
        known = self._known.by_config()
        return [self._known.fill(PairEntry(names, config=part), known, run_id) for names, part in wanted.items()]

    def steps(self, run_id: str) -> int:
        """The steps that the run has or will have; of one that counts passes and has not begun, the longest."""
        told = self._store.status(run_id).max_steps or self._store.config(run_id).training.max_steps
        return told if told > 0 else PART * LONGEST
