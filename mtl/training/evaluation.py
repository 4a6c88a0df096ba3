"""Losses and scores of all tasks of a source on rows that are not trained on.

B texts
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch

from mtl.data.batches import Example, by_length, collate
from mtl.data.sources import Split
from mtl.model import MultiTaskModel
from mtl.tasks.task import Scores, Task


@dataclass(frozen=True)
class EncodedSource:
    """A tokenised source and the tasks that label it."""

    name: str
    tasks: Sequence[Task]
    splits: Mapping[Split, Sequence[Example]]


@dataclass(frozen=True)
class Evaluation:
    """One task on one split: the mean loss over all its labels, and the scores."""

    loss: float
    scores: Scores


class Mean:
    """The mean over all labels of means over batches: the same for every batch size."""

    def __init__(self) -> None:
        self._total = 0.0
        self._count = 0

    def add(self, mean: float, count: int) -> None:
        """Adds the mean of ``count`` labels."""
        self._total += mean * count
        self._count += count

    @property
    def value(self) -> float:
        """The mean so far; 0 of nothing."""
        return self._total / max(self._count, 1)


@torch.inference_mode()
def evaluate(
    model: MultiTaskModel,
    source: EncodedSource,
    split: Split,
    batch_size: int,
    autocast: Callable[[], AbstractContextManager[object]],
) -> dict[str, Evaluation]:
    """Every task of the source on a split, with one encoder pass per text; tasks without a label are left out."""
    examples = source.splits[split]
    losses = {task.name: Mean() for task in source.tasks}
    predictions: dict[str, dict[int, Any]] = {task.name: {} for task in source.tasks}
    was_training = model.training
    model.eval()
    for indices in by_length(examples, batch_size):
        chosen = [examples[index] for index in indices]
        batch = collate(source.name, chosen, source.tasks, pad_id(model)).to(model.device)
        with autocast():
            logits = model(batch, list(batch.labels))
        for task in source.tasks:
            labels = batch.labels[task.name]
            losses[task.name].add(float(task.scaled_loss(logits[task.name], labels)), task.count(labels))
            predicted = task.predict(logits[task.name], batch.word_starts)
            predictions[task.name].update(zip(indices, predicted, strict=True))
    model.train(was_training)
    return {
        task.name: result
        for task in source.tasks
        if (result := _result(task, examples, losses[task.name].value, predictions[task.name])) is not None
    }


def _result(task: Task, examples: Sequence[Example], loss: float, predictions: Mapping[int, Any]) -> Evaluation | None:
    known = [index for index, example in enumerate(examples) if example.labels[task.name] is not None]
    if not known:
        return None
    labels = [examples[index].labels[task.name] for index in known]
    return Evaluation(loss, task.score([predictions[index] for index in known], labels))


def baselines(source: EncodedSource) -> dict[str, Scores]:
    """The test scores of each task's best constant prediction: what a trained head has to beat."""
    found = {}
    for task in source.tasks:
        train = [label for example in source.splits["train"] if (label := example.labels[task.name]) is not None]
        test = [label for example in source.splits["test"] if (label := example.labels[task.name]) is not None]
        if test:
            found[task.name] = task.score(task.baseline(train, test), test)
    return found


def pad_id(model: MultiTaskModel) -> int:
    """The token that fills short texts up; the mask hides it, so any will do where a tokenizer has none."""
    return model.tokenizer.pad_token_id or 0
