"""What every task kind gives: labels, collation, head, loss, scores, decoding.

The trainer, the evaluation and the page know tasks only by this interface. In the order of its calls: ``prepare``
(or ``restore``), ``encode`` and ``targets`` of every row, ``head``; then in each batch ``collate``, the head and
``loss``; and of held-out rows ``say``, ``predict``, ``merge``, ``calibrate`` and ``score``, of a question ``answer``.

B texts · L tokens · H hidden size · C outputs of the head · W windows of one row
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mtl.analysis.mistakes import Case
from mtl.data.sources import Row, TaskSpec
from mtl.tasks.answers import Answer
from mtl.tasks.features import Features

Scores = Mapping[str, float]


@dataclass(frozen=True)
class TextView:
    """A text as a head's answer refers to it: its words as character ranges, and the token each word starts at."""

    text: str
    words: Sequence[tuple[int, int]]
    word_starts: Sequence[int]
    """Position of each word's first token; -1 for a word that was cut off."""
    pair: str | None = None
    """The second text, whole, also where this is one of several windows on it."""
    offsets: Sequence[tuple[int, int]] = ()
    """Of each token its characters in the second text; an empty range for every other token."""


@dataclass(frozen=True)
class Body:
    """What heads are built on: the shared encoder, its tokenizer, and the decoder that came with it, if any."""

    encoder: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    hidden_size: int
    dropout: float
    decoder: PreTrainedModel | None = None
    """The whole encoder-decoder model, of which ``encoder`` is a part."""


@dataclass(frozen=True)
class Claim:
    """What a head says about one text, as a number whose gradient tells what it rests on."""

    of: str
    """What is said, in words: the label, the number, the answer."""
    value: Tensor
    """A scalar: a logit, the number, or a log-probability."""


