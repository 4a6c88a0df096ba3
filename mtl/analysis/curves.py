"""From a run's events to curves: one table of numbers per task, in the order of the journal.

An event's place in the journal (0, 1, 2, …) is its *index*: it never changes, because a journal only grows. Numbers
are kept with 4 significant digits, which is more than a screen can show and half of what JSON would spend.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtl.analysis.conflicts import Conflicts
from mtl.analysis.measurements import Measurements
from mtl.analysis.relations import Relations
from mtl.analysis.thinning import significant, thin

Row = list[int | float | None]

STEP = "step"
WHOLE = frozenset({"step", "examples"})
TRAIN = ("step", "t", "examples", "loss", "weight", "grad_norm")
VALIDATION = ("step", "t", "loss")
WHOLE_STEP = ""
"""In the place of a task: all of them."""
OPTIMIZER = ("step", "learning_rate", "grad_norm")
MISSING = math.nan


class Curve:
    """Rows of numbers in columns, each row with the index of its event."""

    def __init__(self, columns: tuple[str, ...], thinned_by: str) -> None:
        self.columns = columns
        self.index = array("q")
        self._values: dict[str, array[Any]] = {name: array("q" if name in WHOLE else "d") for name in columns}
        self._thinned_by = thinned_by

    def append(self, index: int, event: Mapping[str, Any]) -> None:
        """Adds the event's numbers; what it lacks, or is not finite, becomes None in ``rows``."""
        self.index.append(index)
        for name, values in self._values.items():
            if name in WHOLE:
                values.append(_whole(event.get(name)))
            else:
                number = significant(event.get(name))
                values.append(MISSING if number is None else number)

    def places(self, start: int, stop: int) -> range:
        """The places of the rows whose event index lies in [start, stop)."""
        return range(bisect_left(self.index, start), bisect_left(self.index, stop))

    def thinned(self, places: range, limit: int) -> list[int]:
        """At most ``limit`` of these places, chosen by ``thin``."""
        values = self._values[self._thinned_by][places.start : places.stop]
        return [places.start + at for at in thin(values, limit)]

    def rows(self, places: Sequence[int]) -> list[Row]:
        """The rows at these places, in the order of ``columns``."""
        columns = list(self._values.values())
        return [[None if column[at] != column[at] else column[at] for column in columns] for at in places]


class Curves:
    """Everything a chart draws of one run, event by event."""

    def __init__(self) -> None:
        self.count = 0
        self.train: dict[str, Curve] = {}
        self.validation: dict[str, Curve] = {}
        self.optimizer = Curve(OPTIMIZER, "grad_norm")
        self.scores: list[tuple[int, list[Any]]] = []
        """Of each event ``[task, split, step, t, metric, {name: value}]``; the step is that of the weights."""
        self.once: list[tuple[int, dict[str, Any]]] = []
        """The rare events as they are: how the run began and ended, and what comes once or a few times in between."""
        self.snapshots: list[tuple[int, int]] = []
        self.best: int | None = None
        """The step with the best mean of validation scores, of those that were saved."""
        self.best_of: dict[str, int] = {}
        """The best step of each task."""
        self.disk_bytes: int | None = None
        """What the snapshots take on the disk."""
        self.said: list[tuple[int, int]] = []
        """The steps at which the pinned texts were asked, each behind its event's index."""
        self.conflicts = Conflicts()
        self.relations = Relations()
        self.layers = Measurements(max)
        """Of each measurement the gradient norm of every level of the model."""
        self.skips: dict[str, tuple[int, int]] = {}
        """In how many steps each task, or the ``WHOLE_STEP``, was left out, and in how many of them for its loss."""
        self.last_skip = -1
        """The index of the last event that left something out; -1 if there is none."""
        self.unbalanced: list[tuple[int, int]] = []
        """The steps in which the balancer found no weights, each behind its event's index."""

    def add(self, event: Mapping[str, Any]) -> None:
        """Takes the next event of the journal; types it does not draw only count."""
        index, self.count = self.count, self.count + 1
        take = _TAKEN.get(str(event.get("type")))
        if take:
            take(self, index, event)

    def _loss(self, index: int, event: Mapping[str, Any]) -> None:
        task, split = str(event.get("task")), event.get("split")
        if split == "train":
            self.train.setdefault(task, Curve(TRAIN, "loss")).append(index, event)
        elif split == "validation":
            self.validation.setdefault(task, Curve(VALIDATION, "loss")).append(index, event)

    def _optimizer(self, index: int, event: Mapping[str, Any]) -> None:
        self.optimizer.append(index, event)

    def _scores(self, index: int, event: Mapping[str, Any]) -> None:
        scores = event.get("scores")
        values = (
            {str(name): significant(value) for name, value in scores.items()} if isinstance(scores, Mapping) else {}
        )
        place = [_whole(event.get("of_step") or event.get(STEP)), significant(event.get("t"))]
        self.scores.append((index, [event.get("task"), event.get("split"), *place, event.get("metric"), values]))

    def _conflicts(self, index: int, event: Mapping[str, Any]) -> None:
        self.conflicts.add(index, event)
        self.relations.add(index, event)

    def _affinity(self, index: int, event: Mapping[str, Any]) -> None:
        self.relations.add(index, event)

    def _layers(self, index: int, event: Mapping[str, Any]) -> None:
        norms = event.get("norms")
        if isinstance(norms, Mapping):
            self.layers.append(index, _whole(event.get(STEP)), norms)

    def _skipped(self, index: int, event: Mapping[str, Any]) -> None:
        task = str(event.get("task") or WHOLE_STEP)
        steps, losses = self.skips.get(task, (0, 0))
        self.skips[task] = (steps + 1, losses + (significant(event.get("loss")) is None))
        self.last_skip = index

    def _unbalanced(self, index: int, event: Mapping[str, Any]) -> None:
        self.unbalanced.append((index, _whole(event.get(STEP))))

    def _said(self, index: int, event: Mapping[str, Any]) -> None:
        step = _whole(event.get(STEP))
        if not self.said or self.said[-1][1] != step:
            self.said.append((index, step))

    def _snapshot(self, index: int, event: Mapping[str, Any]) -> None:
        step = _whole(event.get(STEP))
        self.snapshots.append((index, step))
        if event.get("best") is True:
            self.best = step
        best_of = event.get("best_of")
        self.best_of |= {str(task): step for task in best_of} if isinstance(best_of, list) else {}
        self.disk_bytes = _whole(event.get("disk_bytes")) or None

    def _once(self, index: int, event: Mapping[str, Any]) -> None:
        self.once.append((index, dict(event)))


_TAKEN: dict[str, Callable[[Curves, int, Mapping[str, Any]], None]] = {
    "loss": Curves._loss,
    "optimizer": Curves._optimizer,
    "scores": Curves._scores,
    "conflicts": Curves._conflicts,
    "affinity": Curves._affinity,
    "layers": Curves._layers,
    "skipped": Curves._skipped,
    "unbalanced": Curves._unbalanced,
    "said": Curves._said,
    "snapshot": Curves._snapshot,
    "run_started": Curves._once,
    "truncated": Curves._once,
    "dropped": Curves._once,
    "samples": Curves._once,
    "mistakes": Curves._once,
    "mixture": Curves._once,
    "finished": Curves._once,
    "stopped": Curves._once,
    "failed": Curves._once,
}


def _whole(value: object) -> int:
    """The value as a count; what is none counts 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else 0
