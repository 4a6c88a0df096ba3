"""What is here already: every bundled task with a few of its rows, and every task of the catalogue."""

from typing import Any

from mtl.data.catalogue import Entry, catalogue
from mtl.data.corpus import TASKS, read_split, sizes
from mtl.data.excerpts import excerpt
from mtl.data.sources import TaskSpec

SHOWN_ROWS = 3
LICENCE = "cc0-1.0"
"""Of the bundled corpus, as its card states it."""
ENGLISH = "en"
LANGUAGES = ("de", "zh")
"""Columns of the bundled corpus that are called after the language they are in."""


def shelf() -> list[dict[str, Any]]:
    """Name, kind, rows, language, licence and origin of each task; rows only of what needs no network."""
    return [*map(_bundled, TASKS.values()), *map(_listed, catalogue().values())]


def _bundled(task: TaskSpec) -> dict[str, Any]:
    rows = [row for row in read_split(task.source, "train")[:40] if row.get(task.label) is not None][:SHOWN_ROWS]
    return {
        "name": task.name,
        "kind": task.kind,
        "rows": sum(sizes(task).values()),
        "language": f"{ENGLISH}-{task.label}" if task.label in LANGUAGES else ENGLISH,
        "licence": LICENCE,
        "id": None,
        "shown": [excerpt(row, task) for row in rows],
    }


def _listed(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.spec.name,
        "kind": entry.spec.kind,
        "rows": None,
        "language": entry.language,
        "licence": entry.licence,
        "id": entry.source.id,
        "shown": [],
    }
