"""What a run says about its mistakes, once, at its end.

An event holds at most ``MAX_ROWS`` rows of at most ``2 * MAX_TEXT + 2 * MAX_SAID`` characters, a matrix of
``MAX_LABELS`` labels and one for the rest, and ``MAX_SLICES`` slices: about 20,000 characters, however many rows and
labels a task has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mtl.runs.event import Event

MAX_ROWS = 32
MAX_TEXT = 200
MAX_SAID = 80
MAX_LABELS = 20
MAX_SLICES = 24
HARDEST = 8
"""Rows with the highest loss that are told."""
PER_CELL = 3
"""Rows that are told of one cell of the matrix."""


@dataclass(frozen=True, kw_only=True)
class Mistakes(Event):
    """What the head of one task said about the rows of a split: where it errs, and on what."""

    type: ClassVar[str] = "mistakes"
    task: str
    split: str
    """``validation``."""
    of_step: int
    """The step whose weights were asked."""
    examined: int
    """Rows with a label."""
    metric: str
    """That of the slices; larger is better."""
    rows: Sequence[Mapping[str, Any]]
    """``text``, ``text_pair`` where there is one, ``gold``, ``said`` and ``loss``; also ``word``, the characters of the
    word a cell is about. What follows names rows by their place in this list."""
    hardest: Sequence[int]
    """Those with the highest loss, from the highest on."""
    labels: Sequence[str] | None = None
    """Of the matrix, an empty name for all others; None for a kind that does not choose one of several."""
    counts: Sequence[Sequence[int]] | None = None
    """How often what should be the row's label was said to be the column's."""
    cells: Sequence[Mapping[str, Any]] | None = None
    """``gold`` and ``said``, places in ``labels``, and ``rows``: examples of the cell."""
    lengths: Sequence[Mapping[str, Any]] = ()
    """The shorter, middle and longer texts: ``name``, ``low`` and ``high`` in tokens, ``rows``, ``loss``, ``score``."""
    groups: Sequence[Mapping[str, Any]] = ()
    """The rows of each label, the most frequent first: ``name``, ``rows``, ``loss`` and ``score``."""
