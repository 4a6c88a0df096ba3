"""How the tasks of a run act on each other: a number for each ordered pair, averaged over its measurements.

Two matrices come from the events of one run: the cosine of the tasks' gradients (``conflicts``), and the look-ahead
affinity (``affinity``), whose events also hold the cosines of every level of the model. Others are made of several
runs: ``mtl.analysis.gains`` and ``mtl.analysis.similarity``. In all of them higher is better together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from mtl.analysis.thinning import significant

COSINE, AFFINITY, GAIN, SIMILARITY = "cosine", "affinity", "gain", "similarity"
DIGITS = 17


@dataclass(frozen=True)
class Effect:
    """What one task does to another."""

    source: str
    target: str
    value: float


@dataclass(frozen=True)
class Relation:
    """A number for each ordered pair of tasks."""

    kind: str
    """``cosine`` in [−1, 1], ``affinity`` and ``gain`` as shares of a loss, ``similarity`` in [0, 1]."""
    tasks: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    """Row i, column j: what task i does to task j; None where that is not known."""
    measured: int = 1
    """Measurements over which the numbers are averaged, those of a pair at most."""

    def value(self, source: str, target: str) -> float | None:
        """What one task does to another.

        Raises:
            ValueError: One of them is none of the relation's.
        """
        return self.values[self.tasks.index(source)][self.tasks.index(target)]

    def effects(self) -> Iterator[Effect]:
        """What is known of two different tasks, row by row."""
        for source, row in zip(self.tasks, self.values, strict=True):
            for target, value in zip(self.tasks, row, strict=True):
                if source != target and value is not None:
                    yield Effect(source, target, value)

    def mean(self) -> float | None:
        """The mean over all ordered pairs that are known; None if there are none."""
        values = [effect.value for effect in self.effects()]
        return sum(values) / len(values) if values else None

    def strongest_help(self) -> Effect | None:
        """The largest number above 0, the first of equal ones; None if there is none."""
        return max((each for each in self.effects() if each.value > 0), key=lambda each: each.value, default=None)

    def strongest_conflict(self) -> Effect | None:
        """The smallest number below 0, the first of equal ones; None if there is none."""
        return min((each for each in self.effects() if each.value < 0), key=lambda each: each.value, default=None)


class Mean:
    """The mean of matrices that come one by one. A task may come late, or sit a measurement out."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        """In the order in which they were first measured."""
        self.measured = 0
        self._totals: dict[tuple[str, str], float] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, tasks: object, rows: object) -> None:
        """Counts a measurement; what is no matrix of numbers for these tasks counts nothing."""
        if not _is_list(tasks) or not _is_list(rows):
            return
        names = [str(task) for task in tasks]
        found = {
            (source, target): number
            for source, row in zip(names, rows, strict=False)
            for target, value in zip(names, row if _is_list(row) else (), strict=False)
            if (number := significant(value, DIGITS)) is not None
        }
        if not any(source != target for source, target in found):
            return
        self.measured += 1
        self.tasks += [name for name in names if name not in self.tasks]
        for pair, number in found.items():
            self._totals[pair] = self._totals.get(pair, 0.0) + number
            self._counts[pair] = self._counts.get(pair, 0) + 1

    def relation(self, kind: str) -> Relation:
        """What was measured so far."""
        rows = tuple(tuple(self._value((source, target)) for target in self.tasks) for source in self.tasks)
        return Relation(kind, tuple(self.tasks), rows, self.measured)

    def _value(self, pair: tuple[str, str]) -> float | None:
        return self._totals[pair] / self._counts[pair] if pair in self._counts else None


class Relations:
    """The relations that one run's events tell, event by event."""

    def __init__(self) -> None:
        self._cosine, self._affinity = Mean(), Mean()
        self._levels: dict[str, Mean] = {}
        self.last = -1
        """The index of the last event that told something; -1 if there is none."""

    def add(self, index: int, event: Mapping[str, Any]) -> None:
        """Takes the next event of the journal; types that tell nothing of this change nothing."""
        tasks = event.get("tasks")
        if event.get("type") == "conflicts":
            self._cosine.add(tasks, event.get("cosines"))
            self.last = index
        elif event.get("type") == "affinity":
            self._affinity.add(tasks, event.get("affinities"))
            levels = event.get("levels")
            for level, rows in levels.items() if isinstance(levels, Mapping) else ():
                self._levels.setdefault(str(level), Mean()).add(tasks, rows)
            self.last = index

    @property
    def cosine(self) -> Relation:
        """Cosines of the gradients at the common parameters: the mean of all measurements, each counting the same."""
        return self._cosine.relation(COSINE)

    @property
    def affinity(self) -> Relation:
        """Look-ahead affinity: the mean of all probes. Its diagonal is what a step does for its own task."""
        return self._affinity.relation(AFFINITY)

    @property
    def levels(self) -> dict[str, Relation]:
        """Cosines of the gradients level by level, from the bottom up."""
        return {level: mean.relation(COSINE) for level, mean in self._levels.items()}


def relations(events: Iterable[Mapping[str, Any]]) -> Relations:
    """The relations of a run from all its events."""
    found = Relations()
    for index, event in enumerate(events):
        found.add(index, event)
    return found


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
