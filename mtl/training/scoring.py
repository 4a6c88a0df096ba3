"""Scores of a model on rows that it is not trained on, told as events; of validations it is remembered who did best."""

import math
from collections.abc import Iterator

from accelerate import Accelerator

from mtl.analysis.mistakes import Examination
from mtl.data.sources import Split
from mtl.model import MultiTaskModel
from mtl.runs import events
from mtl.training.evaluation import EncodedSource, evaluate
from mtl.training.examining import mistakes
from mtl.training.selection import Selection


class Scorer:
    """Evaluates, and follows the validations of a run.

    Args:
        model: The model in training.
        batch_size: Texts at a time.
        accelerator: Its precision is that of the run.
    """

    def __init__(self, model: MultiTaskModel, batch_size: int, accelerator: Accelerator) -> None:
        self.selection = Selection()
        """Which validation was the best of each task."""
        self._model, self._batch_size, self._accelerator = model, batch_size, accelerator
        self._examined: dict[str, tuple[int, Examination]] = {}
        """Of each task its last validation, and the step of it."""

    def score(
        self, source: EncodedSource, split: Split, step: int, other: tuple[int, MultiTaskModel] | None = None
    ) -> Iterator[events.Event]:
        """Losses and scores of the source's tasks by the model, or by that of an ``other`` step."""
        of_step, model = other or (None, self._model)
        results = evaluate(model, source, split, self._batch_size, self._accelerator.autocast)
        for task in source.tasks:
            if task.name not in results:
                continue
            result = results[task.name]
            if split == "validation":  # a curve has no point of the test
                self._examined[task.name] = step, result.examination
                self.selection.see(task.name, result.scores.get(task.metric, math.nan))
                examples = len(source.splits[split])
                yield events.Loss(step=step, task=task.name, split=split, loss=result.loss, examples=examples)
            yield events.Scores(
                step=step, task=task.name, split=split, metric=task.metric, scores=result.scores,
                signature=task.signature, of_step=of_step,
            )  # fmt: skip
            if result.samples and split == "validation":
                yield events.Samples(step=step, task=task.name, split=split, samples=result.samples)

    def mistakes(self, step: int) -> Iterator[events.Event]:
        """Where each head erred in its last validation."""
        for of_step, found in self._examined.values():
            yield mistakes(found, step, of_step)
