"""What is measured only now and then: a row of numbers each time, whose columns are known only as they come."""

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from mtl.analysis.thinning import significant, thin

Row = list[int | float | None]

DIGITS = 3


class Measurements:
    """Rows of numbers, each with the step of the measurement and the index of its event in the journal.

    Args:
        height: The number of a row, made of all its numbers, whose extremes survive thinning.
    """

    def __init__(self, height: Callable[[list[float]], float]) -> None:
        self.columns: list[Hashable] = []
        """In the order in which they were first measured."""
        self.index = array("q")
        self._steps = array("q")
        self._rows: list[array[float]] = []
        self._heights = array("d")
        self._height = height
        self._places: dict[Hashable, int] = {}

    def append(self, index: int, step: int, values: Mapping[Any, object]) -> None:
        """Adds a measurement; what is no finite number becomes None in ``rows``."""
        for name in values:
            if name not in self._places:
                self._places[name] = len(self.columns)
                self.columns.append(name)
        row = array("d", [math.nan]) * len(self.columns)
        for name, value in values.items():
            number = significant(value, DIGITS)
            row[self._places[name]] = math.nan if number is None else number
        self.index.append(index)
        self._steps.append(step)
        self._rows.append(row)
        known = [value for value in row if not math.isnan(value)]
        self._heights.append(self._height(known) if known else math.nan)

    def places(self, start: int, stop: int) -> range:
        """The places of the rows whose event index lies in [start, stop)."""
        return range(bisect_left(self.index, start), bisect_left(self.index, stop))

    def thinned(self, places: range, limit: int) -> list[int]:
        """At most ``limit`` of these places, chosen by ``thin``."""
        return [places.start + at for at in thin(self._heights[places.start : places.stop], limit)]

    def rows(self, places: Sequence[int]) -> list[Row]:
        """Of each place the step, then the numbers in the order of ``columns``; a late column is missing at first."""
        return [[self._steps[at], *(None if math.isnan(value) else value for value in self._rows[at])] for at in places]
