"""Any number of several labels for a text or a pair of texts.

B texts · H hidden size · C labels
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score, f1_score, label_ranking_average_precision_score
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.data.sources import Row
from mtl.errors import DataError, shown
from mtl.tasks.answers import Labels
from mtl.tasks.classification import PooledHead
from mtl.tasks.features import Features
from mtl.tasks.task import Body, Claim, Scores, Task, TextView

UNSET = 0.5
"""The threshold of a label that no validation text carries."""


class Multilabel(Task):
    """A yes or no for each of C labels, trained with binary cross-entropy.

    Encoded labels are 1 or 0 for each of the C, predictions are probabilities. Loss: the mean over texts and labels of
    −log of the probability given to what is true, in nats. A label is predicted from its own threshold on: the one
    with the best F1 on the validation texts, 0.5 until there were any.
    Scores (scikit-learn): F1 over all decisions (``micro_f1``) and averaged over the labels that occur
    (``macro_f1``); without thresholds, the mean average precision of the labels that occur, and the label ranking
    average precision.
    """

    metric = "micro_f1"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.thresholds = [UNSET] * len(self.spec.labels)

    def state(self) -> dict[str, Any]:
        """The thresholds, in the order of the labels."""
        return {"thresholds": self.thresholds}

    def restore(self, state: Mapping[str, Any], body: Body) -> None:
        """Takes saved thresholds."""
        thresholds = [float(value) for value in state["thresholds"]]
        if len(thresholds) != len(self.spec.labels):
            raise ValueError(f"{self.name!r} should have {len(self.spec.labels)} thresholds, found {len(thresholds)}")
        self.thresholds = thresholds

    def calibrate(self, predictions: Sequence[Sequence[float]], labels: Sequence[Sequence[float]]) -> None:
        """Takes for each label the threshold with the best F1 on these texts."""
        given, true = np.asarray(predictions), np.asarray(labels) > 0.5  # [B, C]
        self.thresholds = [best_threshold(given[:, at], true[:, at]) for at in range(len(self.spec.labels))]

    def encode(self, row: Row) -> list[float] | None:
        """1 for each label the row has, else 0."""
        names = row.get(self.spec.label)
        if names is None:
            return None
        if not isinstance(names, list | tuple) or len(names) != len({shown(name) for name in names}):
            message = f"`{self.name}` should be a list of labels, each once. Found {shown(names)}."
            raise DataError(message, source=self.spec.source, reason="label", found=names)
        for name in names:
            if not isinstance(name, str) or name not in self.spec.labels:
                message = f"`{self.name}` should be among {', '.join(self.spec.labels)}. Found {shown(name)}."
                raise DataError(message, source=self.spec.source, reason="label", found=name)
        return [float(label in names) for label in self.spec.labels]

    def decode_label(self, encoded: Sequence[float]) -> list[str]:
        """The labels that are more than half true, in the task's order."""
        return [label for label, value in zip(self.spec.labels, encoded, strict=True) if value > 0.5]

    def collate(self, targets: Sequence[Sequence[float] | None], views: Sequence[TextView], length: int) -> Tensor:
        """1 and 0, ``[B, C]``; NaN where the labels are missing."""
        missing = [math.nan] * len(self.spec.labels)
        return torch.tensor([missing if label is None else label for label in targets], dtype=torch.float32)

    def count(self, labels: Tensor) -> int:
        """Labelled texts."""
        return int((~labels.isnan().any(-1)).sum())

    def head(self, body: Body) -> nn.Module:
        """Features -> logits, ``[B, C]``."""
        return PooledHead(body, len(self.spec.labels))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean binary cross-entropy over labelled texts and their labels, in nats."""
        known = ~labels.isnan()
        total = F.binary_cross_entropy_with_logits(logits.float(), labels.nan_to_num(), reduction="none")  # [B, C]
        return torch.where(known, total, 0.0).sum() / known.sum().clamp_min(1)

    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[list[float]]:
        """The probability of each label."""
        return said.float().sigmoid().tolist()

    def score(self, predictions: Sequence[Sequence[float]], labels: Sequence[Sequence[float]]) -> Scores:
        """Micro and macro F1 at the thresholds, mean average precision, label ranking average precision."""
        given, true = np.asarray(predictions), (np.asarray(labels) > 0.5).astype(int)  # [B, C]
        chosen = (given >= np.asarray(self.thresholds)).astype(int)
        occurring = np.flatnonzero(true.any(0) | chosen.any(0))
        ranked = [average_precision_score(true[:, at], given[:, at]) for at in np.flatnonzero(true.any(0))]
        # scikit-learn takes one label for a binary task, and no label for an error.
        macro = [f1_score(true[:, at], chosen[:, at], zero_division=0) for at in occurring]
        return {
            "micro_f1": float(f1_score(true.ravel(), chosen.ravel(), zero_division=0)),
            "macro_f1": float(np.mean(macro)) if macro else 0.0,
            "average_precision": float(np.mean(ranked)) if ranked else 0.0,
            "ranking_precision": float(label_ranking_average_precision_score(true, given)),
        }

    def baseline(self, train_labels: Sequence[Sequence[float]], labels: Sequence[Sequence[float]]) -> list[list[float]]:
        """Every label at least half as frequent as the most frequent one."""
        frequent = np.mean(train_labels, axis=0) if train_labels else np.zeros(len(self.spec.labels))
        chosen = (frequent > 0) & (frequent >= frequent.max() / 2)
        return [[float(value) for value in chosen]] * len(labels)

    def answer(self, said: Tensor, view: TextView) -> Labels:
        """The labels from their thresholds on, and all probabilities, from logits ``[C]``."""
        probabilities = dict(zip(self.spec.labels, said.float().sigmoid().tolist(), strict=True))
        thresholds = dict(zip(self.spec.labels, self.thresholds, strict=True))
        chosen = tuple(label for label in self.spec.labels if probabilities[label] >= thresholds[label])
        return Labels(chosen, probabilities, thresholds)

    # Why

    def groups(self, label: Sequence[float]) -> list[str]:
        """Each of its labels."""
        return self.decode_label(label)

    def told(self, prediction: Sequence[float], view: TextView) -> str:
        """The labels from their thresholds on."""
        return ", ".join(self.spec.labels[at] for at in self._chosen(prediction))

    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim:
        """The sum of the logits of the labels that are said; where none is, the logit of the likeliest."""
        logits = head(features)[0]  # [C]
        chosen = self._chosen(logits.sigmoid().tolist())
        if not chosen:
            return Claim("", logits[int(logits.argmax())])
        return Claim(", ".join(self.spec.labels[at] for at in chosen), logits[chosen].sum())

    def _chosen(self, probabilities: Sequence[float]) -> list[int]:
        pairs = zip(probabilities, self.thresholds, strict=True)
        return [at for at, (given, threshold) in enumerate(pairs) if given >= threshold]


def best_threshold(probabilities: np.ndarray, true: np.ndarray) -> float:
    """The threshold with the best F1 of one label: halfway between the last text it takes and the first it leaves.

    Args:
        probabilities: ``[B]``, what the head gave.
        true: ``[B]``, whether the text has the label; 0.5 if none has.
    """
    if not true.any():
        return UNSET
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits = probabilities[order], np.cumsum(true[order])
    # F1 of taking the first k texts: 2·hits / (k + positives).
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + true.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = 0  # no threshold lies between equals
    following = np.append(ranked[1:], 0.0)
    best = int(f1.argmax())
    return float((ranked[best] + following[best]) / 2)
