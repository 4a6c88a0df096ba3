"""Copying: a piece is written as the vocabulary has it, or taken over from the text that was read.

N texts · L tokens read · S pieces of what was read · T pieces written · P of them labelled · D width · V vocabulary
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtl.tasks.task import TextView

SHY = -2.0
"""Of the gate at first: about an eighth is copied."""
Pieces = Sequence[tuple[int, int]]
"""Pieces, each with the place of its last character."""


@dataclass(frozen=True)
class Sources:
    """What can be copied from the texts of a batch."""

    pieces: Tensor  # [N, S]
    before: Tensor  # [N, S], the piece before each; the first has `begin`
    covers: Tensor  # [N, S], the token whose word holds it
    known: Tensor  # [N, S], False for padding

    def rows(self, rows: Tensor) -> "Sources":
        """Those of these texts."""
        return Sources(self.pieces[rows], self.before[rows], self.covers[rows], self.known[rows])


def sources_of(views: Sequence[TextView], split: Callable[[str], Pieces], begin: int, device: torch.device) -> Sources:
    """The pieces of what was read, of each text, as far as its words were not cut off.

    Args:
        views: The texts.
        split: A text's pieces.
        begin: Stands before the first piece.
        device: Where the tensors are to be.
    """
    found = [_covered(view, split) for view in views]
    size = max([1, *map(len, found)])
    pieces = torch.zeros((len(found), size), dtype=torch.long)
    covers, known = torch.zeros_like(pieces), torch.zeros_like(pieces, dtype=torch.bool)
    for row, each in enumerate(found):
        if each:
            pieces[row, : len(each)], covers[row, : len(each)] = torch.tensor(each).T
            known[row, : len(each)] = True
    before = torch.cat((torch.full_like(pieces[:, :1], begin), pieces[:, :-1]), 1)
    return Sources(*(each.to(device) for each in (pieces, before, covers, known)))


def _covered(view: TextView, split: Callable[[str], Pieces]) -> list[tuple[int, int]]:
    """Each piece of a text with the first token of its word."""
    words = [
        (start, end, token) for (start, end), token in zip(view.words, view.word_starts, strict=True) if token >= 0
    ]
    if not words:
        return []
    starts = [start for start, _, _ in words]
    found = []
    for piece, last in split(view.text[: words[-1][1]]):
        at = bisect_right(starts, last) - 1
        if at >= 0 and last < words[at][1]:
            found.append((piece, words[at][2]))
    return found


class Copier(nn.Module):
    """How much is copied, and what: attention on the pieces of what was read.

    `Get To The Point: Summarization with Pointer-Generator Networks <https://arxiv.org/abs/1704.04368>`_ (ACL 2017):
    p(piece) = (1 − g)·softmax(logits) + g·Σ attention on those places that hold the piece, with g = σ(w·state). A place
    is known by what the encoder says of its word and by the piece before it, so that a name goes on as it does there.
    """

    def __init__(self, hidden_size: int, width: int) -> None:
        super().__init__()
        self.query, self.word = nn.Linear(width, width), nn.Linear(hidden_size, width)
        self.before, self.gate = nn.Linear(width, width), nn.Linear(width, 1)
        self.scale = math.sqrt(width)

    def start(self) -> None:
        """The gate's first bias."""
        nn.init.constant_(self.gate.bias, SHY)

    def keys(self, hidden: Tensor, sources: Sources, before: Tensor) -> Tensor:
        """Of hidden states ``[N, L, H]`` and the embedded pieces before each place ``[N, S, D]``: ``[N, S, D]``."""
        covers = sources.covers.unsqueeze(-1).expand(-1, -1, hidden.shape[-1])
        return self.word(hidden.gather(1, covers)) + self.before(before)

    def attend(self, query: Tensor, keys: Tensor, known: Tensor) -> Tensor:
        """Of queries ``[N, T, D]`` the attention on each place, ``[N, T, S]``; nothing where nothing can be copied."""
        scores = (query @ keys.transpose(1, 2)).float() / self.scale
        scores = scores.masked_fill(~known[:, None], -math.inf)
        return scores.softmax(-1).nan_to_num(0.0)  # a text without a place

    def mix(self, states: Tensor, logits: Tensor, attention: Tensor, pieces: Tensor) -> Tensor:
        """Log-probabilities ``[P, V]``.

        Args:
            states: Of the decoder, ``[P, D]``.
            logits: Of the vocabulary, ``[P, V]``.
            attention: On each place of the text that the state is about, ``[P, S]``.
            pieces: What stands there, ``[P, S]``.
        """
        gate = self.gate(states).float().sigmoid() * attention.sum(-1, keepdim=True)  # [P, 1]
        written = logits.float().softmax(-1) * (1 - gate)
        return written.scatter_add(1, pieces, attention * gate).clamp_min(torch.finfo(torch.float32).tiny).log()
