"""Texts to answers: tokenise once, one encoder pass, every head on its output.

B texts · L tokens
"""

import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mtl.checkpoint import snapshots
from mtl.data.batches import Batch, collate, encode_texts, split_words
from mtl.data.reading import Example, Reading
from mtl.errors import CheckpointError, ConfigError
from mtl.model import MultiTaskModel
from mtl.runs.questions import Desk, Question
from mtl.tasks.answers import Answer
from mtl.tasks.features import Features
from mtl.tasks.task import Task

MAX_CHARACTERS = 100_000
"""Longer texts are cut before they are tokenised: far more than any encoder reads."""


@dataclass(frozen=True)
class Answers:
    """What every head says about one text (or pair)."""

    step: int
    """The training step whose weights answered."""
    answers: Mapping[str, Answer]
    missing_pair: tuple[str, ...]
    """Tasks that compare two texts and were given one."""
    truncated: bool
    """Whether the text was longer than the model reads."""
    tokens_read: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "step": self.step,
            "answers": {name: answer.to_dict() for name, answer in self.answers.items()},
            "missing_pair": list(self.missing_pair),
            "truncated": self.truncated,
            "tokens_read": self.tokens_read,
        }


class Predictor:
    """Answers from the newest complete snapshot below a folder, also while training writes newer ones.

    Safe to call from several threads: one question is answered at a time.
    """

    def __init__(self, folder: Path, device: str = "cpu", *, newest: bool = True) -> None:
        self._folder = folder
        self._device = torch.device(device)
        self._newest = newest
        self._lock = threading.Lock()
        self._loaded: Path | None = None
        self._model: MultiTaskModel | None = None

    def answer(self, text: str, text_pair: str | None = None) -> Answers:
        """Asks every head.

        Raises:
            ConfigError: The text is empty.
            CheckpointError: There is no snapshot yet, or it cannot be read.
        """
        with self._lock:
            return asked(*self._current(), text, text_pair)

    def _current(self) -> tuple[MultiTaskModel, int]:
        complete = snapshots(self._folder)
        if not complete:
            raise CheckpointError("The run has no snapshot yet.", reason="missing", file="")
        chosen = complete[-1] if self._newest else complete[0]
        if self._model is None or chosen != self._loaded:
            self._model = MultiTaskModel.from_pretrained(chosen).to(self._device)
            self._loaded = chosen
        return self._model, int(chosen.name.partition("-")[2])


AT_MOST_S = 0.5
"""So long questions may hold up a step, or as long as one takes: many who ask must not bring training to a halt."""


class Attendant:
    """Answers what visitors ask of a model in training, beside what the run's first snapshot says.

    Called between two steps. The model is left as it was, and no random number is drawn: the losses of a run do not
    depend on whether somebody asks.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` is the run's."""
        self._desk = Desk(folder)
        self._first = Predictor(folder / "snapshots", newest=False)

    def __call__(self, model: MultiTaskModel, step: int) -> None:
        """Replies to what waits: ``now`` and ``before``, or ``error`` if the model cannot answer."""
        began = time.monotonic()
        for question in self._desk.waiting():
            if time.monotonic() - began > AT_MOST_S:
                return  # the others wait for the next step
            was_training = model.training
            try:
                now: dict[str, Any] = asked(model.eval(), step, question.text, question.text_pair).to_dict()
                reply: dict[str, Any] = {"now": now, "before": self._before(question)}
            except Exception as error:  # whatever it is, training goes on, and the visitor is told
                traceback.print_exc()
                reply = {"error": str(error)}
            finally:
                model.train(was_training)
            self._desk.reply(question, reply)

    def _before(self, question: Question) -> dict[str, Any] | None:
        """The answers before training; None where that snapshot is gone."""
        with suppress(CheckpointError):
            first = self._first.answer(question.text, question.text_pair)
            return first.to_dict()["answers"] if first.step == 0 else None
        return None


def asked(model: MultiTaskModel, step: int, text: str, text_pair: str | None = None) -> Answers:
    """Asks every head of a model about a text as a visitor typed it.

    Raises:
        ConfigError: The text is empty.
    """
    longer = max(len(text), len(text_pair or "")) > MAX_CHARACTERS
    text, text_pair = _clean(text), _clean(text_pair or "")
    if not text:
        raise ConfigError("text", "hold at least one visible character", "")
    answers = answer(model, text, text_pair or None, step)
    return replace(answers, truncated=answers.truncated or longer)


def _clean(text: str) -> str:
    """The text without what cannot be encoded (lone surrogates) and without blank ends."""
    text = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode("utf-8").strip()
    visible = any(character.isprintable() and not character.isspace() for character in text)
    return text if visible else ""


@torch.inference_mode()
def answer(model: MultiTaskModel, text: str, text_pair: str | None = None, step: int = 0) -> Answers:
    """Asks every head of a model in evaluation mode about one text, in one encoder pass.

    The pass holds a row for each way in which the tasks read: the text alone, the pair, the windows on a long pair.
    """
    words = split_words(text)
    readings = _readings(model)
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
        {name: found[name] for name in model.tasks if name in found},
        tuple(name for name, task in model.tasks.items() if task.spec.pair and not text_pair),
        any(example.cut for examples in windows.values() for example in examples),
        max((sum(len(example.input_ids) for example in examples) for examples in windows.values()), default=0),
    )


def _readings(model: MultiTaskModel) -> dict[Reading, list[Task]]:
    """The tasks by how they read a text: as the source was read that they were trained on."""
    sources: dict[str, list[Task]] = {}
    for task in model.tasks.values():
        sources.setdefault(task.spec.source, []).append(task)
    found: dict[Reading, list[Task]] = {}
    for tasks in sources.values():
        found.setdefault(Reading.of(tasks), []).extend(tasks)
    return found


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
