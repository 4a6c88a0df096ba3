"""A comparison in the page's words: the tables and sentences that the tab and the report show alike."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from demo.text import Text
from mtl.analysis.comparison import Comparison, Cost
from mtl.analysis.intervals import Interval
from mtl.analysis.overlay import Difference

MINUS = "\u2212"
PLACE = re.compile(r"\{(\w+)(?::([^|}]*)\|([^}]*))?\}")
Table = dict[str, Any]
"""``head``: words; ``rows``: of each its ``task`` or None, and ``cells``."""


def say(sentence: str, **values: object) -> str:
    """Fills the {places} of a sentence; what a value holds is never taken for a place. Of {n:row|rows} the first word
    stands where n is 1. dom.js does the same.
    """

    def put(place: re.Match[str]) -> str:
        name, one, many = place.groups()
        value = str(values.get(name, "–"))
        return value if many is None else one if value == "1" else many

    return PLACE.sub(put, sentence)


def card(text: Text, found: Comparison, sides: tuple[str, str] | None = None) -> dict[str, Any]:
    """The end card.

    Args:
        text: The page's words.
        found: What is to be said.
        sides: What the two sides are called; None are all tasks together, and each alone.
    """
    words = text.card
    pair = sides is not None
    first, second = sides or (words.together, words.alone)
    verdicts = words.pair_verdicts if pair else words.verdicts
    task, metric, difference, claim = words.columns
    rows = [
        {
            "task": line.task,
            "cells": [
                text.named(text.metrics, line.metric), percent(line.together.mean), percent(line.alone.mean),
                signed(line.difference, text), verdicts[line.difference.verdict],
            ],
            "verdict": line.difference.verdict,
        }
        for line in found.tasks
    ]  # fmt: skip
    return {
        "head": [task, metric, first, second, difference, claim],
        "rows": rows,
        "delta": _delta(text, found, pair),
        "notes": _notes(text, found, pair),
        "costs": {"head": ["", first, second], "rows": _costs(text, found)},
    }


def _delta(text: Text, found: Comparison, pair: bool) -> dict[str, Any] | None:
    if found.delta_m is None:
        return None
    words = text.card.pair_delta_verdicts if pair else text.card.delta_verdicts
    value = signed(found.delta_m, text, factor=1, unit=" %")
    return {"value": say(text.card.delta, value=value), "sentence": words[found.delta_m.verdict]}


def _notes(text: Text, found: Comparison, pair: bool) -> list[str]:
    words, count = text.card, len(found.seeds)
    notes = [words.how_one] if count == 1 else [say(words.how_many, n=count, m=count - 1)]
    if found.no_base:
        names = text.units["between"].join(text.named(text.tasks, task) for task in found.no_base)
        notes.append(say(words.no_base, tasks=names))
    else:
        notes.append(words.pair_definition if pair else words.definition)
    return notes if found.one_device else [*notes, words.other_devices]


def _costs(text: Text, found: Comparison) -> list[list[str]]:
    words = text.card.costs

    def cells(cost: Cost) -> list[str]:
        times = (cost.training_s, cost.question_s) if found.one_device else (None, None)
        spent = ["–" if seconds is None else duration(text, seconds) for seconds in times]
        return [str(cost.runs), size(text, cost.parameters), *spent, memory(text, cost.peak_memory_bytes)]

    names = ("models", "parameters", "training_s", "question_s", "peak_memory_bytes")
    ours, base = cells(found.together), cells(found.alone)
    return [[words[name], ours[at], base[at]] for at, name in enumerate(names)]


def differences_table(text: Text, names: Sequence[str], rows: Sequence[Difference]) -> Table:
    """The settings in which runs differ."""
    lines = [[setting(text, row.path), *(shown(_named(text, row.path, value)) for value in row.values)] for row in rows]
    return {"head": [text.card.field, *names], "rows": [{"task": None, "cells": line} for line in lines]}


def setting(text: Text, path: str) -> str:
    """What a field like ``training.seed`` or ``tasks.stars.loss_scale`` is called; its path where it has no name."""
    place, _, rest = path.partition(".")
    task, _, field = rest.rpartition(".")
    if place == "tasks" and task and f"tasks.{field}" in text.fields:
        return f"{text.fields[f'tasks.{field}']} · {text.named(text.tasks, task)}"
    return text.fields.get(path) or text.fields.get(path.removesuffix(".name"), path)


def _named(text: Text, path: str, value: object) -> object:
    """A method or a task by its name on the page."""
    tables = {
        "balancer.name": text.balancers, "sharing.name": text.sharing, "sampling.name": text.sampling,
        "encoder.name": text.encoders, "tasks": text.tasks, "within": text.tasks,
    }  # fmt: skip
    if path not in tables or value is None:
        return value
    if isinstance(value, list | tuple):
        return [text.named(tables[path], str(each)) for each in value]
    return text.named(tables[path], str(value))


def scores_table(text: Text, names: Sequence[str], scores: Sequence[Mapping[str, Any]]) -> Table:
    """The test scores of runs, task by task.

    Args:
        text: The page's words.
        names: What the runs are called.
        scores: Of each run its ``Score`` by task.
    """
    tasks = list(dict.fromkeys(task for each in scores for task in each))
    rows: list[dict[str, Any]] = []
    for task in tasks:
        metric = next(each[task].metric for each in scores if task in each)
        values = [percent(each[task].value) if task in each else "–" for each in scores]
        rows.append({"task": task, "cells": [text.named(text.metrics, metric), *values]})
    return {"head": [*text.card.columns[:2], *names], "rows": rows}


def shown(value: object) -> str:
    """A setting as it is read."""
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def percent(value: float) -> str:
    """A score in percent."""
    return f"{100 * value:.1f}".replace("-", MINUS)


def signed(found: Interval, text: Text, factor: float = 100, unit: str = "") -> str:
    """A difference with its sign, and its interval if it has one."""

    def number(value: float) -> str:
        written = f"{factor * value:+.1f}"
        return "±0.0" if float(written) == 0 else written.replace("-", MINUS)

    if found.low is None or found.high is None:
        return number(found.mean) + unit
    ends = say(text.card.interval, low=number(found.low), high=number(found.high))
    return f"{number(found.mean)}{unit} ({ends})"


def size(text: Text, count: int | None) -> str:
    """22.9 M; two or three digits say enough."""
    if count is None:
        return "–"
    for least, unit in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if count >= least:
            value = count / least
            return say(text.units[unit], n=f"{value:.{1 if value < 100 else 0}f}")
    return str(count)


def memory(text: Text, count: int | None) -> str:
    """1.2 GB."""
    if count is None:
        return "–"
    return (
        say(text.units["gb"], n=f"{count / 1e9:.1f}") if count >= 1e9 else say(text.units["mb"], n=round(count / 1e6))
    )


def duration(text: Text, seconds: float) -> str:
    """12 ms; 3.4 s; 40 s; 2 min 5 s; 1 h 3 min."""
    whole = round(seconds)
    if seconds < 0.1:
        return say(text.units["ms"], n=f"{1000 * seconds:.{1 if seconds < 0.01 else 0}f}")
    if seconds < 10:
        return say(text.units["s"], n=f"{seconds:.1f}")
    if whole < 90:
        return say(text.units["s"], n=whole)
    if whole < 3600:
        return say(text.units["min_s"], n=whole // 60, s=whole % 60)
    return say(text.units["h_min"], n=whole // 3600, m=whole % 3600 // 60)
