"""From what a head said about labelled rows to where it errs: the confusion matrix, the hardest rows, slices."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

LENGTHS = ("short", "middle", "long")


@dataclass(frozen=True)
class Case:
    """One choice among labels: what was right and what was said."""

    gold: str
    said: str
    word: tuple[int, int] | None = None
    """The characters of the word it is about; None for the whole text."""


@dataclass(frozen=True)
class ExaminedRow:
    """One labelled row, and what the head said about it."""

    text: str
    text_pair: str | None
    gold: str
    """The label as a line of text."""
    said: str
    loss: float
    """The mean over the row's labels."""
    labels: int
    """How many those are: 1, or the words, pieces or windows of the row."""
    tokens: int
    cases: Sequence[Case] = ()
    """The choices among labels that the row holds; none for a kind that does not choose one of several."""
    groups: Sequence[str] = ()
    """The names of the slices by label that it is in: one, none, or several."""


Score = Callable[[Sequence[int]], float]
"""The score of the rows at these places."""


@dataclass(frozen=True)
class Examination:
    """All labelled rows of a split as one task's head sees them."""

    task: str
    metric: str
    """What ``score`` gives."""
    rows: Sequence[ExaminedRow]
    score: Score
    labels: Sequence[str] = ()
    """Those that its cases choose from, in the task's order; empty for a kind without a confusion matrix."""


@dataclass(frozen=True)
class Confusion:
    """How often each label was taken for each other: rows what is right, columns what was said."""

    labels: Sequence[str]
    counts: Sequence[Sequence[int]]
    cells: Mapping[tuple[int, int], Sequence[tuple[int, Case]]] = field(default_factory=dict)
    """Of each cell that is not empty the rows, by their place, and the case in them."""


@dataclass(frozen=True)
class Slice:
    """Some of the rows."""

    name: str
    rows: Sequence[int]
    """Their places."""
    loss: float
    """The mean over all labels of these rows."""
    labels: int
    """How many those are: means over slices that divide the rows, weighted so, are the mean over all."""
    score: float
    tokens: tuple[int, int]
    """The lengths of its shortest and its longest text."""


def confusion(examination: Examination) -> Confusion:
    """The matrix of all cases, ``[C, C]``; equal to scikit-learn's ``confusion_matrix`` with the same labels."""
    labels = list(examination.labels)
    place = {label: at for at, label in enumerate(labels)}
    cells: dict[tuple[int, int], list[tuple[int, Case]]] = defaultdict(list)
    for at, row in enumerate(examination.rows):
        for case in row.cases:
            cells[place[case.gold], place[case.said]].append((at, case))
    counts = [[len(cells.get((gold, said), ())) for said in range(len(labels))] for gold in range(len(labels))]
    return Confusion(labels, counts, dict(cells))


def folded(matrix: Confusion, most: int) -> Confusion:
    """The matrix of the labels that occur: of the ``most`` that are in most mistakes, and of all others as one.

    Those others stand at the end, under an empty name.
    """
    size = range(len(matrix.labels))
    often = [sum(matrix.counts[at]) + sum(row[at] for row in matrix.counts) for at in size]
    wrong = [often[at] - 2 * matrix.counts[at][at] for at in size]
    occurring = [at for at in size if often[at]]
    kept = sorted(sorted(occurring, key=lambda at: (-wrong[at], -often[at], at))[:most])
    rest = [""] if len(occurring) > len(kept) else []
    new = {at: kept.index(at) if at in kept else len(kept) for at in occurring}
    counts = [[0] * (len(kept) + len(rest)) for _ in range(len(kept) + len(rest))]
    cells: dict[tuple[int, int], list[tuple[int, Case]]] = defaultdict(list)
    for (gold, said), cases in sorted(matrix.cells.items()):
        counts[new[gold]][new[said]] += len(cases)
        cells[new[gold], new[said]] += cases
    return Confusion([*(matrix.labels[at] for at in kept), *rest], counts, dict(cells))


def hardest(rows: Sequence[ExaminedRow], most: int) -> list[int]:
    """The places of the rows with the highest loss, from the highest on; a loss that is not finite is the highest."""
    losses = [row.loss if math.isfinite(row.loss) else math.inf for row in rows]
    return sorted(range(len(rows)), key=lambda at: (-losses[at], at))[:most]


def by_length(examination: Examination) -> list[Slice]:
    """Short, middle and long texts: thirds by their tokens, so far as equal lengths allow; empty ones are left out."""
    tokens = sorted(row.tokens for row in examination.rows)
    if not tokens:
        return []
    low, high = tokens[(len(tokens) - 1) // 3], tokens[2 * (len(tokens) - 1) // 3]
    places = [(row.tokens > low) + (row.tokens > high) for row in examination.rows]
    return [
        _slice(examination, name, [at for at, place in enumerate(places) if place == number])
        for number, name in enumerate(LENGTHS)
        if number in places
    ]


def by_label(examination: Examination) -> list[Slice]:
    """The rows of each label, the most frequent first. A row with several labels is in several slices."""
    counted = Counter(group for row in examination.rows for group in set(row.groups))
    return [
        _slice(examination, name, [at for at, row in enumerate(examination.rows) if name in row.groups])
        for name, _ in counted.most_common()
    ]


def mean_loss(rows: Sequence[ExaminedRow]) -> float:
    """The mean over all labels of the rows; 0 of nothing."""
    return sum(row.loss * row.labels for row in rows) / max(sum(row.labels for row in rows), 1)


def _slice(examination: Examination, name: str, places: Sequence[int]) -> Slice:
    rows = [examination.rows[at] for at in places]
    tokens = [row.tokens for row in rows]
    labels = sum(row.labels for row in rows)
    return Slice(name, places, mean_loss(rows), labels, examination.score(places), (min(tokens), max(tokens)))