class Task(ABC):
    """One task: a kind applied to one column of one source."""

    metric: str
    """Name of the score that stands for the task, larger is better."""
    stride: int | None = None
    """Tokens that neighbouring windows on a long second text share; None cuts long texts instead."""
    copies: bool = False
    """Whether the head takes over pieces of what it reads: it then has to know the words."""
    apart: bool = False
    """Whether two texts are read as if each stood alone."""
    writes: bool = False
    """Whether the head may be the checkpoint's own decoder."""
    prefix: str = ""
    """What is written before every text the task reads."""

    def __init__(self, spec: TaskSpec, loss_scale: float = 1.0, options: Mapping[str, Any] | None = None) -> None:
        """``options`` are those the kind declares in ``TASK_KINDS``, defaults filled in."""
        self.spec = spec
        self.loss_scale = loss_scale
        self.options = dict(options or {})

    @property
    def name(self) -> str:
        """The task's name, which is also its head's."""
        return self.spec.name

    @property
    def tag_names(self) -> tuple[str, ...]:
        """What the head's outputs mean, in order."""
        return self.spec.labels

    @property
    def signature(self) -> str | None:
        """How the scores were computed, where there is more than one way."""
        return None

    # What is learnt from data beside weights

    def prepare(self, rows: Sequence[Row], body: Body) -> None:  # noqa: B027
        """Takes from the training rows what encoding and the head need: a vocabulary, say. Comes first."""

    def state(self) -> dict[str, Any]:
        """All that ``prepare`` and ``calibrate`` found, as plain values for JSON."""
        return {}

    def restore(self, state: Mapping[str, Any], body: Body) -> None:  # noqa: B027
        """Takes what ``state`` gave, in place of ``prepare``."""

    def calibrate(self, predictions: Sequence[Any], labels: Sequence[Any]) -> None:  # noqa: B027
        """Chooses on validation rows what decides between predictions and scores: a threshold, say."""

    # Labels

    @abstractmethod
    def encode(self, row: Row) -> Any:
        """The row's label as numbers, or None if the row has none.

        Raises:
            DataError: The label is none of the task's.
        """

    @abstractmethod
    def decode_label(self, encoded: Any) -> Any:
        """The label that ``encode`` was given."""

    def targets(self, label: Any, views: Sequence[TextView]) -> list[Any]:
        """What each window of a row should teach; a row's label is learnt from its first window unless said here."""
        return [label] + [None] * (len(views) - 1)

    @abstractmethod
    def collate(self, targets: Sequence[Any], views: Sequence[TextView], length: int) -> Tensor:
        """Targets of a batch as one tensor with B rows; a missing one (None) takes a value the loss ignores."""

    @abstractmethod
    def count(self, labels: Tensor) -> int:
        """How many labels the loss of a batch is the mean of."""

    def labelled(self, labels: Tensor) -> bool:
        """Whether a batch's labels hold anything to learn from."""
        return self.count(labels) > 0

    # Head and loss

    @abstractmethod
    def head(self, body: Body) -> nn.Module:
        """A new head, called as ``head(features, labels)`` in training and ``head(features)`` without labels.

        Most heads give the same logits either way; a decoder is shown the labels in training, and writes by itself
        where there are none.
        """

    def learning_rate(self, encoder: float, heads: float) -> float:
        """The rate at which the head is trained, of the two that a run has."""
        return heads

    @abstractmethod
    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean loss over what is labelled, a scalar; 0 with a gradient of 0 if nothing is."""

    def scaled_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss in the units this run gives it: ``loss_scale`` times the kind's own."""
        return self.loss_scale * self.loss(logits, labels)

    def row_losses(self, logits: Tensor, labels: Tensor) -> list[tuple[float, int]]:
        """Of each of the B windows its loss, in the same units, and how many labels that is the mean of."""
        losses = [self.scaled_loss(logits[at : at + 1], labels[at : at + 1]) for at in range(len(labels))]
        counts = [self.count(labels[at : at + 1]) for at in range(len(labels))]
        return list(zip(torch.stack(losses).tolist(), counts, strict=True))

    # Predictions, scores, answers

    def say(self, head: nn.Module, features: Features, logits: Tensor | None = None) -> Tensor:
        """What predictions and answers are read from, with B rows: the logits, unless the kind says otherwise.

        ``logits`` is what the head gave when it was shown the labels.
        """
        return head(features) if logits is None else logits

    @abstractmethod
    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[Any]:
        """One prediction for each of the B windows, in the form of ``encode``'s labels."""

    def merge(self, parts: Sequence[Any]) -> Any:
        """One prediction for a row from those of its windows."""
        return parts[0]

    @abstractmethod
    def score(self, predictions: Sequence[Any], labels: Sequence[Any]) -> Scores:
        """All scores of the kind, by name, in [0, 1] or, for correlations, [-1, 1]."""

    @abstractmethod
    def baseline(self, train_labels: Sequence[Any], labels: Sequence[Any]) -> list[Any]:
        """The best constant prediction, once for each of ``labels``: what one could say without reading a text."""

    def show(self, prediction: Any) -> str | None:
        """A prediction or a label as a line of text, for kinds whose single outputs are worth reading; else None."""
        return None

    @abstractmethod
    def answer(self, said: Tensor, view: TextView) -> Answer:
        """A readable answer from what was said about one text, without the batch dimension."""

    def answer_windows(self, said: Tensor, views: Sequence[TextView]) -> Answer:
        """A readable answer from what was said about each window of one text, ``[W, …]``."""
        return self.answer(said[0], views[0])

    # Why

    @property
    def slice_metric(self) -> str:
        """The score by which parts of the rows are compared; one that needs no spread of labels."""
        return self.metric

    @property
    def case_labels(self) -> tuple[str, ...]:
        """The labels that ``cases`` choose from; none for a kind that does not choose one of several."""
        return ()

    def cases(self, prediction: Any, label: Any, view: TextView) -> list[Case]:
        """Each choice among labels that a row holds."""
        return []

    def groups(self, label: Any) -> list[str]:
        """The names of the slices by label that a row with this label is in."""
        return []

    @abstractmethod
    def told(self, prediction: Any, view: TextView) -> str:
        """A prediction or a label as a line of text, whatever the kind."""

    @abstractmethod
    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim | None:
        """What the head says about one text, from what it read of its windows; None where it says nothing."""
