"""Where the heads err: what each says about labelled rows, from Python, and as a run tells it at its end."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from mtl.analysis.mistakes import (
    Case,
    Confusion,
    Examination,
    ExaminedRow,
    Slice,
    by_label,
    by_length,
    confusion,
    folded,
    hardest,
)
from mtl.data.batches import encode_rows
from mtl.data.sources import Row
from mtl.errors import ConfigError
from mtl.model import MultiTaskModel
from mtl.runs.mistakes import HARDEST, MAX_LABELS, MAX_ROWS, MAX_SAID, MAX_SLICES, MAX_TEXT, PER_CELL, Mistakes
from mtl.training.evaluation import EncodedSource, evaluate


def examine(model: MultiTaskModel, source: str, rows: Sequence[Row], batch_size: int = 32) -> dict[str, Examination]:
    """What the heads of a source's tasks say about rows in its columns; a task without any label is left out.

    Take the results to ``mtl.analysis.mistakes``: ``confusion``, ``hardest``, ``by_length``, ``by_label``. Thresholds
    stay as they are.

    Raises:
        ConfigError: The model has no task of this source.
        DataError: A label is none of its task's.
    """
    tasks = [task for task in model.tasks.values() if task.spec.source == source]
    if not tasks:
        known = sorted({task.spec.source for task in model.tasks.values()})
        raise ConfigError("source", f"be one of {', '.join(known)}", source)
    examples = encode_rows(model.tokenizer, rows, tasks, model.max_length) if rows else []
    found = evaluate(model, EncodedSource(source, tasks, {"test": examples}), "test", batch_size, nullcontext)
    return {name: each.examination for name, each in found.items()}


@dataclass
class _Told:
    """The rows that an event names, each once."""

    rows: Sequence[ExaminedRow]
    lines: list[dict[str, Any]] = field(default_factory=list)
    places: dict[tuple[int, tuple[int, int] | None], int] = field(default_factory=dict)

    def place(self, row: int, word: tuple[int, int] | None = None) -> int | None:
        """Where the row stands in the event; None where there is no room for it."""
        key = row, word
        if key not in self.places:
            if len(self.lines) == MAX_ROWS:
                return None
            self.places[key] = len(self.lines)
            self.lines.append(_line(self.rows[row], word))
        return self.places[key]


def mistakes(found: Examination, step: int, of_step: int) -> Mistakes:
    """What a run tells of an examination, within the bounds of ``mtl.runs.mistakes``.

    Of the cells outside the diagonal the fullest come first, and each gets one example before any gets a second; the
    diagonal comes last.
    """
    told = _Told(found.rows)
    worst = [place for at in hardest(found.rows, HARDEST) if (place := told.place(at)) is not None]
    matrix = folded(confusion(found), MAX_LABELS) if found.labels else None
    return Mistakes(
        step=step,
        task=found.task,
        split="validation",
        of_step=of_step,
        examined=len(found.rows),
        metric=found.metric,
        hardest=worst,
        labels=[label[:MAX_SAID] for label in matrix.labels] if matrix else None,
        counts=matrix.counts if matrix else None,
        cells=_cells(matrix, told) if matrix else None,
        rows=told.lines,
        lengths=[_slice(each) | {"low": each.tokens[0], "high": each.tokens[1]} for each in by_length(found)],
        groups=[_slice(each) for each in by_label(found)[:MAX_SLICES]],
    )


def _cells(matrix: Confusion, told: _Told) -> list[dict[str, Any]]:
    order = sorted(matrix.cells, key=lambda cell: (cell[0] == cell[1], -len(matrix.cells[cell]), cell))
    examples: dict[tuple[int, int], list[int]] = {cell: [] for cell in order}
    for round_ in range(PER_CELL):
        for cell in order:
            if round_ < len(matrix.cells[cell]):
                row, case = matrix.cells[cell][round_]
                place = told.place(row, case.word)
                if place is not None:
                    examples[cell].append(place)
    return [{"gold": gold, "said": said, "rows": rows} for (gold, said), rows in examples.items() if rows]


def _line(row: ExaminedRow, word: tuple[int, int] | None) -> dict[str, Any]:
    """A row, shortened: around the word that is meant, where one is."""
    case = next((case for case in row.cases if word is not None and case.word == word), Case(row.gold, row.said))
    begin = max(0, min(word[0] - MAX_TEXT // 2, len(row.text) - MAX_TEXT)) if word else 0
    line: dict[str, Any] = {"text": row.text[begin : begin + MAX_TEXT]}
    if row.text_pair is not None:
        line["text_pair"] = row.text_pair[:MAX_TEXT]
    if word:
        line["word"] = [word[0] - begin, word[1] - begin]
    return line | {"gold": case.gold[:MAX_SAID], "said": case.said[:MAX_SAID], "loss": row.loss}


def _slice(found: Slice) -> dict[str, Any]:
    return {"name": found.name[:MAX_SAID], "rows": len(found.rows), "loss": found.loss, "score": found.score}
