"""JSON and JSON Lines: a list of tables, tables line by line, columns of equal length, or SQuAD's own layout."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mtl.data.refusals import Problem, damage, refusal
from mtl.data.table import Limits, Table, make_table
from mtl.errors import DataError


def read_json(text: str, file: str, limits: Limits) -> Table:
    """The table of a JSON document, or of one table a line.

    Raises:
        DataError: ``damaged``, ``empty``, ``too_many_rows`` or ``too_many_columns``.
    """
    try:
        rows = _rows(_parse(text))
        problems: list[Problem] = []
        layout = {"format": "json"}
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise _damage(file, error) from error
        rows, problems = _read_lines(lines, file)
        layout = {"format": "jsonl"}
    if not rows:
        raise refusal("empty", file=file)
    if len(rows) > limits.rows:
        raise refusal("too_many_rows", file=file, limit=limits.rows, found=len(rows))
    table = make_table(rows, problems=problems, layout=layout)
    if len(table.columns) > limits.columns:
        raise refusal("too_many_columns", file=file, limit=limits.columns, found=len(table.columns))
    return table


def _parse(text: str) -> Any:
    # Numbers that JSON does not know (NaN, Infinity) are missing values.
    return json.loads(text, parse_constant=lambda _: None)


class _Layout(ValueError):
    """JSON whose rows are not where they are looked for; ``key`` is what a known layout lacks."""

    def __init__(self, key: str | None = None) -> None:
        super().__init__(key)
        self.key = key


def _damage(file: str, error: Exception) -> DataError:
    if isinstance(error, RecursionError):
        return damage(file, "nested")
    if isinstance(error, json.JSONDecodeError):
        return damage(file, "json", line=error.lineno, column=error.colno)
    key = error.key if isinstance(error, _Layout) else None
    return damage(file, "layout") if key is None else damage(file, "squad", key=key)


def _read_lines(lines: list[str], file: str) -> tuple[list[dict[str, Any]], list[Problem]]:
    """One table a line; lines that are none are told as problems, unless it is nearly all of them."""
    rows, problems = [], []
    for number, line in enumerate(lines, 1):
        try:
            row = _parse(line)
        except (ValueError, RecursionError) as error:
            row = error
        if isinstance(row, dict):
            rows.append(row)
        else:
            found = _damage(file, row).details["found"] if isinstance(row, Exception) else line
            problems.append(Problem(number, "not_a_row", "", found[:80]))
    if len(problems) > len(rows):
        raise damage(file, "line", line=problems[0].row)
    return rows, problems


def _rows(document: Any) -> list[dict[str, Any]]:
    """The rows of a document in any of the known layouts; ValueError if it is in none."""
    if isinstance(document, Mapping):
        document = _inner_rows(document)
    if not isinstance(document, list) or not all(isinstance(row, Mapping) for row in document):
        raise _Layout
    if document and all("paragraphs" in row for row in document):
        return list(_squad(document))
    return [dict(row) for row in document]


def _inner_rows(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of a table of columns, or the one list of rows that a table holds."""
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    holding = [value for value in lists.values() if value and all(isinstance(row, Mapping) for row in value)]
    if lists and len(lists) == len(document) and not holding and len({len(each) for each in lists.values()}) == 1:
        return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
    if len(holding) != 1:
        raise _Layout
    return holding[0]


def _squad(articles: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of the layout that SQuAD is published in: articles, paragraphs, questions."""
    try:
        for article in articles:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    answers = question.get("answers") or []
                    yield {
                        "id": str(question.get("id", "")),
                        "context": paragraph["context"],
                        "question": question["question"],
                        "answers": {
                            "text": [answer["text"] for answer in answers],
                            "answer_start": [answer["answer_start"] for answer in answers],
                        },
                    }
    except (KeyError, TypeError) as error:
        raise _Layout(str(error)) from error
