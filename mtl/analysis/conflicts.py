"""How the tasks' gradients agree over a run: cosines of each pair, and how often they conflict.

Two tasks conflict in a measurement if the cosine of their gradients is negative: a step for the one is a step back for
the other (`Gradient Surgery for Multi-Task Learning <https://arxiv.org/abs/2001.06782>`_). The numbers here are those
of all measurements, whatever a page draws of them.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtl.analysis.measurements import Measurements
from mtl.analysis.thinning import significant

RECENT = 5
"""Measurements over which a cosine is averaged: one alone is mostly noise."""


@dataclass
class Pair:
    """Two tasks over all measurements that have a cosine of theirs."""

    measured: int = 0
    conflicting: int = 0
    """Measurements with a cosine below 0."""
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, cosine: float) -> None:
        """Counts one measurement."""
        self.measured += 1
        self.conflicting += cosine < 0
        self.recent.append(cosine)

    @property
    def mean(self) -> float | None:
        """The mean of the last ``RECENT`` cosines; None if there is none."""
        return sum(self.recent) / len(self.recent) if self.recent else None

    @property
    def share(self) -> float | None:
        """The share of its measurements in which the pair conflicts; None if there is none."""
        return self.conflicting / self.measured if self.measured else None


class Conflicts:
    """All pairs of tasks, measurement by measurement.

    Pairs are ordered by the later of their tasks, then by the earlier one: (0, 1), (0, 2), (1, 2), (0, 3), … A task
    that comes late then only adds pairs at the end. A pair without a cosine (one gradient is zero, or not finite, or
    the task had no part in the step) is not counted in that measurement.
    """

    def __init__(self) -> None:
        self.tasks: list[str] = []
        """In the order in which they were first measured."""
        self.pairs: list[Pair] = []
        self.measured = 0
        """Measurements of at least one pair."""
        self.conflicting = 0
        """Measurements in which at least one pair conflicts."""
        self.series = Measurements(min)
        """The cosine of each pair over the run; its columns are the numbers of the pairs."""

    def add(self, index: int, event: Mapping[str, Any]) -> None:
        """Takes a ``conflicts`` event; ``index`` is its place in the journal."""
        cosines = self._cosines(event)
        if not cosines:
            return
        self.measured += 1
        self.conflicting += min(cosines.values()) < 0
        for number, cosine in cosines.items():
            self.pairs[number].add(cosine)
        # Every pair has its column, so that the columns stay in the order of the pairs.
        row = {number: cosines.get(number) for number in range(len(self.pairs))}
        self.series.append(index, int(event.get("step") or 0), row)

    def strongest_help(self) -> int | None:
        """The number of the pair with the largest mean cosine; None if none is above 0."""
        number, mean = max(self._means(), key=lambda item: item[1], default=(None, 0.0))
        return number if mean > 0 else None

    def strongest_conflict(self) -> int | None:
        """The number of the pair with the smallest mean cosine; None if none is below 0."""
        number, mean = min(self._means(), key=lambda item: item[1], default=(None, 0.0))
        return number if mean < 0 else None

    def _means(self) -> list[tuple[int, float]]:
        means = [(number, pair.mean) for number, pair in enumerate(self.pairs)]
        return [(number, mean) for number, mean in means if mean is not None]

    def _cosines(self, event: Mapping[str, Any]) -> dict[int, float]:
        """The measured cosines of an event by the number of their pair."""
        tasks, rows = event.get("tasks"), event.get("cosines")
        if not isinstance(tasks, Sequence) or not isinstance(rows, Sequence):
            return {}
        places = [self._place(str(task)) for task in tasks]
        found = {}
        for i, row in enumerate(rows[: len(places)]):
            for j, value in enumerate(row[: len(places)]):
                cosine = significant(value, 17)
                if places[i] < places[j] and cosine is not None:
                    found[places[j] * (places[j] - 1) // 2 + places[i]] = cosine
        return found

    def _place(self, task: str) -> int:
        """The number of the task, with a pair for each earlier one if it is new."""
        if task not in self.tasks:
            self.pairs += [Pair() for _ in self.tasks]
            self.tasks.append(task)
        return self.tasks.index(task)
