"""Texts to answers: tokenise once, one encoder pass, every head on its output.

B texts · L tokens
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from mtl.checkpoint import snapshot_name, snapshots
from mtl.checks import check_choice
from mtl.data.batches import Batch, collate, encode_texts, split_words
from mtl.data.reading import Example, Reading
from mtl.errors import CheckpointError, ConfigError
from mtl.model import MultiTaskModel
from mtl.runs.selected import BEST, EACH, FIRST, NEWEST, WHICH, Selected
from mtl.tasks.answers import Answer
from mtl.tasks.features import Features
from mtl.tasks.task import Task

MAX_CHARACTERS = 100_000
"""Longer texts are cut before they are tokenised: far more than any encoder reads."""
MODELS = 3
"""Of the tasks' best snapshots so many are kept in memory at a time."""


@dataclass(frozen=True)
class Answers:
    """What every head says about one text (or pair)."""

    step: int
    """The training step whose weights answered; of several the last."""
    answers: Mapping[str, Answer]
    missing_pair: tuple[str, ...]
    """Tasks that compare two texts and were given one."""
    truncated: bool
    """Whether the text was longer than the model reads."""
    tokens_read: int
    steps: Mapping[str, int] = field(default_factory=dict)
    """Of each answer the step whose weights gave it, where they differ."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "step": self.step,
            "answers": {name: answer.to_dict() for name, answer in self.answers.items()},
            "missing_pair": list(self.missing_pair),
            "truncated": self.truncated,
            "tokens_read": self.tokens_read,
            "steps": dict(self.steps),
        }


class Predictor:
    """Answers from a snapshot below a folder, also while training writes newer ones.

    Safe to call from several threads: one question is answered at a time.

    Args:
        folder: That of the snapshots.
        device: Where the model is.
        which: Whose weights answer: the ``newest``, the ``first`` (before training), the ``best`` of all tasks
            together, or for each task those of its own best (``each``). Without a validation the newest are the best.
    """

    def __init__(self, folder: Path, device: str = "cpu", which: str = NEWEST) -> None:
        check_choice("which", which, (FIRST, *WHICH))
        self._folder = folder
        self._device = torch.device(device)
        self._which = which
        self._lock = threading.Lock()
        self._models: OrderedDict[Path, MultiTaskModel] = OrderedDict()

    def answer(self, text: str, text_pair: str | None = None) -> Answers:
        """Asks every head.

        Raises:
            ConfigError: The text is empty.
            CheckpointError: There is no snapshot yet, or it cannot be read.
        """
        with self._lock:
            try:
                return self._answer(text, text_pair)
            except CheckpointError as error:
                if error.details["reason"] != "missing" or not error.details["file"]:
                    raise
                return self._answer(text, text_pair)  # training has just dropped it for a better one

    def _answer(self, text: str, text_pair: str | None) -> Answers:
        chosen = self._chosen()
        if self._which == EACH:
            return self._of_each(chosen, text, text_pair)
        return asked(self._model(chosen), _step(chosen), text, text_pair)

    def _of_each(self, newest: Path, text: str, text_pair: str | None) -> Answers:
        """Every task's answer by its own best weights; by the newest, where it was never validated."""
        best = Selected.read(self._folder).each
        steps = {task: newest.with_name(snapshot_name(step)) for task, step in best.items()}
        names = list(self._model(next(iter(steps.values()), newest)).tasks)
        groups: dict[Path, list[str]] = {}
        for name in names:
            groups.setdefault(steps.get(name, newest), []).append(name)
        found = [asked(self._model(path), _step(path), text, text_pair, tasks) for path, tasks in groups.items()]
        return _joined(names, found)

    def _chosen(self) -> Path:
        complete = snapshots(self._folder)
        if not complete:
            raise CheckpointError("The run has no snapshot yet.", reason="missing", file="")
        best = Selected.read(self._folder).best if self._which == BEST else None
        if best is not None:
            return self._folder / snapshot_name(best)
        return complete[0] if self._which == FIRST else complete[-1]

    def _model(self, snapshot: Path) -> MultiTaskModel:
        """The snapshot's model; a few are kept, so that asking again costs no reading."""
        if snapshot not in self._models:
            self._models[snapshot] = MultiTaskModel.from_pretrained(snapshot).to(self._device)
        self._models.move_to_end(snapshot)
        while len(self._models) > (MODELS if self._which == EACH else 1):
            self._models.popitem(last=False)
        return self._models[snapshot]


