"""A comparison as one HTML file that needs nothing else: no script, no font, no address. All text is escaped."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from demo.card import Table
from demo.text import Text
from mtl.analysis.overlay import Point
from mtl.analysis.thinning import thin

COLOURS = ("#0F5FD0", "#8F2D06", "#0B7A50", "#B0259B", "#806C00", "#2B2F33")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "14 4", "14 3 2 3")
WIDE, HIGH, LEFT, BELOW = 860.0, 380.0, 46.0, 26.0
POINTS = 400
SMOOTH = 0.8
STYLE = """
body { max-width: 900px; margin: 32px auto; padding: 0 16px; background: #fff; color: #1B1D1F;
  font: 14px/1.45 -apple-system, "Segoe UI", Roboto, Arial, "PingFang SC", "Microsoft YaHei", sans-serif;
  font-variant-numeric: tabular-nums; }
h1, h2 { font-family: Charter, Georgia, "Liberation Serif", serif; line-height: 1.2; }
table { border-collapse: collapse; width: 100%; margin: 8px 0 20px; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid #DEDBD4; text-align: left; font-weight: 400;
  overflow-wrap: anywhere; }
thead th { color: #4B4F54; } .note { color: #4B4F54; } svg { width: 100%; height: auto; }
.key { display: inline-block; margin-right: 16px; } .key i { display: inline-block; width: 10px; height: 10px;
  margin-right: 5px; border-radius: 2px; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Line:
    """A curve of the report. ``colour`` is the number of its task's, ``style`` of its run's dash: 0 is solid."""

    task: str
    colour: int
    style: int
    points: Sequence[Point]


@dataclass(frozen=True)
class Contents:
    """What a report holds."""

    runs: Sequence[tuple[str, str]]
    """What each run is called, and its id."""
    lines: Sequence[Line]
    legend: str
    card: Mapping[str, Any] | None
    tables: Sequence[tuple[str, Table]]
    """Each with its heading."""


def report(text: Text, contents: Contents) -> str:
    """The file."""
    title = escape(text.card.report_title)
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="note">{escape(text.card.report_note)}</p>',
        *_card(text, contents.card),
        f"<p>{_keys(text, contents.lines)}</p>",
        drawing(contents.lines),
        f'<p class="note">{escape(contents.legend)}</p>',
    ]
    for heading, table in contents.tables:
        parts += [f"<h2>{escape(heading)}</h2>", _table(text, table)]
    runs = {"head": [text.card.runs_of, ""], "rows": [{"task": None, "cells": list(run)} for run in contents.runs]}
    parts += [f"<h2>{escape(text.card.runs_of)}</h2>", _table(text, runs)]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
    )
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{escape(text.locale)}">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'
    )


def _card(text: Text, card: Mapping[str, Any] | None) -> list[str]:
    if card is None:
        return []
    parts = [f"<h2>{escape(text.card.heading)}</h2>", _table(text, {"head": card["head"], "rows": card["rows"]})]
    if card["delta"]:
        parts.append(f"<p><b>{escape(card['delta']['value'])}</b> {escape(card['delta']['sentence'])}</p>")
    parts += [f'<p class="note">{escape(note)}</p>' for note in card["notes"]]
    costs = [{"task": None, "cells": row} for row in card["costs"]["rows"]]
    return [*parts, _table(text, {"head": card["costs"]["head"], "rows": costs})]


def _table(text: Text, table: Table) -> str:
    head = "".join(f"<th>{escape(word)}</th>" for word in table["head"])
    rows = []
    for row in table["rows"]:
        named = [text.named(text.tasks, row["task"])] if row["task"] is not None else []
        rows.append("".join(f"<td>{escape(str(cell))}</td>" for cell in (*named, *row["cells"])))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _keys(text: Text, lines: Sequence[Line]) -> str:
    colours = {line.task: COLOURS[line.colour % 6] for line in lines}
    return "".join(
        f'<span class="key"><i style="background:{colour}"></i>{escape(text.named(text.tasks, task))}</span>'
        for task, colour in colours.items()
    )


def drawing(lines: Sequence[Line]) -> str:
    """The curves as SVG, on white."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    right, top = max(x for x, _ in points) or 1.0, (max(y for _, y in points) or 1.0) * 1.05

    def place(x: float, y: float) -> str:
        return f"{LEFT + (WIDE - LEFT) * x / right:.1f} {(HIGH - BELOW) * (1 - y / top):.1f}"

    marks = [_tick(place(0, y), f"{y:g}", -6, 4, "end") for y in ticks(top)]
    marks += [_tick(place(x, 0), f"{x:g}", 0, 18, "middle") for x in ticks(right)]
    paths = [
        f'<path d="M{"L".join(place(*line.points[at]) for at in thin([y for _, y in line.points], POINTS))}" '
        f'stroke="{COLOURS[line.colour % 6]}" stroke-dasharray="{DASHES[line.style % 6] or "none"}"/>'
        for line in lines
        if line.points
    ]
    inside = f'<g fill="none" stroke-width="1.8">{"".join(paths)}</g>'
    return f'<svg viewBox="0 -10 {WIDE:.0f} {HIGH + 16:.0f}" role="img">{"".join(marks)}{inside}</svg>'


def ticks(top: float) -> list[float]:
    """Round numbers from 0 up to ``top``, about five of them."""
    size = 10.0 ** math.floor(math.log10(top / 4))
    step = next(each * size for each in (1, 2, 5, 10) if top / (each * size) <= 6)
    return [float(f"{at * step:.6g}") for at in range(int(top / step) + 1)]


def _tick(at: str, word: str, across: int, down: int, anchor: str) -> str:
    x, y = at.split()
    left, low = float(x) + across, float(y) + down
    return (
        f'<text x="{left:.1f}" y="{low:.1f}" font-size="11" fill="#4B4F54" text-anchor="{anchor}">{escape(word)}</text>'
    )


def smoothed(points: Sequence[Point]) -> list[Point]:
    """The mean m ← a·m + (1 − a)·y of a curve, divided by its weight so far, so that it does not lean to its start."""
    found, mean, weight = [], 0.0, 0.0
    for x, y in points:
        mean, weight = SMOOTH * mean + (1 - SMOOTH) * y, SMOOTH * weight + 1 - SMOOTH
        found.append((x, mean / weight))
    return found
