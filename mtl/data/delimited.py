"""CSV and its relatives: separator, quotes and header are told by the lines themselves.

Cells stay the texts they are: ``=1+1`` is four characters, ``007`` keeps its zeros.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from mtl.data.refusals import Problem, damage, refusal
from mtl.data.table import Limits, Table, as_number, make_table

SAMPLE = 1 << 16
"""Characters by which the separator is told."""
SEPARATORS = (",", "\t", ";", "|")
LONGEST_NAME = 60


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart."""

    separator: str
    quoted: bool

    def read(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The cells of each line, without blank lines."""
        rows = csv.reader(lines, delimiter=self.separator, quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE)
        return (row for row in rows if any(cell.strip() for cell in row))


def read_delimited(text: str, file: str, limits: Limits, *, tabs: bool = False) -> Table:
    """The table of a text with one line a row.

    A line with more or fewer cells than the table has columns is left out, and told as a problem.

    Args:
        text: The whole file.
        file: What it is called in errors.
        limits: What is too much.
        tabs: Whether tabs are to be expected rather than commas.

    Raises:
        DataError: ``damaged``, ``empty``, ``too_many_rows`` or ``too_many_columns``.
    """
    dialect = sniff(text, tabs=tabs)
    try:
        rows = list(islice(dialect.read(_lines(text)), limits.rows + 2))
    except csv.Error as error:
        raise damage(file, "quote") from error
    if not rows:
        raise refusal("empty", file=file)
    header = has_header(rows)
    names = column_names(rows[0], header)
    if len(names) > limits.columns:
        raise refusal("too_many_columns", file=file, limit=limits.columns, found=len(names))
    body = rows[1:] if header else rows
    if len(body) > limits.rows:
        raise refusal("too_many_rows", file=file, limit=limits.rows, found=f"more than {limits.rows}")
    if not body:
        raise refusal("empty", file=file)
    return _table(file, names, body, {"separator": dialect.separator, "header": "yes" if header else "no"})


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends; only ends that a CSV file has count, not those Unicode knows besides."""
    return StringIO(text, newline="\n")


def _table(file: str, names: Sequence[str], body: Sequence[Sequence[str]], layout: Mapping[str, str]) -> Table:
    rows, problems = [], []
    for number, cells in enumerate(body, 1):
        if len(cells) == len(names):
            rows.append(dict(zip(names, cells, strict=True)))
        else:
            problems.append(Problem(number, "cell_count", "", str(len(cells))))
    if len(problems) > len(rows):
        raise damage(file, "cells", columns=len(names))
    return make_table(rows, problems=problems, layout=layout)


def sniff(text: str, *, tabs: bool = False) -> Dialect:
    """The way of reading that gives the most lines with the same number of cells, and more than one of them."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n") + 1]
    separators = ("\t", *(each for each in SEPARATORS if each != "\t")) if tabs else SEPARATORS
    dialects = [Dialect(separator, quoted) for quoted in (True, False) for separator in separators]
    return max(dialects, key=lambda dialect: _evenness(dialect, sample))


def _evenness(dialect: Dialect, sample: str) -> float:
    """How well the lines agree on a number of cells, the first line before all."""
    try:
        rows = [len(row) for row in dialect.read(_lines(sample))]
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    width, count = Counter(rows).most_common(1)[0]
    first = 1.0 if rows[0] == width else 0.5
    # A second cell counts much, a tenth next to nothing: else a comma in every sentence would win over one tab.
    return first * count / len(rows) * (1 - 1 / width**2) if width > 1 else 0.0


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line names columns: short, no numbers, and nothing that comes again below it."""
    first, below = rows[0], rows[1:1001]
    if any(len(cell) > LONGEST_NAME or as_number(cell) is not None for cell in first):
        return False
    for at, cell in enumerate(first):
        if cell.strip() and any(len(row) > at and row[at] == cell for row in below):
            return False
    return True


def column_names(first: Sequence[str], header: bool) -> list[str]:
    """A name for each column, each another one."""
    names: list[str] = []
    for at, cell in enumerate(first, 1):
        name = cell.strip() if header and cell.strip() else f"column {at}"
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names