def _step(snapshot: Path) -> int:
    return int(snapshot.name.partition("-")[2])


def _joined(names: Sequence[str], found: Sequence[Answers]) -> Answers:
    """One answer of several models, each of which answered for other tasks."""
    said = {name: answer for each in found for name, answer in each.answers.items()}
    missing = {name for each in found for name in each.missing_pair}
    return Answers(
        max(each.step for each in found),
        {name: said[name] for name in names if name in said},
        tuple(name for name in names if name in missing),
        any(each.truncated for each in found),
        max(each.tokens_read for each in found),
        {name: each.step for each in found for name in each.answers},
    )


def asked(
    model: MultiTaskModel, step: int, text: str, text_pair: str | None = None, tasks: Sequence[str] | None = None
) -> Answers:
    """Asks every head of a model, or those of some tasks, about a text as a visitor typed it.

    Raises:
        ConfigError: The text is empty.
    """
    longer = max(len(text), len(text_pair or "")) > MAX_CHARACTERS
    text, text_pair = _clean(text), _clean(text_pair or "")
    if not text:
        raise ConfigError("text", "hold at least one visible character", "")
    answers = answer(model, text, text_pair or None, step, tasks)
    return replace(answers, truncated=answers.truncated or longer)


def _clean(text: str) -> str:
    """The text without what cannot be encoded (lone surrogates) and without blank ends."""
    text = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode("utf-8").strip()
    visible = any(character.isprintable() and not character.isspace() for character in text)
    return text if visible else ""


@torch.inference_mode()
def answer(
    model: MultiTaskModel, text: str, text_pair: str | None = None, step: int = 0, tasks: Sequence[str] | None = None
) -> Answers:
    """Asks every head of a model in evaluation mode, or those of some tasks, about one text, in one encoder pass.

    The pass holds a row for each way in which the tasks read: the text alone, the pair, the windows on a long pair.
    """
    words = split_words(text)
    names = list(model.tasks) if tasks is None else list(tasks)
    readings = _readings(model, names)
    found: dict[str, Answer] = {}
    windows = {
        reading: _encode(model, text, text_pair if reading.pair else None, words, reading)
        for reading in readings
        if text_pair or not reading.pair
    }
    if windows:
        batch = _batch(model, [example for examples in windows.values() for example in examples])
        features = model.read(batch, [task.name for reading in windows for task in readings[reading]])
        first = 0
        for reading, examples in windows.items():
            last = first + len(examples)
            parts: dict[int, Features] = {}
            for task in readings[reading]:
                whole = features[task.name]
                part = parts.setdefault(id(whole), whole.rows(first, last))
                said = task.say(model.heads[task.name], part)
                found[task.name] = task.answer_windows(said, [example.view for example in examples])
            first = last
    return Answers(
        step,
        {name: found[name] for name in names if name in found},
        tuple(name for name in names if model.tasks[name].spec.pair and not text_pair),
        any(example.cut for examples in windows.values() for example in examples),
        max((sum(len(example.input_ids) for example in examples) for examples in windows.values()), default=0),
    )


def _readings(model: MultiTaskModel, names: Sequence[str]) -> dict[Reading, list[Task]]:
    """These tasks by how they read a text: as the source was read that they were trained on."""
    sources: dict[str, list[Task]] = {}
    for task in model.tasks.values():
        sources.setdefault(task.spec.source, []).append(task)
    found: dict[Reading, list[Task]] = {}
    for tasks in sources.values():
        found.setdefault(Reading.of(tasks), []).extend(task for task in tasks if task.name in names)
    return {reading: asked for reading, asked in found.items() if asked}


def _encode(
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
