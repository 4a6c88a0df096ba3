"""A text to be written about a text: a translation, a headline, a subject line.

B texts · L tokens read · T pieces written · V pieces of the vocabulary
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GenerationConfig

from mtl.data.sources import Row
from mtl.errors import DataError, shown
from mtl.tasks import text_scores
from mtl.tasks.answer_scores import chinese
from mtl.tasks.answers import Text
from mtl.tasks.classification import IGNORED
from mtl.tasks.decoder import END, PAD, Decoder, Shape
from mtl.tasks.decoding import Search
from mtl.tasks.features import Features
from mtl.tasks.pretrained_decoder import PretrainedDecoder, writing_config
from mtl.tasks.task import Body, Claim, Scores, Task, TextView
from mtl.tasks.vocabulary import PretrainedVocabulary, TrainedVocabulary, Vocabulary


@dataclass(frozen=True)
class Target:
    """A text and the pieces it is written in."""

    text: str
    pieces: tuple[int, ...] = ()


class Generation(Task):
    """Writes with a decoder on the shared encoder.

    On an encoder-decoder checkpoint its own decoder is the head; on an encoder alone it is a small one that is
    trained here, with a byte-level vocabulary made from the training targets. Loss: the mean over pieces of −log p of
    the next one, in nats, with a share of ``label_smoothing`` for all others; a pretrained decoder is not smoothed
    unless the task asks for it, as it was not in its own training.

    Options: ``metric`` decides how texts are scored, ``bleu`` and ``chrf`` (sacreBLEU) or ``rouge_l`` (rouge-score);
    ``max_target_length`` counts pieces; ``decoder_width`` 0 is the encoder's. With ``copying`` the small decoder may
    take over pieces of what it reads (``mtl.tasks.copying``): names, numbers, what stands there only.
    """

    writes = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.metric = str(self.options["metric"])
        self.prefix = str(self.options["prefix"])
        self.copies = bool(self.options["copying"])
        self.chinese = False
        self._vocabulary: Vocabulary | None = None
        self._writing: GenerationConfig | None = None

    def prepare(self, rows: Sequence[Row], body: Body) -> None:
        """Trains the vocabulary, unless the checkpoint has one, and sees whether the targets are Chinese."""
        texts = [text for row in rows if (text := self._text(row)) is not None]
        self.chinese = chinese(texts)
        if body.decoder is None:
            size = int(self.options["vocabulary_size"])
            self._vocabulary = TrainedVocabulary.train(texts, size, spaced=self.copies)
            return
        self._vocabulary = PretrainedVocabulary(body.tokenizer)
        limit, beams = int(self.options["max_target_length"]), int(self.options["num_beams"])
        self._writing = writing_config(body.decoder, limit, beams, float(self.options["length_penalty"]))

    def state(self) -> dict[str, Any]:
        """The vocabulary that was trained, or how the checkpoint's decoder writes."""
        found: dict[str, Any] = {"chinese": self.chinese}
        if isinstance(self._vocabulary, TrainedVocabulary):
            found["vocabulary"] = self._vocabulary.state()
        if self._writing is not None:
            found["writing"] = self._writing.to_dict()
        return found

    def restore(self, state: Mapping[str, Any], body: Body) -> None:
        """Takes what was saved."""
        self.chinese = bool(state["chinese"])
        if body.decoder is None:
            self._vocabulary = TrainedVocabulary.restored(state["vocabulary"])
        else:
            self._vocabulary = PretrainedVocabulary(body.tokenizer)
            self._writing = GenerationConfig.from_dict(dict(state["writing"]))

    @property
    def vocabulary(self) -> Vocabulary:
        """The pieces it writes in.

        Raises:
            ValueError: Neither ``prepare`` nor ``restore`` was called.
        """
        if self._vocabulary is None:
            raise ValueError(f"{self.name!r} has no vocabulary yet.")
        return self._vocabulary

    # Labels

    def _text(self, row: Row) -> str | None:
        """The row's target; one without a visible character is none."""
        value = row.get(self.spec.label)
        if value is not None and not isinstance(value, str):
            message = f"`{self.name}` should be a text. Found {shown(value)}."
            raise DataError(message, source=self.spec.source, reason="label", found=value)
        return value if value and value.strip() else None

    def encode(self, row: Row) -> Target | None:
        """The row's target and its pieces, at most ``max_target_length``."""
        text = self._text(row)
        if text is None:
            return None
        return Target(text, tuple(self.vocabulary.encode(text, int(self.options["max_target_length"]))))

    def decode_label(self, encoded: Target) -> str:
        """The target."""
        return encoded.text

    def collate(self, targets: Sequence[Target | None], views: Sequence[TextView], length: int) -> Tensor:
        """Pieces, ``[B, T]``; -100 after the end, and where there is no target."""
        longest = max((len(target.pieces) for target in targets if target is not None), default=1)
        tensor = torch.full((len(targets), longest), IGNORED)  # [B, T]
        for row, target in enumerate(targets):
            if target is not None:
                tensor[row, : len(target.pieces)] = torch.tensor(target.pieces)
        return tensor

    def count(self, labels: Tensor) -> int:
        """Pieces to be written."""
        return int((labels != IGNORED).sum())

    # Head and loss

    def head(self, body: Body) -> nn.Module:
        """Features -> logits of labelled pieces, or the pieces it writes: see ``Decoder`` and ``PretrainedDecoder``."""
        if self._writing is not None:
            return PretrainedDecoder(body, self._writing)
        assert isinstance(self.vocabulary, TrainedVocabulary)
        width, layers = int(self.options["decoder_width"]) or body.hidden_size, int(self.options["decoder_layers"])
        shape = Shape(width, layers, len(self.vocabulary), int(self.options["max_target_length"]))
        search = Search(int(self.options["num_beams"]), float(self.options["length_penalty"]), END, PAD)
        return Decoder(body.hidden_size, shape, search, body.dropout, self.vocabulary.split if self.copies else None)

    def learning_rate(self, encoder: float, heads: float) -> float:
        """A pretrained decoder is trained as gently as the encoder."""
        return heads if self._writing is None else encoder

    @property
    def _smoothing(self) -> float:
        pretrained = self._writing is not None
        return float(self.spec.options.get("label_smoothing", 0.0) if pretrained else self.options["label_smoothing"])

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean smoothed cross-entropy over pieces, in nats; logits are those of the labelled pieces alone."""
        known = labels[labels != IGNORED]
        total = F.cross_entropy(logits.float(), known, reduction="sum", label_smoothing=self._smoothing)
        return total / max(len(known), 1)

    def row_losses(self, logits: Tensor, labels: Tensor) -> list[tuple[float, int]]:
        """As any kind's; the logits are those of all rows' pieces, one row after the other."""
        counts = (labels != IGNORED).sum(1).tolist()
        parts = zip(logits.split(counts), labels.split(1), strict=True)
        losses = torch.stack([self.scaled_loss(*part) for part in parts]).tolist()
        return list(zip(losses, counts, strict=True))

    # Predictions

    def say(self, head: nn.Module, features: Features, logits: Tensor | None = None) -> Tensor:
        """What the decoder writes by itself, ``[B, t]``: what it says when shown the labels proves nothing."""
        return head(features)

    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[Target]:
        """The texts written."""
        return [Target(self.vocabulary.decode(pieces)) for pieces in said.tolist()]

    def score(self, predictions: Sequence[Target], labels: Sequence[Target]) -> Scores:
        """BLEU and chrF, or ROUGE, by the task's ``metric``."""
        return self._scored(predictions, labels)[0]

    @property
    def signature(self) -> str:
        """How the scores were computed, in the words of the library that did."""
        return self._scored([Target("a")], [Target("a")])[1]

    def _scored(self, predictions: Sequence[Target], labels: Sequence[Target]) -> tuple[dict[str, float], str]:
        rule = text_scores.summary if self.metric == "rouge_l" else text_scores.translation
        outputs, targets = ([each.text for each in side] for side in (predictions, labels))
        return rule(outputs, targets, chinese=self.chinese)

    def baseline(self, train_labels: Sequence[Target], labels: Sequence[Target]) -> list[Target]:
        """The most frequent target."""
        commonest = Counter(train_labels).most_common(1)[0][0] if train_labels else Target("")
        return [commonest] * len(labels)

    def show(self, prediction: Target) -> str:
        """The text."""
        return prediction.text

    def answer(self, said: Tensor, view: TextView) -> Text:
        """The text written, from pieces ``[t]``."""
        return Text(self.vocabulary.decode(said.tolist()))

    # Why

    def told(self, prediction: Target, view: TextView) -> str:
        """The text."""
        return prediction.text

    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim | None:
        """The log-probability of the text that it writes, its end included, in nats."""
        pieces, pad = head(features), PAD  # [1, t]
        text = self.vocabulary.decode(pieces[0].tolist())
        if self._writing is not None:
            pieces, pad = pieces[:, 1:], self._writing.pad_token_id  # a checkpoint's text begins with its start sign
        written = (pieces[0] != pad).nonzero()
        if not len(written):
            return None
        labels = pieces[:, : int(written.max()) + 1]  # without the padding at the end
        logits = head(features, labels)  # [t, V]
        return Claim(text, -F.cross_entropy(logits.float(), labels[0], reduction="sum"))
