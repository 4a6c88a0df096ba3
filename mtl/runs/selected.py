"""Which snapshots of a run are the best: one small file beside them, ``selected.json``."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mtl.runs.json_files import write_json

FILE = "selected.json"
NEWEST, BEST, EACH = WHICH = ("newest", "best", "each")
"""Snapshots that can be asked: the newest, the best of all tasks together, and each task's own best."""
FIRST = "first"
"""That before training."""


@dataclass(frozen=True)
class Selected:
    """The best steps so far, by validation scores."""

    best: int | None = None
    """Of all tasks together: the highest mean of their primary scores; None before the first validation."""
    each: Mapping[str, int] = field(default_factory=dict)
    """Of each task: its highest primary score. A task without a score has none."""

    @property
    def steps(self) -> set[int]:
        """All of them, each once."""
        return {*self.each.values(), *([] if self.best is None else [self.best])}

    def write(self, folder: Path) -> None:
        """Writes the file, so that nobody ever sees a part of it; raises OSError."""
        write_json(folder / FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Selected":
        """What the folder's file says; nothing where none was written, or where it is damaged."""
        try:
            values = json.loads((folder / FILE).read_text("utf-8"))
            best, each = values["best"], dict(values["each"])
            return cls(None if best is None else int(best), {str(task): int(step) for task, step in each.items()})
        except (OSError, ValueError, TypeError, KeyError):
            return cls()
