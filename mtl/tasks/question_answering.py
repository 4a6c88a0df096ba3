"""A part of a passage that answers a question, or the finding that none does.

B windows · L tokens · H hidden size
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.data.labels import place_of
from mtl.data.sources import Row
from mtl.errors import DataError, shown
from mtl.tasks.answer_scores import Rule, chinese, cmrc, squad1, squad2
from mtl.tasks.answers import Candidate, Extract
from mtl.tasks.classification import IGNORED
from mtl.tasks.features import Features
from mtl.tasks.found import Found, positions, tokens_of, trimmed
from mtl.tasks.tagging import TokenHead
from mtl.tasks.task import Body, Claim, Scores, Task, TextView

NOWHERE = 0
"""The token that stands for "no answer in this window": the first one, which no passage begins with."""
MASKED = -1e4
"""The logit of a token that is padding; its exponential is 0 in every precision."""
CANDIDATES = 20
"""Answers that are kept of each window."""
ANSWERED, UNANSWERED = "answer", "no answer"
"""Slices of questions, where some have no answer."""


class SpanHead(TokenHead):
    """How likely the answer begins, and ends, at each token."""

    def __init__(self, body: Body) -> None:
        super().__init__(body, 2)

    def forward(self, features: Features, labels: Tensor | None = None) -> Tensor:
        """Logits of start and end, ``[B, L, 2]``; labels do not matter."""
        return super().forward(features).masked_fill(features.mask.unsqueeze(-1) == 0, MASKED)


class QuestionAnswering(Task):
    """Extractive answers, trained as in `BERT <https://arxiv.org/abs/1810.04805>`_ (NAACL 2019).

    The spec's ``text`` is the question and its ``text_pair`` the passage; labels have SQuAD's layout: ``text``, a list
    of right answers, and ``answer_start``, the character each begins at; empty lists say that there is no answer.
    A long passage is read in windows; a window without the answer points at its first token.
    Loss of a window: the mean of −log p of its true first and of its true last token, in nats.

    The best answer of a row is the one with the largest sum of logits in any window. If training rows hold questions
    without an answer, "no answer" is said where its sum exceeds the best answer's by more than a threshold, the one
    with the best F1 on the validation rows. Scores: exact match and F1 by the rules of SQuAD 1.1, by those of 2.0 if
    there are questions without an answer, and for Chinese by those of CMRC 2018 (characters).
    """

    metric = "f1"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.stride = int(self.options["doc_stride"])
        self.unanswerable = False
        self.characters = False
        self.threshold = 0.0

    def prepare(self, rows: Sequence[Row], body: Body) -> None:
        """Sees whether there are questions without an answer, and whether the answers are Chinese."""
        labels = [label for row in rows if (label := self.encode(row)) is not None]
        self.unanswerable = any(not label.spans for label in labels)
        self.characters = chinese([text for label in labels for text in label.texts])

    def state(self) -> dict[str, Any]:
        """What ``prepare`` saw, and the threshold."""
        return {"unanswerable": self.unanswerable, "characters": self.characters, "threshold": self.threshold}

    def restore(self, state: Mapping[str, Any], body: Body) -> None:
        """Takes what was saved."""
        self.unanswerable, self.characters = bool(state["unanswerable"]), bool(state["characters"])
        self.threshold = float(state["threshold"])

    @property
    def rule(self) -> Rule:
        """How answers are compared."""
        return cmrc if self.characters else squad2 if self.unanswerable else squad1

    @property
    def signature(self) -> str:
        """The name of that rule."""
        return self.rule.__name__

    # Labels

    def encode(self, row: Row) -> Found | None:
        """The right answers as parts of the row's passage."""
        value = row.get(self.spec.label)
        if value is None:
            return None
        texts, starts = (value.get("text"), value.get("answer_start")) if isinstance(value, Mapping) else (None, None)
        passage = str(row.get(self.spec.text_pair or "context") or "")
        whole = isinstance(texts, list | tuple) and isinstance(starts, list | tuple) and len(texts) == len(starts)
        if not whole or not all(isinstance(text, str) and text for text in texts or ()):
            message = f"`{self.name}` should hold `text` and `answer_start`, two lists of equal length. "
            raise self._refused(f"{message}Found {shown(value)}.", value)
        return Found(passage, tuple(self._span(passage, *each) for each in zip(texts or (), starts or (), strict=True)))

    def _span(self, passage: str, text: str, start: Any) -> tuple[int, int]:
        """Where the answer stands; the nearest place where it does, if it is not where the row says."""
        if isinstance(start, bool) or not isinstance(start, int):
            raise self._refused(f"`answer_start` should be a whole number. Found {shown(start)}.", start)
        place = place_of(passage, text, start)
        if place is None:
            raise self._refused(f"The answer should be a part of the passage. Found {shown(text)}.", text, "answer")
        return place, place + len(text)

    def _refused(self, message: str, found: object, reason: str = "label") -> DataError:
        return DataError(message, source=self.spec.source, reason=reason, found=found)

    def decode_label(self, encoded: Found) -> dict[str, list[Any]]:
        """The answers in SQuAD's layout."""
        return {"text": encoded.texts, "answer_start": [first for first, _ in encoded.spans]}

    def targets(self, label: Found, views: Sequence[TextView]) -> list[tuple[int, int]]:
        """First and last token of the first right answer in each window that holds it whole, else ``NOWHERE``."""
        tokens = sorted({span for view in views for span in view.offsets if span[0] < span[1]})
        nowhere = (NOWHERE, NOWHERE)
        if not label.spans or not tokens:
            return [nowhere] * len(views)
        begin, end = label.spans[0]
        # Not every character has a token: the answer is what tokens there are of it.
        inside = [(first, last) for first, last in tokens if first < end and last > begin]
        if not inside:
            return [nowhere] * len(views)
        return [positions(view.offsets, inside[0], inside[-1]) or nowhere for view in views]

    def collate(self, targets: Sequence[tuple[int, int] | None], views: Sequence[TextView], length: int) -> Tensor:
        """First and last token, ``[B, 2]``; -100 where there is no label."""
        return torch.tensor([(IGNORED, IGNORED) if target is None else target for target in targets])

    def count(self, labels: Tensor) -> int:
        """Labelled windows."""
        return int((labels[:, 0] != IGNORED).sum())

    # Head and loss

    def head(self, body: Body) -> nn.Module:
        """Features -> logits, ``[B, L, 2]``."""
        return SpanHead(body)

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy of first and last token over labelled windows, in nats."""
        ends = logits.float().transpose(1, 2).flatten(0, 1)  # [B·2, L]
        total = F.cross_entropy(ends, labels.flatten(), ignore_index=IGNORED, reduction="sum")
        return total / (labels != IGNORED).sum().clamp_min(1)

    # Predictions

    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[Found]:
        """The best answers of each window."""
        return [self._best(logits, view) for logits, view in zip(said.detach().float().cpu(), views, strict=True)]

    def _best(self, logits: Tensor, view: TextView) -> Found:
        """All pairs of a first and a last token are compared; ``logits`` is ``[L, 2]``."""
        passage = view.pair or ""
        nowhere = float(logits[NOWHERE].sum())
        tokens = [at for at, (first, last) in enumerate(view.offsets) if first < last]
        if not tokens:
            return Found(passage, (), (), nowhere)
        begin, end = logits[tokens, 0], logits[tokens, 1]  # [P], [P] for P tokens of the passage
        longest = int(self.options["max_answer_length"])
        fits = torch.ones(len(tokens), len(tokens), dtype=torch.bool).triu().tril(longest - 1)  # [P, P]
        sums = (begin[:, None] + end[None, :]).masked_fill(~fits, -math.inf)
        scores, places = sums.flatten().topk(min(CANDIDATES, int(fits.sum())))
        found: dict[tuple[int, int], float] = {}
        for score, place in zip(scores.tolist(), places.tolist(), strict=True):
            first, last = divmod(place, len(tokens))
            span = trimmed(passage, view.offsets[tokens[first]][0], view.offsets[tokens[last]][1])
            if span[0] < span[1]:
                found.setdefault(span, score)
        return Found(passage, tuple(found), tuple(found.values()), nowhere)

    def merge(self, parts: Sequence[Found]) -> Found:
        """The best answers of all windows; "no answer" is as likely as in the window where it is least so."""
        found: dict[tuple[int, int], float] = {}
        for part in parts:
            for span, score in zip(part.spans, part.scores, strict=True):
                found[span] = max(score, found.get(span, -math.inf))
        best = sorted(found.items(), key=lambda item: -item[1])[:CANDIDATES]
        spans, scores = tuple(span for span, _ in best), tuple(score for _, score in best)
        return Found(parts[0].passage, spans, scores, min(part.nowhere for part in parts))

    def calibrate(self, predictions: Sequence[Found], labels: Sequence[Found]) -> None:
        """Takes the threshold with the best mean F1 on these rows."""
        if not self.unanswerable:
            return
        ranked = sorted(
            (given.margin, self.rule(given.texts[0], label.texts)[1] - float(not label.spans))
            for given, label in zip(predictions, labels, strict=True)
            if given.spans
        )
        # What is gained by answering the first k questions, against answering none.
        margins, gained, best = [margin for margin, _ in ranked], 0.0, 0.0
        self.threshold = margins[0] - 1 if margins else 0.0
        for at, (margin, gain) in enumerate(ranked):
            gained += gain
            following = margins[at + 1] if at + 1 < len(margins) else margin + 2
            if gained > best and following > margin:
                best, self.threshold = gained, (margin + following) / 2

    def said(self, prediction: Found) -> str:
        """The answer that is given in the end; empty for "no answer"."""
        answers = bool(prediction.spans) and not (self.unanswerable and prediction.margin > self.threshold)
        return prediction.texts[0] if answers else ""

    def score(self, predictions: Sequence[Found], labels: Sequence[Found]) -> Scores:
        """Exact match and F1, of all rows and of those with an answer; how many of those without were seen."""
        pairs = [
            (label, self.rule(self.said(given), label.texts)) for given, label in zip(predictions, labels, strict=True)
        ]
        scores = {"exact_match": fmean(exact for _, (exact, _) in pairs), "f1": fmean(f1 for _, (_, f1) in pairs)}
        answered = [f1 for label, (_, f1) in pairs if label.spans]
        silent = [exact for label, (exact, _) in pairs if not label.spans]
        if answered and silent:
            scores |= {"answered_f1": fmean(answered), "no_answer_accuracy": fmean(silent)}
        return scores

    def baseline(self, train_labels: Sequence[Found], labels: Sequence[Found]) -> list[Found]:
        """No answer, if training has such rows; else the beginning of the passage, of usual length."""
        if any(not label.spans for label in train_labels):
            return [Found(label.passage, ()) for label in labels]
        usual = int(median(len(label.texts[0]) for label in train_labels)) if train_labels else 1
        return [Found(label.passage, ((0, min(usual, len(label.passage))),)) for label in labels]

    def show(self, prediction: Found) -> str:
        """The answer."""
        return self.said(prediction)

    def answer(self, said: Tensor, view: TextView) -> Extract:
        """The best answers of a single window, from logits ``[L, 2]``."""
        return self.answer_windows(said.unsqueeze(0), [view])

    def answer_windows(self, said: Tensor, views: Sequence[TextView]) -> Extract:
        """The best answers in all windows, from logits ``[W, L, 2]``."""
        merged = self.merge(self.predict(said, views))
        sums = [*merged.scores, merged.nowhere] if self.unanswerable else list(merged.scores)
        shares = torch.tensor(sums).softmax(0).tolist() if sums else []
        listed = zip(merged.spans, merged.texts, shares, strict=False)
        candidates = tuple(Candidate(*span, text, share) for span, text, share in listed)
        kept = candidates[: int(self.options["n_best"])]
        return Extract(merged.passage, bool(self.said(merged)), kept, shares[-1] if self.unanswerable else None)

    # Why

    def groups(self, label: Found) -> list[str]:
        """Whether the passage answers, where some do not."""
        return [ANSWERED if label.spans else UNANSWERED] if self.unanswerable else []

    def told(self, prediction: Found, view: TextView) -> str:
        """The answer."""
        return self.said(prediction)

    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim:
        """The sum of the two logits of the best answer, in the window where it is largest, or of "no answer"."""
        logits = head(features)  # [W, L, 2]
        merged = self.merge(self.predict(logits, views))
        answer = self.said(merged)
        ends = [tokens_of(view.offsets, merged.spans[0]) for view in views] if answer else []
        sums = [logits[at, each[0], 0] + logits[at, each[1], 1] for at, each in enumerate(ends) if each]
        if not sums:
            return Claim("", logits[:, NOWHERE].sum(-1).min())
        return Claim(answer, torch.stack(sums).max())
