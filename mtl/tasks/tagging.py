"""A tag for each word: entities in BIO form, or one of several labels, such as parts of speech.

B texts · L tokens · H hidden size · C tags (O, and B- and I- of each type; or the labels)
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from seqeval.metrics import f1_score, precision_score, recall_score
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.analysis.mistakes import Case
from mtl.data.sources import Row
from mtl.errors import DataError, shown
from mtl.tasks.answers import Span, Spans
from mtl.tasks.classification import IGNORED
from mtl.tasks.features import Features
from mtl.tasks.task import Body, Claim, Scores, Task, TextView

OUTSIDE = "O"
UNREAD = "–"
"""Stands for the label of a word that was cut off."""


class TokenHead(nn.Module):
    """Dropout and one linear layer on every token."""

    def __init__(self, body: Body, outputs: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(body.dropout)
        self.linear = nn.Linear(body.hidden_size, outputs)

    def forward(self, features: Features, labels: Tensor | None = None) -> Tensor:
        """Logits, ``[B, L, outputs]``; labels do not matter."""
        return self.linear(self.dropout(features.hidden))


class Tagging(Task):
    """A tag for each word, read at the word's first token, trained with cross-entropy.

    The spec's ``scheme`` says what a tag is: ``bio``, outside of, at the beginning of, or inside an entity of a type;
    ``plain``, one of the labels for every word.
    Loss: mean over words of −log p of the true tag, in nats. Scores: the share of words with the right tag; of
    entities also F1, precision and recall as the CoNLL evaluation counts them (seqeval). Words that were cut off
    have no tag, which is wrong, or O, which costs recall.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.bio = self.spec.scheme == "bio"
        self.metric = "entity_f1" if self.bio else "word_accuracy"

    @property
    def tag_names(self) -> tuple[str, ...]:
        """O, then B- and I- of each type; or the labels."""
        if not self.bio:
            return self.spec.labels
        return ("O", *(f"{prefix}-{label}" for label in self.spec.labels for prefix in "BI"))

    def encode(self, row: Row) -> list[int] | None:
        """The index of each word's tag."""
        tags = row.get(self.spec.label)
        if tags is None:
            return None
        words = row.get(self.spec.tokens or "tokens") or ()
        if not isinstance(tags, list | tuple):
            message = f"`{self.name}` should be a list of tags. Found {shown(tags)}."
            raise DataError(message, source=self.spec.source, reason="label", found=tags)
        if len(words) != len(tags):
            message = f"`{self.name}` should have one tag a word. Found {len(tags)} tags for {len(words)} words."
            raise DataError(message, source=self.spec.source, reason="tag_count", found=len(tags))
        known = {tag: index for index, tag in enumerate(self.tag_names)}
        for tag in tags:
            if not isinstance(tag, str) or tag not in known:
                message = f"`{self.name}` should be one of {', '.join(known)}. Found {shown(tag)}."
                raise DataError(message, source=self.spec.source, reason="label", found=tag)
        return [known[tag] for tag in tags]

    def decode_label(self, encoded: Sequence[int]) -> list[str]:
        """The tags of indices."""
        names = self.tag_names
        return [names[index] for index in encoded]

    def collate(self, targets: Sequence[Sequence[int] | None], views: Sequence[TextView], length: int) -> Tensor:
        """Tag indices at the first token of each word, ``[B, L]``; -100 elsewhere."""
        tensor = torch.full((len(targets), length), IGNORED)  # [B, L]
        for row, (tags, view) in enumerate(zip(targets, views, strict=True)):
            for tag, start in zip(tags or (), view.word_starts, strict=False):
                if start >= 0:
                    tensor[row, start] = tag
        return tensor

    def head(self, body: Body) -> nn.Module:
        """Features -> logits, ``[B, L, C]``."""
        return TokenHead(body, len(self.tag_names))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy over labelled words, in nats."""
        flat = logits.float().flatten(0, 1)  # [B·L, C]
        total = F.cross_entropy(flat, labels.flatten(), ignore_index=IGNORED, reduction="sum")
        return total / (labels != IGNORED).sum().clamp_min(1)

    def count(self, labels: Tensor) -> int:
        """Labelled words."""
        return int((labels != IGNORED).sum())

    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[list[int]]:
        """The most probable tag of each word; O, or -1 where there is no O, for a word that was cut off."""
        best, unread = said.argmax(-1).tolist(), 0 if self.bio else -1  # [B, L]
        return [
            [row[start] if start >= 0 else unread for start in view.word_starts]
            for row, view in zip(best, views, strict=True)
        ]

    def score(self, predictions: Sequence[Sequence[int]], labels: Sequence[Sequence[int]]) -> Scores:
        """Accuracy over words; of entities F1, precision and recall."""
        pairs = [pair for both in zip(predictions, labels, strict=True) for pair in zip(*both, strict=True)]
        words = {"word_accuracy": sum(given == true for given, true in pairs) / max(len(pairs), 1)}
        if not self.bio:
            return words
        truth, guess = [self.decode_label(row) for row in labels], [self.decode_label(row) for row in predictions]
        return {
            "entity_f1": float(f1_score(truth, guess, zero_division=0)),
            "precision": float(precision_score(truth, guess, zero_division=0)),
            "recall": float(recall_score(truth, guess, zero_division=0)),
            **words,
        }

    def baseline(self, train_labels: Sequence[Sequence[int]], labels: Sequence[Sequence[int]]) -> list[list[int]]:
        """No entity anywhere; of labels the most frequent one."""
        counts = Counter(tag for tags in train_labels for tag in tags)
        usual = 0 if self.bio or not counts else counts.most_common(1)[0][0]
        return [[usual] * len(tags) for tags in labels]

    def answer(self, said: Tensor, view: TextView) -> Spans:
        """The entities of one text, or every word with its label, from logits ``[L, C]``."""
        probabilities, best = said.float().softmax(-1).max(-1)  # [L], [L]
        if not self.bio:
            read = [(*word, at) for word, at in zip(view.words, view.word_starts, strict=True) if at >= 0]
            marked = (Span(a, b, self.tag_names[int(best[at])], float(probabilities[at])) for a, b, at in read)
            return Spans(view.text, tuple(marked))
        tags = [self.tag_names[int(best[at])] if at >= 0 else OUTSIDE for at in view.word_starts]
        sure = [float(probabilities[at]) for at in view.word_starts]
        spans = []
        for first, last, label in entities(tags):
            certain = sum(sure[first:last]) / (last - first)
            spans.append(Span(view.words[first][0], view.words[last - 1][1], label, certain))
        return Spans(view.text, tuple(spans))

    # Why

    @property
    def case_labels(self) -> tuple[str, ...]:
        """The types of words: O and the types of entities, or the labels; and what stands for none."""
        return (OUTSIDE, *self.spec.labels) if self.bio else (*self.spec.labels, UNREAD)

    def cases(self, prediction: Sequence[int], label: Sequence[int], view: TextView) -> list[Case]:
        """One for each word, whether it begins an entity or continues one."""
        words = zip(label, prediction, view.words, strict=True)
        return [Case(self._type(true), self._type(given), word) for true, given, word in words]

    def groups(self, label: Sequence[int]) -> list[str]:
        """The types of entities that it holds, or O if it holds none; of labels none, as a text has most of them."""
        if not self.bio:
            return []
        return sorted({self._type(tag) for tag in label} - {OUTSIDE}) or [OUTSIDE]

    def told(self, prediction: Sequence[int], view: TextView) -> str:
        """The entities with their types, or each word's label."""
        names = [UNREAD if tag < 0 else self.tag_names[tag] for tag in prediction]
        if not self.bio:
            return " ".join(names)
        spans = [(view.words[first][0], view.words[last - 1][1], label) for first, last, label in entities(names)]
        return ", ".join(f"{view.text[begin:end]} ({label})" for begin, end, label in spans)

    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim | None:
        """The sum of the logits of what is said about all words in entities, or of all words' labels."""
        logits, view = head(features)[0], views[0]  # [L, C]
        read = [at for at in view.word_starts if at >= 0]
        best = logits.argmax(-1)
        chosen = [at for at in read if not self.bio or int(best[at])]
        if not chosen:
            return None
        return Claim(self.told(self.predict(logits[None], [view])[0], view), logits[chosen, best[chosen]].sum())

    def _type(self, tag: int) -> str:
        if tag < 0:
            return UNREAD
        name = self.tag_names[tag]
        return name[2:] if self.bio and tag else name


def entities(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The entities of a text's tags: words [first, last), and the type.

    A tag I-X that does not continue an entity of type X begins one, as in the CoNLL evaluation.
    """
    found: list[tuple[int, int, str]] = []
    previous = OUTSIDE
    for at, tag in enumerate(tags):
        if tag != OUTSIDE and tag == f"I-{previous[2:]}":
            found[-1] = (found[-1][0], at + 1, tag[2:])
        elif tag != OUTSIDE:
            found.append((at, at + 1, tag[2:]))
        previous = tag
    return found
