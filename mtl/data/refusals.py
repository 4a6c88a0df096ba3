"""Every reason for which a source is refused, and every problem a row can have, each with its rule in words.

A page says them in its own language by ``details["reason"]``; the other details are the values a sentence needs.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mtl.errors import DataError, shown

REFUSALS: Mapping[str, str] = {
    # the Hub
    "not_found": "The Hub has no data set {id}, or it is private.",
    "gated": "{id} is gated: its owner lets only those read it who accepted its terms on the Hub.",
    "revision": "{id} has no revision {found}.",
    "config": "{id} should be read with one of its configurations ({known}). Found {found}.",
    "split": "{id} should be read by one of its splits ({known}). Found {found}.",
    "no_train": "{id} should have a split to train on. Found {known}.",
    "script": "{id} is made by a script ({found}), and scripts of data sets are never run.",
    "no_data": "{id} holds no Parquet, JSON or CSV files.",
    "offline": "The Hub could not be reached within {seconds} seconds, for {id}.",
    "unavailable": "The Hub answers that it cannot serve {id} now (status {found}). Try again in a few minutes.",
    "cut": "The download of {id} broke off ({found}). Try again.",
    "unreadable": "The files of {id} cannot be read as one table: {found}.",
    # files
    "missing": "There is no uploaded file {file}.",
    "suffix": "A file should be one of {known}. Found {found}.",
    "empty": "{file} holds no rows.",
    "too_large": "{file} should have at most {limit} bytes. Found {found}.",
    "compressed": "{file} should be plain, not packed. Found a {found} archive: unpack it first.",
    "binary": "{file} should be text or Parquet. Found bytes that are neither.",
    "encoding": "{file} should be text in UTF-8, UTF-16 or GB18030. Found bytes that are none of them at byte {found}.",
    "damaged": "{file} cannot be read: {found}.",
    # tables
    "too_many_rows": "{file} should have at most {limit} rows. Found {found}.",
    "too_many_columns": "{file} should have at most {limit} columns. Found {found}.",
    "too_many_labels": "`{column}` should have at most {limit} different labels. Found {found}.",
    "one_label": "`{column}` should have at least 2 different labels. Found {found}.",
    "column": "{source} has no column `{found}`. It has {known}.",
    "no_rows": "No row of {source} ({split}) can be used. Problems: {problems}.",
    "too_few_rows": "{source} should have at least {limit} different texts, to be split. Found {found}.",
    "bad_rows": "{rows} rows of {source} ({split}) have problems: {problems}.",
}

DAMAGES: Mapping[str, str] = {
    "quote": "a quotation mark is never closed",
    "cells": "most lines have not {columns} cells, as the first line has",
    "json": "line {line}, column {column} is not JSON",
    "line": "line {line} is not a JSON object",
    "nested": "it is nested too deeply",
    "layout": "it is no list of rows, nor a table that holds one",
    "squad": "it looks like SQuAD's layout, but lacks {key}",
    "tag": "lines hold a word without a tag",
    "magic": "a Parquet file should begin with PAR1",
    "parquet": "it is cut short, or was not written as Parquet",
}
"""How a file is damaged: what ``found`` says of it, by ``details["how"]``."""

PROBLEMS: Mapping[str, str] = {
    "missing_text": "there is no text",
    "empty_text": "the text is blank",
    "missing_label": "there is no label",
    "unknown_label": "the label is none of the task's",
    "not_a_number": "the label is not a number",
    "out_of_range": "the number lies outside the task's range",
    "not_a_list": "words or tags are not a list",
    "tag_count": "there are not as many tags as words",
    "answer_outside": "the answer is not in the passage",
    "not_an_answer": "the answer is neither a text nor texts with their places",
    "empty_target": "the text to write is blank",
    "cell_count": "the line has not as many cells as the table has columns",
    "not_a_row": "the line is not a JSON object",
}


def refusal(reason: str, **details: Any) -> DataError:
    """The error of a reason in ``REFUSALS``; ``details`` are the values of its sentence."""
    told = {key: value if isinstance(value, int) else _told(value) for key, value in details.items()}
    return DataError(REFUSALS[reason].format_map(told), reason=reason, **details)


def damage(file: str, how: str, **values: Any) -> DataError:
    """The error of a file that cannot be read; ``how`` is one of ``DAMAGES``, ``values`` are those of its sentence."""
    return refusal("damaged", file=file, found=DAMAGES[how].format_map(values), how=how, **values)


def _told(value: Any) -> str:
    """A value as a sentence holds it."""
    if isinstance(value, str):
        return value if len(value) <= 80 and value.isprintable() else shown(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number}" for key, number in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_told(each) for each in value[:20]) + (" …" if len(value) > 20 else "")
    return shown(value)


@dataclass(frozen=True)
class Problem:
    """Why one row cannot be used, or lacks one of its labels."""

    row: int
    """1 is the first row after the header."""
    reason: str
    """A key of ``PROBLEMS``."""
    column: str
    found: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)
