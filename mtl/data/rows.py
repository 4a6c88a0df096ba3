"""From a table to rows as the tasks take them, with every problem named. One table line for each task kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mtl.checks import visible
from mtl.data.labels import (
    BadValue,
    as_list,
    class_name,
    missing,
    read_answers,
    read_class,
    read_classes,
    read_number,
    read_target,
)
from mtl.data.refusals import Problem, refusal
from mtl.data.sources import Row, TaskSpec
from mtl.data.table import LIMITS, Limits, Table
from mtl.data.tags import entity_types, join_words, read_tags, read_words, scheme_of, tag_names

Reader = Callable[[Any, TaskSpec, Sequence[str], Row], Any]
"""Takes a cell, the specification, what whole numbers stand for, and the row's texts and words."""


@dataclass(frozen=True)
class Shape:
    """How one kind of task reads its labels.

    ``listed`` gives the labels that a cell names, for a kind whose labels form a set.
    """

    read: Reader
    listed: Callable[[Any, Sequence[str]], list[str]] | None = None


def _one(value: object, names: Sequence[str]) -> list[str]:
    name = class_name(value, names)
    return [] if name is None else [name]


def _several(value: object, names: Sequence[str]) -> list[str]:
    cells = [] if missing(value) else as_list(value)
    return [name for each in cells if (name := class_name(each, names)) is not None]


def _tags(value: object, names: Sequence[str]) -> list[str]:
    return tag_names(value, names) or []


SHAPES: Mapping[str, Shape] = {
    "classification": Shape(lambda cell, spec, names, _: read_class(cell, spec, names), _one),
    "multilabel": Shape(lambda cell, spec, names, _: read_classes(cell, spec, names), _several),
    "tagging": Shape(lambda cell, spec, names, row: read_tags(cell, spec, names, row[spec.tokens or "tokens"]), _tags),
    "regression": Shape(lambda cell, spec, _, __: read_number(cell, spec)),
    "question_answering": Shape(lambda cell, spec, _, row: read_answers(cell, row[spec.text_pair or spec.text])),
    "generation": Shape(lambda cell, *_: read_target(cell)),
}


def count_labels(tables: Sequence[Table], spec: TaskSpec, source: str) -> dict[str, int]:
    """How often each label occurs, as it is written; those that a data set names and never uses have 0.

    Raises:
        DataError: ``column``.
    """
    listed = SHAPES[spec.kind].listed
    counts: dict[str, int] = {}
    for table in tables:
        names = table.column(spec.label, source).names
        counts |= {name: counts.get(name, 0) for name in names}
        for row in table.rows if listed else ():
            try:
                found = listed(row.get(spec.label), names) if listed else []
            except BadValue:
                continue  # it is named with its row when the rows are read
            for name in found:
                counts[name] = counts.get(name, 0) + 1
    return counts


def complete(spec: TaskSpec, tables: Sequence[Table], source: str, limits: Limits = LIMITS) -> TaskSpec:
    """The specification with the labels that the tables have, if it names none itself.

    Raises:
        DataError: ``column``, ``too_many_labels`` or ``one_label``.
    """
    if spec.labels or SHAPES[spec.kind].listed is None:
        return spec
    counts = count_labels(tables, spec, source)
    given = any(table.column(spec.label, source).names for table in tables)
    found = list(counts) if given else sorted(counts, key=_natural)
    if spec.kind == "tagging":
        scheme = scheme_of(found)
        found = entity_types(found) if scheme == "bio" else found
        spec = replace(spec, scheme=scheme)
    least = 1 if spec.kind == "tagging" else 2
    if len(found) > limits.labels:
        raise refusal("too_many_labels", source=source, column=spec.label, limit=limits.labels, found=len(found))
    if len(found) < least:
        raise refusal("one_label", source=source, column=spec.label, found=len(found))
    return replace(spec, labels=tuple(found))


def _natural(label: str) -> tuple[int, float, str]:
    """Numbers by size, before all other labels by the alphabet."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def read_rows(table: Table, specs: Sequence[TaskSpec], source: str) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The rows that some task of a source can use, and what is wrong with the others.

    A row needs the texts and the label of one task at least. What is wrong for a task is taken away and told: its
    label is then None, as where the row has none for it.

    Args:
        table: As it was read.
        specs: All tasks of the source, with their labels.
        source: What it is called in errors.

    Raises:
        DataError: ``column``.
    """
    columns = _Columns.of(table, specs, source)
    names = {spec.label: table.column(spec.label, source).names for spec in specs}
    rows, problems = [], list(table.problems)
    for number, cells in enumerate(table.rows, 1):
        told = len(problems)
        row, wrong = columns.read(cells)
        problems += [Problem(number, bad.reason, column, bad.found) for column, bad in wrong.items()]
        for spec in specs:
            row[spec.label] = None
            if not wrong.keys() & {spec.text, spec.text_pair, spec.tokens}:
                try:
                    row[spec.label] = SHAPES[spec.kind].read(cells.get(spec.label), spec, names[spec.label], row)
                except BadValue as bad:
                    problems.append(Problem(number, bad.reason, spec.label, bad.found))
        if any(row[spec.label] is not None for spec in specs):
            rows.append(row)
        elif len(problems) == told:
            problems.append(Problem(number, "missing_label", specs[0].label, ""))
    return rows, problems


@dataclass(frozen=True)
class _Columns:
    """The columns that tasks read: texts, words, and texts that are made of words because the table has none."""

    texts: tuple[str, ...]
    words: tuple[str, ...]
    made: Mapping[str, str]
    """From a text's column to that of its words."""

    @classmethod
    def of(cls, table: Table, specs: Sequence[TaskSpec], source: str) -> "_Columns":
        known = {column.name for column in table.columns}
        words = dict.fromkeys(spec.tokens for spec in specs if spec.tokens)
        made = {spec.text: spec.tokens for spec in specs if spec.tokens and spec.text not in known}
        texts = dict.fromkeys(column for spec in specs for column in (spec.text, spec.text_pair) if column)
        for column in (*words, *(text for text in texts if text not in made)):
            table.column(column, source)
        return cls(tuple(text for text in texts if text not in made), tuple(words), made)

    def read(self, cells: Row) -> tuple[dict[str, Any], dict[str, BadValue]]:
        """The texts and words of a row, and those columns that are wrong."""
        row: dict[str, Any] = {}
        wrong: dict[str, BadValue] = {}
        for columns, read in ((self.words, _words), (self.texts, _text)):
            for column in columns:
                try:
                    row[column] = read(cells.get(column))
                except BadValue as bad:
                    row[column], wrong[column] = None, bad
        row |= {text: None if row[words] is None else join_words(row[words]) for text, words in self.made.items()}
        return row, wrong


def _words(value: object) -> list[str]:
    words = read_words(value)
    if not words:
        raise BadValue("missing_text", "")
    return words


def _text(value: object) -> str:
    """A cell as a text, not shortened at its ends: answers count their places from there."""
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if value is None:
        raise BadValue("missing_text", "")
    text = str(value)[: LIMITS.characters]
    if not visible(text):
        raise BadValue("empty_text", "")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no character
    return text


def count_problems(problems: Sequence[Problem]) -> dict[str, int]:
    """How many problems there are of each reason, most frequent first."""
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.reason] = counts.get(problem.reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
