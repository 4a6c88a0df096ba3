"""Labels as people write them, read as the task kinds take them: classes, several classes, numbers, texts, answers.

Every reader gives None for a label that is not there, and raises ``BadValue`` for one that is wrong.
"""

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mtl.data.sources import TaskSpec
from mtl.data.table import as_number
from mtl.errors import shown

LIST_MARKS = re.compile(r"\s*[;|,]\s*")


class BadValue(Exception):
    """A cell that cannot be used, with the reason from ``refusals.PROBLEMS``."""

    def __init__(self, reason: str, found: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.found = found if isinstance(found, str) and len(found) <= 80 else shown(found)


def missing(value: object) -> bool:
    """Whether a cell is empty: nothing, blank, not a number, or an empty list."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value)) or value in ([], ())


def class_name(value: object, names: Sequence[str]) -> str | None:
    """What a cell says as the name of a class; -1 is how data sets of the Hub write that there is no label."""
    if missing(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if names and isinstance(value, int):
        if value >= len(names):
            raise BadValue("unknown_label", value)
        return names[value] if value >= 0 else None
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise BadValue("unknown_label", value)


def read_class(value: object, spec: TaskSpec, names: Sequence[str]) -> str | None:
    """One of the specification's labels.

    Names a data set gives its numbers may be other words than the specification's: as many of them, all different,
    stand for its labels in order.
    """
    name = class_name(value, names)
    if name is None or name in spec.labels:
        return name
    if names and len(names) == len(spec.labels) and not set(names) & set(spec.labels) and name in names:
        return spec.labels[names.index(name)]
    raise BadValue("unknown_label", name)


def read_classes(value: object, spec: TaskSpec, names: Sequence[str]) -> list[str] | None:
    """Those of the specification's labels that a cell lists, without repetition; an empty list is an answer."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    found = [read_class(each, spec, names) for each in as_list(value)]
    return list(dict.fromkeys(each for each in found if each is not None))


def as_list(value: object) -> list[Any]:
    """A cell as a list: a list, a list written as JSON or Python writes it, or words between ``;``, ``|`` or ``,``."""
    if isinstance(value, list | tuple):
        return list(value)
    if not isinstance(value, str):
        return [value]
    parsed = parse_list(value)
    if parsed is not None:
        return parsed
    return [part for part in LIST_MARKS.split(value.strip()) if part]


def parse_list(text: str) -> list[Any] | None:
    """The list that a text writes out in brackets; None if it writes none."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            parsed = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return parsed if isinstance(parsed, list) else None
    return None


def read_number(value: object, spec: TaskSpec) -> float | None:
    """A number in the specification's range."""
    if missing(value):
        return None
    number = as_number(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise BadValue("not_a_number", value)
    if not spec.low <= number <= spec.high:
        raise BadValue("out_of_range", value)
    return float(number)


def read_target(value: object) -> str | None:
    """The text to be written."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadValue("not_an_answer", value)
    if not value.strip():
        raise BadValue("empty_target", value)
    return value


def read_answers(value: object, passage: str) -> dict[str, list[Any]]:
    """Answers in the passage as SQuAD lists them: ``text`` and ``answer_start``, both empty if there is none.

    An answer whose place is wrong or not told is looked for, nearest to the place told.
    """
    found: dict[str, list[Any]] = {"text": [], "answer_start": []}
    for text, start in _told_answers(value):
        if not isinstance(text, str):
            raise BadValue("not_an_answer", text)
        if text.strip():
            found["text"].append(text)
            place = place_of(passage, text, start if isinstance(start, int) else 0)
            if place is None:
                raise BadValue("answer_outside", text)
            found["answer_start"].append(place)
    return found


def _told_answers(value: object) -> list[tuple[Any, Any]]:
    """Each answer's text, and its place or None."""
    if isinstance(value, str):
        parsed = parse_list(value)
        value = value if parsed is None else parsed
    if missing(value):
        return []
    if isinstance(value, str):
        return [(value, None)]
    if isinstance(value, Mapping) and "text" in value:
        texts, starts = value["text"], value.get("answer_start")
        if isinstance(texts, str):
            return [(texts, starts[0] if isinstance(starts, list) and starts else starts)]
        starts = starts if isinstance(starts, list) and len(starts) == len(texts or ()) else [None] * len(texts or ())
        return list(zip(texts or (), starts, strict=True))
    if isinstance(value, list | tuple):
        return [pair for each in value for pair in _told_answers(each)]
    raise BadValue("not_an_answer", value)


def place_of(passage: str, text: str, near: int) -> int | None:
    """Where a text stands in a passage, nearest to the place told; None if it does not."""
    if near >= 0 and passage.startswith(text, near):
        return near
    after, before = passage.find(text, max(near, 0)), passage.rfind(text, 0, max(near, 0) + len(text))
    return min((place for place in (before, after) if place >= 0), key=lambda place: abs(place - near), default=None)
