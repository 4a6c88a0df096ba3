"""JSON and JSON Lines: a list of tables, tables line by line, columns of equal length, or SQuAD's own layout."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mtl.data.refusals import Problem, refusal
from mtl.data.table import Limits, Table, make_table


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
            raise refusal("damaged", file=file, found=_sentence(error)) from error
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


def _sentence(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


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
            found = _sentence(row) if isinstance(row, Exception) else line
            problems.append(Problem(number, "not_a_row", "", found[:80]))
    if len(problems) > len(rows):
        raise refusal("damaged", file=file, found=f"line {problems[0].row}: {problems[0].found}")
    return rows, problems


def _rows(document: Any) -> list[dict[str, Any]]:
    """The rows of a document in any of the known layouts; ValueError if it is in none."""
    if isinstance(document, Mapping):
        document = _inner_rows(document)
    if not isinstance(document, list) or not all(isinstance(row, Mapping) for row in document):
        raise ValueError("it is no list of tables")
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
        raise ValueError("it is a table without one list of rows")
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
        raise ValueError(f"it looks like SQuAD's layout, without {error}") from error
