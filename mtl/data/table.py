"""A table as it was read, before anybody says what its columns mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mtl.data.refusals import Problem, refusal
from mtl.data.sources import MAX_LABELS, Row
from mtl.runs.sources import MAX_ROWS

LOOKED_AT = 2000
"""Rows by which the type of a column is told."""


@dataclass(frozen=True)
class Limits:
    """What a machine that many people share takes from one of them."""

    file_bytes: int = 128 * 2**20
    table_bytes: int = 1024 * 2**20
    """Bytes of a packed table once it is unpacked."""
    rows: int = MAX_ROWS
    columns: int = 200
    labels: int = MAX_LABELS
    characters: int = 100_000
    """Characters of a text; the rest is cut off."""


LIMITS = Limits()


@dataclass(frozen=True)
class Column:
    """A column, and what kind of values it holds.

    ``type`` is ``text``, ``integer``, ``number``, ``words`` (a list of texts), ``numbers`` (a list of whole numbers),
    ``answers`` (SQuAD's texts and starts), ``empty`` or ``other``. ``names`` are what whole numbers stand for.
    """

    name: str
    type: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows and columns, and what was wrong already when they were read."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    problems: tuple[Problem, ...] = ()
    layout: Mapping[str, str] = field(default_factory=dict)
    """How a file was read: ``format``, ``encoding``, ``separator``."""

    def column(self, name: str, source: str) -> Column:
        """The column of this name.

        Raises:
            DataError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise refusal("column", source=source, found=name, known=[column.name for column in self.columns])


def make_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, tuple[str, ...]] | None = None,
    problems: Sequence[Problem] = (),
    layout: Mapping[str, str] | None = None,
) -> Table:
    """A table of rows whose nested tables are laid flat: ``{"translation": {"en": …}}`` has a column
    ``translation.en``.
    """
    nested = sorted({key for row in islice(rows, LOOKED_AT) for key, value in row.items() if _nested(value)})
    flat = [_flat(row, nested) for row in rows] if nested else rows
    found = dict.fromkeys(key for row in islice(flat, LOOKED_AT) for key in row)
    names = names or {}
    columns = tuple(Column(key, _type(key, flat), names.get(key, ())) for key in found)
    return Table(columns, flat, tuple(problems), layout or {})


def is_answers(value: object) -> bool:
    """Whether a value is SQuAD's: texts, perhaps with the places they start at."""
    if isinstance(value, Mapping):
        return "text" in value and set(value) <= {"text", "answer_start", "answer_end"}
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, Mapping) and is_answers(each) for each in value)
    )


def _nested(value: object) -> bool:
    return isinstance(value, Mapping) and not is_answers(value)


def _flat(row: Mapping[str, Any], nested: Sequence[str]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key in nested and isinstance(value, Mapping):
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[key] = value
    return flat


def _type(column: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The narrowest type that fits all of the first rows."""
    values = [row.get(column) for row in islice(rows, LOOKED_AT)]
    values = [value for value in values if value is not None and value != ""]
    if not values:
        return "empty"
    for name, fits in _FITS:
        if all(map(fits, values)):
            return name
    return "other"


def _is_integer(value: object) -> bool:
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        return digits.isascii() and digits.isdigit() and len(digits) < 19
    return isinstance(value, int)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and as_number(value) is not None)


def as_number(text: str) -> float | None:
    """The number a text says, with a point or a comma before its decimals; None if it says none."""
    text = text.strip()
    if not text or not (text.isascii() and set(text) <= set("+-0123456789.,eE")):
        return None
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        return None


def _list_of(kind: type) -> Any:
    def fits(value: object) -> bool:
        return isinstance(value, list | tuple) and all(isinstance(each, kind) for each in value)

    return fits


_FITS = (
    ("integer", _is_integer),
    ("number", _is_number),
    ("text", lambda value: isinstance(value, str)),
    ("answers", is_answers),
    ("words", _list_of(str)),
    ("numbers", _list_of(int)),
)
