"""Writing piece by piece: greedy and beam search over anything that gives log-probabilities of the next piece.

B texts · K beams · t pieces so far · V pieces of the vocabulary
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor


class Step(ABC):
    """A decoder in the middle of writing."""

    @abstractmethod
    def begin(self, rows: int) -> Tensor:
        """What stands before the first piece, ``[rows]``."""

    @abstractmethod
    def next(self, pieces: Tensor) -> Tensor:
        """Log-probabilities of the piece after ``pieces`` ``[rows]``, ``[rows, V]``."""

    @abstractmethod
    def reorder(self, rows: Tensor) -> None:
        """Goes on with these rows; each has read the text of the row in whose place it comes."""

    @abstractmethod
    def select(self, rows: Tensor) -> None:
        """Goes on with these rows alone."""


@dataclass(frozen=True)
class Search:
    """How texts are looked for. ``length_penalty`` α: a text of t pieces scores Σ log p / tᵅ; 0 favours short ones."""

    beams: int
    length_penalty: float
    end: int
    pad: int

    def normalised(self, total: Tensor, length: Tensor | int) -> Tensor:
        """The score of texts by their sum of log-probabilities and their number of pieces, the end included."""
        return total / length**self.length_penalty


@dataclass(frozen=True)
class Written:
    """Texts ``[B, t]``, after their end filled with padding, and their scores ``[B]``."""

    pieces: Tensor
    scores: Tensor

    def better(self, other: "Written") -> "Written":
        """Of each text the one with the better score; this one's where both are equal."""
        longest = max(self.pieces.shape[1], other.pieces.shape[1])
        mine, others = (
            torch.nn.functional.pad(each.pieces, (0, longest - each.pieces.shape[1])) for each in (self, other)
        )
        keep = self.scores >= other.scores
        return Written(torch.where(keep[:, None], mine, others), torch.where(keep, self.scores, other.scores))


def greedy(step: Step, texts: int, limit: int, search: Search) -> Written:
    """Always the most probable next piece, to the end sign or to ``limit`` pieces."""
    pieces = step.begin(texts)
    written = torch.full((texts, limit), search.pad, device=pieces.device)
    totals = torch.zeros(texts, device=pieces.device)
    alive = torch.arange(texts, device=pieces.device)
    at = 0
    for at in range(limit):
        best, pieces = step.next(pieces).max(-1)
        written[alive, at] = pieces
        totals[alive] += best
        open_ = (pieces != search.end).nonzero().squeeze(1)
        if not len(open_):
            break
        if len(open_) < len(alive):  # what is written costs nothing more
            step.select(open_)
            alive, pieces = alive[open_], pieces[open_]
    lengths = (written != search.pad).sum(1)
    return Written(written[:, : at + 1], search.normalised(totals, lengths))


def beam(step: Step, texts: int, limit: int, search: Search) -> Written:
    """The best of the texts that K hypotheses lead to.

    In each step the 2K best continuations of a text's hypotheses are looked at: those among the first K that end are
    finished texts, the best K others go on. A text is done when K of its hypotheses have ended, or at ``limit``.
    With K = 1 this is ``greedy``. It need not find as good a text as ``greedy`` does: compare both.
    """
    beams = search.beams
    pieces = step.begin(texts * beams)
    device = pieces.device
    # At first all hypotheses of a text are the same: only one of them counts.
    totals = torch.full((texts, beams), -math.inf, device=device)
    totals[:, 0] = 0
    written = torch.full((texts, beams, limit), search.pad, device=device)
    best = Written(
        torch.full((texts, limit), search.pad, device=device), torch.full((texts,), -math.inf, device=device)
    )
    ended = torch.zeros(texts, dtype=torch.long, device=device)
    rows = torch.arange(texts, device=device)[:, None]  # [B, 1]
    for at in range(limit):
        following = step.next(pieces).unflatten(0, (texts, beams))  # [B, K, V]
        scores, places = (totals[:, :, None] + following).flatten(1).topk(2 * beams)  # [B, 2K]
        origins, chosen = places // following.shape[-1], places % following.shape[-1]  # [B, 2K]
        ends = chosen == search.end
        paths = written[rows, origins]  # [B, 2K, limit]
        paths[:, :, at] = chosen
        finished = ends & (torch.arange(2 * beams, device=device) < beams) & (ended < beams)[:, None]
        finished &= scores > -math.inf
        best = _finish(best, paths, search.normalised(scores, at + 1).masked_fill(~finished, -math.inf))
        ended += finished.sum(1)
        going = (ends * 2 * beams + torch.arange(2 * beams, device=device)).argsort(1)[:, :beams]  # [B, K]
        totals, pieces = scores.gather(1, going), chosen.gather(1, going).flatten()
        written = paths[rows, going]
        if bool((ended >= beams).all()):
            return best
        step.reorder((rows * beams + origins.gather(1, going)).flatten())
    open_ = search.normalised(totals, limit).masked_fill((ended >= beams)[:, None], -math.inf)
    return _finish(best, written, open_)


def _finish(best: Written, paths: Tensor, scores: Tensor) -> Written:
    """The best so far or the best of these paths ``[B, n, limit]``, where -∞ does not count."""
    top, place = scores.max(1)
    chosen = paths[torch.arange(len(paths), device=paths.device), place]
    return best.better(Written(chosen, top))
