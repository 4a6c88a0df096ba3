"""The steps from a source to a task, as plain functions: columns, kind, labels, rows as the task will see them.

Nothing here keeps a state, and everything can be shown: whoever asks holds the source and the specification.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mtl.data.excerpts import excerpt
from mtl.data.guess import Facts, guess, guess_others, look, ranged
from mtl.data.origins import divide, read_source
from mtl.data.refusals import Problem
from mtl.data.rows import complete, count_problems, read_rows
from mtl.data.sources import SPLITS, Row, Split, TaskSpec
from mtl.data.table import Table
from mtl.data.uploads import Uploads
from mtl.runs.sources import HubSource, Source

SHOWN_ROWS = 5
SHOWN_PROBLEMS = 4
"""Rows named for each kind of problem."""
HEAD = 2000
"""Rows of a data set of the Hub by which its columns are shown, before anybody wants all of it."""


@dataclass(frozen=True)
class Inspection:
    """What a source holds, and the task it most likely is."""

    columns: Sequence[Mapping[str, Any]]
    """``name``, ``type``, ``names`` of labels, ``different`` and ``filled`` values, an ``example``."""
    rows: Mapping[Split, int]
    layout: Mapping[str, str]
    """How a file was read."""
    suggestion: TaskSpec | None
    others: Sequence[TaskSpec] = ()
    """Further tasks on the same texts, which other columns hold."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Preview:
    """What a task will see of a source."""

    spec: TaskSpec
    """With the labels that the data have, if it had none."""
    rows: Mapping[Split, int]
    """Usable rows of each split."""
    made: Sequence[Split]
    """Splits that are made from the training rows: those that are not there, or have no label."""
    labels: Mapping[str, int]
    """How often each label occurs."""
    examples: Sequence[Row]
    """The first training rows, as the task reads them."""
    shown: Sequence[Mapping[str, Any]]
    """The same rows as a page shows them, short: ``mtl.data.excerpts``."""
    problems: Mapping[str, int]
    """How many rows have which problem."""
    first_problems: Sequence[Mapping[str, Any]]
    """``split``, ``row``, ``reason``, ``column``, ``found`` of the first ones of each reason."""
    sampled: bool = False
    """Whether these are only the first rows of a data set of the Hub."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


Tables = Mapping[Split, Table]


def read_head(source: Source, uploads: Uploads | None = None) -> Tables:
    """The tables by which a source is judged: of a file all rows, of a data set of the Hub the first ones.

    Raises:
        DataError: The source cannot be read.
    """
    return read_source(_head(source), uploads)


def _head(source: Source) -> Source:
    return replace(source, max_rows=min(source.max_rows, HEAD)) if isinstance(source, HubSource) else source


def inspect(
    source: Source, uploads: Uploads | None = None, name: str = "my task", tables: Tables | None = None
) -> Inspection:
    """Columns and types of a source, and a guess of its task. ``tables`` are its own, where they were read already.

    Raises:
        DataError: The source cannot be read.
    """
    tables = tables or read_head(source, uploads)
    table = tables["train"]
    columns = [_column(facts, table) for facts in look(table)]
    rows = {split: len(found.rows) for split, found in tables.items()}
    suggestion = guess(table, name, source.name)
    others = guess_others(table, suggestion) if suggestion else []
    return Inspection(columns, rows, table.layout, suggestion, others)


def _column(facts: Facts, table: Table) -> dict[str, Any]:
    value = next((row[facts.name] for row in table.rows if row.get(facts.name) not in (None, "", [])), "")
    seen = {"different": facts.different, "filled": facts.filled, "example": str(value)[:200]}
    return asdict(facts.column) | seen


def preview(
    source: Source, spec: TaskSpec, uploads: Uploads | None = None, tables: Tables | None = None, *, fit: bool = False
) -> Preview:
    """Rows, labels and problems as the task of this specification has them; nothing is refused for bad rows here.

    Args:
        source: Where the rows are.
        spec: The task.
        uploads: Where uploaded files are.
        tables: The source's own, where they were read already.
        fit: A regression takes the range that its numbers have.

    Raises:
        DataError: The source cannot be read, lacks a column, or has no usable row.
    """
    tables = tables or read_source(_head(source), uploads, [spec])
    spec = complete(ranged(spec, tables["train"]) if fit else spec, list(tables.values()), source.name)
    divided, _ = divide(replace(source, bad_rows="drop"), tables, [spec])
    read = {split: read_rows(table, [spec], source.name) for split, table in tables.items()}
    problems = [(split, problem) for split, (_, found) in read.items() for problem in found]
    examples = divided["train"][:SHOWN_ROWS]
    return Preview(
        spec=spec,
        rows={split: len(divided[split]) for split in SPLITS},
        made=[split for split in SPLITS if split not in read or not read[split][0]],
        labels=_label_counts(divided["train"], spec),
        examples=examples,
        shown=[excerpt(row, spec) for row in examples],
        problems=count_problems([problem for _, problem in problems]),
        first_problems=_first_of_each(problems),
        sampled=isinstance(source, HubSource) and any(len(table.rows) >= HEAD for table in tables.values()),
    )


def _first_of_each(problems: Sequence[tuple[Split, Problem]]) -> list[dict[str, Any]]:
    """The first problems of each reason, in the order of the rows."""
    seen: Counter[str] = Counter()
    found = []
    for split, problem in problems:
        seen[problem.reason] += 1
        if seen[problem.reason] <= SHOWN_PROBLEMS:
            found.append({"split": split, **problem.to_dict()})
    return found


def _label_counts(rows: Sequence[Row], spec: TaskSpec) -> dict[str, int]:
    """How often each label of the specification occurs in rows as a task reads them."""
    counts = dict.fromkeys(spec.labels, 0)
    if not counts:
        return {}
    for row in rows:
        label = row[spec.label]
        for name in [label] if isinstance(label, str) else label or ():
            key = name[2:] if spec.kind == "tagging" and spec.scheme == "bio" and name.startswith("B-") else name
            if key in counts:
                counts[key] += 1
    return counts
