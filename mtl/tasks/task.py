"""What every task kind gives: labels, collation, head, loss, scores, decoding.

The trainer, the evaluation and the page know tasks only by this interface.

B texts · L tokens · H hidden size · C outputs of the head
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mtl.data.sources import Row, TaskSpec
from mtl.tasks.answers import Answer

Scores = Mapping[str, float]


@dataclass(frozen=True)
class TextView:
    """A text as a head's answer refers to it: its words as character ranges, and the token each word starts at."""

    text: str
    words: Sequence[tuple[int, int]]
    word_starts: Sequence[int]
    """Position of each word's first token; -1 for a word that was cut off."""


class Task(ABC):
    """One task: a kind applied to one column of one source."""

    metric: str
    """Name of the score that stands for the task, larger is better."""

    def __init__(self, spec: TaskSpec, loss_scale: float = 1.0) -> None:
        self.spec = spec
        self.loss_scale = loss_scale

    @property
    def name(self) -> str:
        """The task's name, which is also its head's."""
        return self.spec.name

    @property
    def tag_names(self) -> tuple[str, ...]:
        """What the head's outputs mean, in order."""
        return self.spec.labels

    @abstractmethod
    def encode(self, row: Row) -> Any:
        """The row's label as numbers, or None if the row has none.

        Raises:
            DataError: The label is none of the task's.
        """

    @abstractmethod
    def decode_label(self, encoded: Any) -> Any:
        """The label that ``encode`` was given."""

    @abstractmethod
    def collate(self, labels: Sequence[Any], word_starts: Sequence[Sequence[int]], length: int) -> Tensor:
        """Labels of a batch as one tensor with B rows; a missing label (None) takes a value the loss ignores."""

    @abstractmethod
    def head(self, hidden_size: int, dropout: float) -> nn.Module:
        """A new head: Features -> logits with B rows."""

    @abstractmethod
    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean loss over what is labelled, a scalar; 0 with a gradient of 0 if nothing is."""

    def scaled_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss in the units this run gives it: ``loss_scale`` times the kind's own."""
        return self.loss_scale * self.loss(logits, labels)

    @abstractmethod
    def count(self, labels: Tensor) -> int:
        """How many labels the loss of a batch is the mean of."""

    def labelled(self, labels: Tensor) -> bool:
        """Whether a batch's labels hold anything to learn from."""
        return self.count(labels) > 0

    @abstractmethod
    def predict(self, logits: Tensor, word_starts: Sequence[Sequence[int]]) -> list[Any]:
        """One prediction for each of the B texts, in the form of ``encode``'s labels."""

    @abstractmethod
    def score(self, predictions: Sequence[Any], labels: Sequence[Any]) -> Scores:
        """All scores of the kind, by name, in [0, 1] or, for correlations, [-1, 1]."""

    @abstractmethod
    def baseline(self, train_labels: Sequence[Any], labels: Sequence[Any]) -> list[Any]:
        """The best constant prediction, once for each of ``labels``: what one could say without reading a text."""

    @abstractmethod
    def answer(self, logits: Tensor, view: TextView) -> Answer:
        """A readable answer from the logits of one text, without the batch dimension."""
