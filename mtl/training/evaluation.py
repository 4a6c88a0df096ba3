"""Losses and scores of all tasks of a source on rows that are not trained on.

B texts
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from mtl.analysis.mistakes import Examination, ExaminedRow
from mtl.data.batches import Batch, Example, by_length, collate
from mtl.data.sources import Split
from mtl.model import MultiTaskModel
from mtl.runs.events import MAX_SAMPLE_CHARACTERS, MAX_SAMPLES
from mtl.tasks.features import Features
from mtl.tasks.task import Scores, Task


@dataclass(frozen=True)
class EncodedSource:
    """A tokenised source and the tasks that label it."""

    name: str
    tasks: Sequence[Task]
    splits: Mapping[Split, Sequence[Example]]
    counted: int = 0
    """Training examples of a source without tasks: nobody reads it, but it takes its part of each step."""

    @property
    def size(self) -> int:
        """Training examples, by which the source counts in the mixture."""
        return len(self.splits["train"]) if self.tasks else self.counted


@dataclass(frozen=True)
class Evaluation:
    """One task on one split: the mean loss over all its labels, the scores, and what it said about each row."""

    loss: float
    scores: Scores
    examination: Examination
    samples: Sequence[Mapping[str, str]] = ()
    """``text``, ``target`` and ``output`` of the first rows, for kinds whose single outputs are worth reading."""


class Mean:
    """The mean over all labels of means over batches: the same for every batch size."""

    def __init__(self) -> None:
        self._total = 0.0
        self._count = 0

    def add(self, mean: float, count: int) -> None:
        """Adds the mean of ``count`` labels."""
        if count:
            self._total += mean * count
            self._count += count

    @property
    def count(self) -> int:
        """Labels so far."""
        return self._count

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
    """Every task of the source on a split, with one encoder pass per text; tasks without a label are left out.

    On the validation split tasks choose their thresholds, before they are scored with them.
    """
    examples = source.splits[split]
    losses = {task.name: Mean() for task in source.tasks}
    said: dict[str, dict[int, Said]] = {task.name: {} for task in source.tasks}
    was_training = model.training
    model.eval()
    for indices in by_length(examples, batch_size):
        chosen = [examples[index] for index in indices]
        batch = collate(source.name, chosen, source.tasks, pad_id(model)).to(model.device)
        with autocast():
            features = model.read(batch, list(batch.labels))
            for task in source.tasks:
                if not task.labelled(batch.labels[task.name]):
                    continue
                loss, windows = _batch(model, task, features[task.name], batch)
                losses[task.name].add(loss, task.count(batch.labels[task.name]))
                said[task.name].update(zip(indices, windows, strict=True))
    model.train(was_training)
    results = {
        task.name: _result(task, split, examples, losses[task.name].value, said[task.name])
        for task in source.tasks
        if said[task.name]
    }
    return {name: result for name, result in results.items() if result is not None}


@dataclass(frozen=True)
class Said:
    """What a task's head made of one window."""

    prediction: Any
    loss: float
    labels: int
    """How many the loss is the mean of."""


def _batch(model: MultiTaskModel, task: Task, features: Features, batch: Batch) -> tuple[float, list[Said]]:
    """A task's mean loss on a batch, and what its head made of each window."""
    head, labels = model.heads[task.name], batch.labels[task.name]
    logits = head(features, labels)
    predicted = task.predict(task.say(head, features, logits), batch.views)
    losses = task.row_losses(logits, labels)
    said = [Said(prediction, *loss) for prediction, loss in zip(predicted, losses, strict=True)]
    return float(task.scaled_loss(logits, labels)), said


def _result(
    task: Task, split: Split, examples: Sequence[Example], loss: float, said: Mapping[int, Said]
) -> Evaluation | None:
    first = {example.row: index for index, example in reversed(list(enumerate(examples)))}
    known = sorted(row for row, index in first.items() if examples[index].labels[task.name] is not None)
    if not known:
        return None
    windows: dict[int, list[int]] = {row: [] for row in known}
    for index, example in enumerate(examples):
        if example.row in windows and index in said:
            windows[example.row].append(index)
    labels = [examples[first[row]].labels[task.name] for row in known]
    merged = [task.merge([said[index].prediction for index in windows[row]]) for row in known]
    if split == "validation":
        task.calibrate(merged, labels)
    texts = [examples[first[row]].view.text for row in known[:MAX_SAMPLES]]
    read = [([examples[index] for index in windows[row]], [said[index] for index in windows[row]]) for row in known]
    rows = [_examined(task, *each, *pair) for each, pair in zip(read, zip(merged, labels, strict=True), strict=True)]
    found = Examination(task.name, task.slice_metric, rows, partial(_score, task, merged, labels), task.case_labels)
    return Evaluation(loss, task.score(merged, labels), found, _samples(task, texts, merged, labels))


def _examined(task: Task, windows: Sequence[Example], said: Sequence[Said], prediction: Any, label: Any) -> ExaminedRow:
    """A row, from what was said about each of its windows."""
    view, loss = windows[0].view, Mean()
    for each in said:
        loss.add(each.loss, each.labels)
    return ExaminedRow(
        view.text,
        view.pair,
        gold=task.told(label, view),
        said=task.told(prediction, view),
        loss=loss.value,
        labels=loss.count,
        tokens=sum(len(each.input_ids) for each in windows),
        cases=task.cases(prediction, label, view),
        groups=task.groups(label),
    )


def _score(task: Task, predictions: Sequence[Any], labels: Sequence[Any], rows: Sequence[int]) -> float:
    """The score by which parts of the rows are compared, of the rows at these places."""
    return task.score([predictions[at] for at in rows], [labels[at] for at in rows])[task.slice_metric]


def _samples(
    task: Task, texts: Sequence[str], predictions: Sequence[Any], labels: Sequence[Any]
) -> list[dict[str, str]]:
    found = []
    for text, prediction, label in zip(texts, predictions, labels, strict=False):
        output, target = task.show(prediction), task.show(label)
        if output is not None and target is not None:
            found.append({"text": text, "target": target, "output": output})
    return [{name: value[:MAX_SAMPLE_CHARACTERS] for name, value in sample.items()} for sample in found]


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
