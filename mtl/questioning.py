"""A text as a visitor typed it, on its way to the heads: cleaned, and read as the tasks' sources were."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mtl.checks import visible
from mtl.data.batches import Batch, collate, encode_texts
from mtl.data.reading import Example, Reading
from mtl.data.tokens import split_words
from mtl.errors import ConfigError
from mtl.model import MultiTaskModel
from mtl.tasks.features import Features
from mtl.tasks.task import Task, TextView

MAX_CHARACTERS = 100_000
"""Longer texts are cut before they are tokenised: far more than any encoder reads."""


def cleaned(text: str, text_pair: str | None) -> tuple[str, str, bool]:
    """The texts as they are asked, the second perhaps empty, and whether one of them was cut.

    Raises:
        ConfigError: The first is empty.
    """
    longer = max(len(text), len(text_pair or "")) > MAX_CHARACTERS
    text, text_pair = _clean(text), _clean(text_pair or "")
    if not text:
        raise ConfigError("text", "hold at least one visible character", "")
    return text, text_pair, longer


def _clean(text: str) -> str:
    """The text without what cannot be encoded (lone surrogates) and without blank ends."""
    text = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode("utf-8").strip()
    return text if visible(text) else ""


@dataclass(frozen=True)
class Read:
    """What one task's head reads of a question."""

    task: Task
    reading: Reading
    examples: Sequence[Example]
    """The windows on it; mostly one."""
    rows: slice
    """Where they stand in the batch."""
    features: Features
    """Theirs alone."""

    @property
    def views(self) -> list[TextView]:
        """Of each window how answers refer to it."""
        return [example.view for example in self.examples]


def read(model: MultiTaskModel, text: str, text_pair: str | None, names: Sequence[str]) -> list[Read]:
    """What these tasks' heads read of a text, in one encoder pass; tasks that need a second text that is not there
    are left out.

    The pass holds a row for each way in which the tasks read: the text alone, the pair, the windows on a long pair.
    """
    words = split_words(text)
    readings = {how: tasks for how, tasks in _readings(model, names).items() if text_pair or not how.pair}
    if not readings:
        return []
    windows = {how: _windows(model, text, text_pair if how.pair else None, words, how) for how in readings}
    batch = _batch(model, [example for examples in windows.values() for example in examples])
    features = model.read(batch, [task.name for tasks in readings.values() for task in tasks])
    found: list[Read] = []
    for how, examples in windows.items():
        first = found[-1].rows.stop if found else 0
        rows = slice(first, first + len(examples))
        parts: dict[int, Features] = {}
        for task in readings[how]:
            whole = features[task.name]
            part = parts.setdefault(id(whole), whole.rows(rows.start, rows.stop))
            found.append(Read(task, how, examples, rows, part))
    return found


def _readings(model: MultiTaskModel, names: Sequence[str]) -> dict[Reading, list[Task]]:
    """These tasks by how they read a text: as the source was read that they were trained on."""
    sources: dict[str, list[Task]] = {}
    for task in model.tasks.values():
        sources.setdefault(task.spec.source, []).append(task)
    found: dict[Reading, list[Task]] = {}
    for tasks in sources.values():
        found.setdefault(Reading.of(tasks), []).extend(task for task in tasks if task.name in names)
    return {reading: asked for reading, asked in found.items() if asked}


def _windows(
    model: MultiTaskModel, text: str, pair: str | None, words: list[tuple[int, int]], reading: Reading
) -> list[Example]:
    pairs = None if pair is None else [pair]
    return encode_texts(model.tokenizer, [text], pairs, [words], model.max_length, reading)


def _batch(model: MultiTaskModel, examples: list[Example]) -> Batch:
    # Rows with and without token types come together: without means all zero.
    typed = any(example.token_type_ids is not None for example in examples)
    if typed:
        examples = [
            replace(example, token_type_ids=example.token_type_ids or [0] * len(example.input_ids))
            for example in examples
        ]
    tasks: list[Task] = []
    return collate("question", examples, tasks, model.tokenizer.pad_token_id or 0).to(model.device)
