"""One class of several for a text or a pair of texts.

B texts · H hidden size · C classes
"""

from collections import Counter
from collections.abc import Sequence

import torch
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.analysis.mistakes import Case
from mtl.data.sources import Row
from mtl.errors import DataError, shown
from mtl.tasks.answers import Label
from mtl.tasks.features import Features
from mtl.tasks.task import Body, Claim, Scores, Task, TextView

IGNORED = -100


class PooledHead(nn.Module):
    """Dropout and one linear layer on the mean hidden state."""

    def __init__(self, body: Body, outputs: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(body.dropout)
        self.linear = nn.Linear(body.hidden_size, outputs)

    def forward(self, features: Features, labels: Tensor | None = None) -> Tensor:
        """Logits, ``[B, outputs]``; labels do not matter."""
        return self.linear(self.dropout(features.pooled))


def _matthews(labels: Sequence[int], predictions: Sequence[int]) -> float:
    """Matthews' correlation; 0 where one class is all there is, of which scikit-learn warns."""
    if len({*labels, *predictions}) < 2:
        return 0.0
    return float(matthews_corrcoef(labels, predictions))


class Classification(Task):
    """Softmax over C classes, trained with cross-entropy.

    Loss of a text: −log pₖ of its true class k, in nats. Scores: accuracy, macro-averaged F1 over the classes that
    occur, and Matthews' correlation (all from scikit-learn).
    """

    metric = "accuracy"

    def encode(self, row: Row) -> int | None:
        """The index of the row's class."""
        value = row.get(self.spec.label)
        if value is None:
            return None
        if value not in self.spec.labels:
            message = f"`{self.name}` should be one of {', '.join(self.spec.labels)}. Found {shown(value)}."
            raise DataError(message, source=self.spec.source, reason="label", found=value)
        return self.spec.labels.index(value)

    def decode_label(self, encoded: int) -> str:
        """The class of an index."""
        return self.spec.labels[encoded]

    def collate(self, targets: Sequence[int | None], views: Sequence[TextView], length: int) -> Tensor:
        """Class indices, ``[B]``; -100 where the label is missing."""
        return torch.tensor([IGNORED if label is None else label for label in targets])

    def head(self, body: Body) -> nn.Module:
        """Features -> logits, ``[B, C]``."""
        return PooledHead(body, len(self.spec.labels))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy over labelled texts, in nats."""
        total = F.cross_entropy(logits.float(), labels, ignore_index=IGNORED, reduction="sum")
        return total / (labels != IGNORED).sum().clamp_min(1)

    def count(self, labels: Tensor) -> int:
        """Labelled texts."""
        return int((labels != IGNORED).sum())

    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[int]:
        """The most probable class of each text."""
        return said.argmax(-1).tolist()

    def score(self, predictions: Sequence[int], labels: Sequence[int]) -> Scores:
        """Accuracy, macro F1, Matthews' correlation."""
        return {
            "accuracy": float(accuracy_score(labels, predictions)),
            "macro_f1": float(f1_score(labels, predictions, average="macro", zero_division=0)),
            "mcc": _matthews(labels, predictions),
        }

    def baseline(self, train_labels: Sequence[int], labels: Sequence[int]) -> list[int]:
        """The most frequent class."""
        return [Counter(train_labels).most_common(1)[0][0] if train_labels else 0] * len(labels)

    def answer(self, said: Tensor, view: TextView) -> Label:
        """The most probable class and all probabilities, from logits ``[C]``."""
        probabilities = dict(zip(self.spec.labels, said.float().softmax(-1).tolist(), strict=True))
        return Label(max(probabilities, key=probabilities.__getitem__), probabilities)

    # Why

    @property
    def case_labels(self) -> tuple[str, ...]:
        """The classes."""
        return self.spec.labels

    def cases(self, prediction: int, label: int, view: TextView) -> list[Case]:
        """One: the class of the text."""
        return [Case(self.decode_label(label), self.decode_label(prediction))]

    def groups(self, label: int) -> list[str]:
        """Its class."""
        return [self.decode_label(label)]

    def told(self, prediction: int, view: TextView) -> str:
        """The class."""
        return self.decode_label(prediction)

    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim:
        """The logit of the most probable class."""
        logits = head(features)[0]  # [C]
        best = int(logits.argmax())
        return Claim(self.spec.labels[best], logits[best])
