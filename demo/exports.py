"""A comparison as files to take away: curves, scores and settings as CSV, and all of it as one HTML report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.card import Table, card, differences_table, percent, say, scores_table
from demo.report import Contents, Line, report, smoothed
from demo.text import Text
from mtl.analysis.comparison import Comparison
from mtl.analysis.overlay import (
    comparison_csv,
    curves_csv,
    differences,
    differences_csv,
    scores_csv,
    series,
    settings,
)
from mtl.analysis.results import Result, Score, read_events
from mtl.data.catalogue import catalogue
from mtl.data.corpus import TASKS
from mtl.errors import ComparisonError, ConfigError
from mtl.runs.store import RunStore

Read = Callable[[str], Result]
"""Gives the result of a run."""
CSV, HTML = "text/csv;charset=utf-8", "text/html;charset=utf-8"


@dataclass(frozen=True)
class Sheet:
    """What is exported."""

    names: Mapping[str, str]
    """What each run is called, by its id."""
    styles: Sequence[int]
    """The number of each run's dash."""
    compared: Comparison | None
    race: bool = False
    """Whether the sides are all tasks together, and each alone."""


def export(store: RunStore, read: Read, text: Text, kind: str, sheet: Sheet) -> dict[str, str]:
    """The file of a kind: its ``name``, ``type`` and ``text``.

    Raises:
        ConfigError: There is no such kind.
        RunNotFound: A run was deleted meanwhile.
    """
    called = list(sheet.names.values())
    configs = [store.config(run_id).to_dict() for run_id in sheet.names]
    if kind == "settings":
        return _file("settings.csv", CSV, differences_csv(called, differences(configs)))
    if kind == "scores":
        scores = scores_of(read, list(sheet.names))
        return _file(
            "scores.csv", CSV, comparison_csv(sheet.compared) if sheet.compared else scores_csv(called, scores)
        )
    events = {run_id: read_events(store, run_id) for run_id in sheet.names}
    if kind == "curves":
        return _file("curves.csv", CSV, curves_csv({sheet.names[run_id]: said for run_id, said in events.items()}))
    if kind != "report":
        raise ConfigError("file", "be one of curves, scores, settings, report", kind)
    lines = [
        Line(task, colour_of(task), style, smoothed(points))
        for style, said in zip(sheet.styles, events.values(), strict=True)
        for task, points in series(said).items()
    ]
    words = text.card
    sides = (words.together, words.alone) if sheet.race else (words.first, words.second)
    contents = Contents(
        runs=[(name, run_id) for run_id, name in sheet.names.items()],
        lines=lines,
        legend=say(words.made, solid=sides[0], dashed=sides[1]),
        card=card(text, sheet.compared, None if sheet.race else sides) if sheet.compared else None,
        tables=_tables(text, sheet, configs, scores_of(read, list(sheet.names))),
    )
    return _file("comparison.html", HTML, report(text, contents))


def _tables(
    text: Text, sheet: Sheet, configs: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Score]]
) -> list[tuple[str, Table]]:
    """Of picked runs, what each scored and in what they differ; of a race, whose runs differ as they must, settings."""
    called, words = list(sheet.names.values()), text.card
    if not sheet.race:
        differ = differences_table(text, called, differences(configs))
        return [(words.test_scores, scores_table(text, called, scores)), (words.differences, differ)]
    rows = [
        {"task": task, "cells": [name, percent(score.value)]}
        for name, each in zip(called, scores, strict=True)
        for task, score in each.items()
    ]
    head = [words.columns[0], words.runs_of, words.heading]
    whole = differences_table(text, [""], settings(configs[0]))
    return [(words.test_scores, {"head": head, "rows": rows}), (words.settings, whole)]


def scores_of(read: Read, runs: Sequence[str]) -> list[Mapping[str, Score]]:
    """The test scores of each run by task; none of one that has not finished."""
    found: list[Mapping[str, Score]] = []
    for run_id in runs:
        try:
            found.append(read(run_id).scores)
        except ComparisonError:
            found.append({})
    return found


def colour_of(task: str) -> int:
    """The number of the task's colour: that of the page, by its place in the catalogue, strangers after it."""
    known = [*TASKS, *catalogue()]
    return known.index(task) if task in known else len(known) + sum(map(ord, task)) % 12


def _file(name: str, kind: str, text: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "text": text}
