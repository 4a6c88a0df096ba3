"""Texts to answers: tokenise once, one encoder pass, every head on its output.

B texts · L tokens
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from mtl.attribution import Explanation, explain, joined
from mtl.checkpoint import snapshot_name, snapshots
from mtl.checks import check_choice
from mtl.errors import CheckpointError
from mtl.model import MultiTaskModel
from mtl.questioning import cleaned, read
from mtl.runs.selected import BEST, EACH, FIRST, NEWEST, WHICH, Selected
from mtl.tasks.answers import Answer

Said = TypeVar("Said")
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
        names, found = self._ask(asked, text, text_pair)
        return _joined(names, found) if self._which == EACH else found[0]

    def explain(self, text: str, text_pair: str | None = None) -> Explanation:
        """Which words matter to what each head answers: see ``mtl.attribution.explain``.

        Raises:
            ConfigError, CheckpointError: As ``answer``.
        """
        names, found = self._ask(explained, text, text_pair)
        return joined(names, found)

    def _ask(self, ask: Callable[..., Said], text: str, text_pair: str | None) -> tuple[list[str], list[Said]]:
        """The names of all tasks, and what the chosen snapshots say about the text."""
        with self._lock:
            try:
                return self._ask_chosen(ask, text, text_pair)
            except CheckpointError as error:
                if error.details["reason"] != "missing" or not error.details["file"]:
                    raise
                return self._ask_chosen(ask, text, text_pair)  # training has just dropped it for a better one

    def _ask_chosen(self, ask: Callable[..., Said], text: str, text_pair: str | None) -> tuple[list[str], list[Said]]:
        """The chosen snapshot, or each task's own best: for one that was never validated the newest."""
        chosen = self._chosen()
        if self._which != EACH:
            model = self._model(chosen)
            return list(model.tasks), [ask(model, _step(chosen), text, text_pair)]
        best = Selected.read(self._folder).each
        steps = {task: chosen.with_name(snapshot_name(step)) for task, step in best.items()}
        names = list(self._model(next(iter(steps.values()), chosen)).tasks)
        groups: dict[Path, list[str]] = {}
        for name in names:
            groups.setdefault(steps.get(name, chosen), []).append(name)
        found = [ask(self._model(path), _step(path), text, text_pair, tasks) for path, tasks in groups.items()]
        return names, found

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


def explained(
    model: MultiTaskModel, step: int, text: str, text_pair: str | None = None, tasks: Sequence[str] | None = None
) -> Explanation:
    """As ``asked``, but which words matter to the answers."""
    return explain(model, text, text_pair, step, tasks)


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
    text, text_pair, longer = cleaned(text, text_pair)
    answers = answer(model, text, text_pair or None, step, tasks)
    return replace(answers, truncated=answers.truncated or longer)


@torch.inference_mode()
def answer(
    model: MultiTaskModel, text: str, text_pair: str | None = None, step: int = 0, tasks: Sequence[str] | None = None
) -> Answers:
    """Asks every head of a model in evaluation mode, or those of some tasks, about one text, in one encoder pass."""
    names = list(model.tasks) if tasks is None else list(tasks)
    reads = read(model, text, text_pair, names)
    found: dict[str, Answer] = {}
    for each in reads:
        said = each.task.say(model.heads[each.task.name], each.features)
        found[each.task.name] = each.task.answer_windows(said, each.views)
    windows = [each.examples for each in reads]
    return Answers(
        step,
        {name: found[name] for name in names if name in found},
        tuple(name for name in names if model.tasks[name].spec.pair and not text_pair),
        any(example.cut for examples in windows for example in examples),
        max((sum(len(example.input_ids) for example in examples) for examples in windows), default=0),
    )
