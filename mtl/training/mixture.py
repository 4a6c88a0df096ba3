"""From shares to texts: how many each source gives in each step of a run, and what the tasks have seen. No torch.

B texts of a step · p share of a source
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Protocol

from mtl.runs import events
from mtl.training.sampling import Sampler

PATIENCE = 100
"""No source waits longer than so many steps for a text of its own."""
MOVED = 0.01
"""A share that has changed by so much is told."""


class Labelled(Protocol):
    """A batch that knows how many of its texts have a label of each task."""

    @property
    def labelled(self) -> Mapping[str, int]:
        """Texts by task."""


class Mixture:
    """Splits every step's batch among the sources so that, over the steps, each gets exactly its share.

    What one step rounds away is carried to the next: after k steps of B texts with constant shares, a source with
    share p has given ⌊k·B·p⌋ or ⌈k·B·p⌉. A source never waits for ever, however small its share.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._owed: dict[str, float] = {}

    def counts(self, shares: Mapping[str, float]) -> dict[str, int]:
        """Texts of the next step by source; they sum to the batch size, and a source may sit out."""
        owed = {name: self._owed.get(name, 0.0) + share * self._batch_size for name, share in shares.items()}
        # Rounding first guards against a share like 0.1 that adds up to 0.9999999.
        counts = {name: max(0, math.floor(round(due, 9))) for name, due in owed.items()}
        rests = {name: due - counts[name] for name, due in owed.items()}
        left = self._batch_size - sum(counts.values())
        # By deadline, not by size: whoever would be a whole text short the soonest. Only this order never falls behind.
        waiting = [name for name, rest in rests.items() if rest > 1e-9]
        for name in sorted(waiting, key=lambda name: (1 - rests[name]) / shares[name])[: max(0, left)]:
            counts[name] += 1
        # Shares that change can ask for more than the step holds: the least urgent texts wait.
        for name in sorted((name for name in counts if counts[name]), key=lambda name: rests[name])[: max(0, -left)]:
            counts[name] -= 1
        self._owed = {name: due - counts[name] for name, due in owed.items()}
        return {name: count for name, count in counts.items() if count > 0}


class Plan:
    """The shares of every step of a run. It depends on nothing but its arguments, so a run can be taken up anywhere."""

    def __init__(self, sampler: Sampler, rows: Mapping[str, int], batch_size: int, max_steps: int) -> None:
        self._sampler = sampler
        self._rows = dict(rows)
        self._batch_size = batch_size
        self._max_steps = max_steps

    def shares(self, step: int) -> dict[str, float]:
        """The share of each source in the step after ``step`` steps; they sum to 1, and nobody starves."""
        progress = min(1.0, step / max(1, self._max_steps - 1))
        shares = self._sampler.shares(self._rows, progress)
        return at_least(shares, 1 / (self._batch_size * min(PATIENCE, self._max_steps)))

    def counts(self) -> Iterator[dict[str, int]]:
        """Texts of each step by source, for ever."""
        mixture = Mixture(self._batch_size)
        for step in count():
            yield mixture.counts(self.shares(step))


def at_least(shares: Mapping[str, float], floor: float) -> dict[str, float]:
    """The shares with none below the floor, nor below what all could have; the others give in proportion."""
    floor = min(floor, 1 / len(shares))
    low: set[str] = set()
    while True:
        rest = sum(share for name, share in shares.items() if name not in low)
        scale = (1 - floor * len(low)) / rest if rest else 0.0
        below = {name for name, share in shares.items() if name not in low and share * scale < floor}
        if not below:
            return {name: floor if name in low else share * scale for name, share in shares.items()}
        low |= below


class MixtureLog:
    """What the tasks have seen, told now and then: first, every ``every`` steps, last, and when a share has moved."""

    def __init__(self, plan: Plan, every: int, max_steps: int) -> None:
        self._plan = plan
        self._every = every
        self._max_steps = max_steps
        self._told: dict[str, float] | None = None
        self._examples: Counter[str] = Counter()

    def take(self, step: int, batches: Sequence[Labelled]) -> events.Mixture | None:
        """Counts the batches of a step, the first of which is 1, and gives an event if it is time for one."""
        for batch in batches:
            self._examples.update(batch.labelled)
        shares = self._plan.shares(step - 1)
        told = self._told
        moved = told is None or any(abs(share - told[name]) >= MOVED for name, share in shares.items())
        if not moved and step % self._every and step != self._max_steps:
            return None
        self._told = shares
        return events.Mixture(step=step, shares=shares, examples=dict(self._examples))
