"""Scores that need the predictions of several tasks at once, or are not among those of a task's kind.

B texts
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from sklearn.metrics import f1_score

from mtl.data.batches import by_length, collate
from mtl.model import MultiTaskModel
from mtl.training.evaluation import EncodedSource, pad_id

BATCH = 64
Said = Mapping[str, tuple[Sequence[Any], Sequence[Any]]]
"""Predictions and labels of every row, by task."""


@torch.inference_mode()
def said(model: MultiTaskModel, source: EncodedSource) -> Said:
    """What every task says about the test rows of a source whose rows are one window each."""
    model.eval()
    examples = source.splits["test"]
    found: dict[str, dict[int, Any]] = {task.name: {} for task in source.tasks}
    for indices in by_length(examples, BATCH):
        batch = collate(source.name, [examples[index] for index in indices], source.tasks, pad_id(model))
        for name, logits in model(batch, list(found)).items():
            found[name].update(zip(indices, model.tasks[name].predict(logits, batch.views), strict=True))
    places = range(len(examples))
    return {
        name: ([predictions[at] for at in places], [examples[at].labels[name] for at in places])
        for name, predictions in found.items()
    }


def whole(found: Said) -> dict[str, dict[str, float]]:
    """The share of sentences whose intent and all of whose slots are right."""
    right = [
        all(given == true for given, true in zip(row[::2], row[1::2], strict=True))
        for row in zip(*found["intent"], *found["slots"], strict=True)
    ]
    return {"sentence": {"whole": sum(right) / len(right)}}


def paraphrases(found: Said) -> dict[str, dict[str, float]]:
    """F1 of the class "equivalent", as GLUE counts it."""
    predictions, labels = found["paraphrase"]
    return {"equivalent": {"f1": float(f1_score(labels, predictions))}}


EXTRA: Mapping[str, Callable[[Said], dict[str, dict[str, float]]]] = {"snips": whole, "mrpc": paraphrases}
"""By source."""


def scores_of(model: MultiTaskModel, sources: Sequence[EncodedSource]) -> dict[str, dict[str, float]]:
    """All such scores of the sources that have some."""
    found: dict[str, dict[str, float]] = {}
    for source in sources:
        if source.name in EXTRA:
            found |= EXTRA[source.name](said(model, source))
    return found
