"""A small decoder that is trained here, on the hidden states of an encoder that has none.

B texts · L tokens read · T tokens written · D width · V pieces of the vocabulary · N rows that are written at a time
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.tasks.attention import Layer, Memory, Packing
from mtl.tasks.classification import IGNORED
from mtl.tasks.copying import Copier, Pieces, sources_of
from mtl.tasks.decoding import Search, Step, beam, greedy
from mtl.tasks.features import Features

PAD, BEGIN, END = 0, 1, 2
"""The first pieces of every vocabulary that is trained here."""
Split = Callable[[str], Pieces]
PIECE_STD = 0.4
"""Of a new piece as it is read, beside positions that lie between -1 and 1."""


@dataclass(frozen=True)
class Shape:
    """The sizes of a decoder."""

    width: int
    layers: int
    vocabulary: int
    max_length: int
    """The most pieces it writes, the end included."""


class Decoder(nn.Module):
    """A Transformer decoder: piece by piece, from what was written so far and what the encoder read.

    `Attention Is All You Need <https://arxiv.org/abs/1706.03762>`_ (NeurIPS 2017), with pre-norm
    (`arXiv 2002.04745 <https://arxiv.org/abs/2002.04745>`_, ICML 2020), sinusoidal positions, and one matrix for
    pieces that go in and come out (`arXiv 1608.05859 <https://arxiv.org/abs/1608.05859>`_, EACL 2017).
    """

    positions: Tensor

    def __init__(
        self, hidden_size: int, shape: Shape, search: Search, dropout: float, split: Split | None = None
    ) -> None:
        super().__init__()
        self._split = split
        """The pieces of a text, for one that copies."""
        self.copier = None if split is None else Copier(hidden_size, shape.width)
        self.shape, self.search = shape, search
        self.bridge = nn.Linear(hidden_size, shape.width)
        self.pieces = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape.width, dropout) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self._start()
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("positions", sinusoids(shape.max_length, shape.width), persistent=False)

    def _start(self) -> None:
        """The first weights, after `Glorot and Bengio <https://proceedings.mlr.press/v9/glorot10a.html>`_ (2010)."""
        # Larger ones would have it begin by repeating the piece before: the same matrix reads and writes.
        nn.init.normal_(self.pieces.weight, std=PIECE_STD * self.shape.width**-0.5)
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)
        if self.copier is not None:
            self.copier.start()

    @property
    def _stack(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def forward(self, features: Features, labels: Tensor | None = None) -> Tensor:
        """With labels ``[B, T]``, logits of the labelled positions, row by row, ``[number of them, V]``; of one that
        copies log-probabilities, which are logits of themselves.

        Without labels what it writes itself: pieces ``[B, t]``, after the end padding.
        """
        if labels is None:
            return self.write(features)
        known = labels != IGNORED
        rows = known.any(1)
        if not rows.any():
            rows = torch.ones_like(rows)
        kept = labels
        if not rows.all():
            views = [view for view, taken in zip(features.views, rows.tolist(), strict=False) if taken]
            features = Features(features.hidden[rows], features.mask[rows], views)
            kept, known = labels[rows], known[rows]
        # Only where something is to be learnt: half of the positions of a batch may be padding.
        return self._told(features, shifted(kept), Packing(known))

    def _told(self, features: Features, written: Tensor, packing: Packing) -> Tensor:
        """Logits of the piece after each of ``written`` ``[B, T]``, packed, ``[P, V]``."""
        memory = self.read(features)
        states = self.dropout(packing.close(self._embed(written, 0)))
        for at, layer in enumerate(self._stack):
            states = layer(states, memory, at, packing)
        states = self.norm(states)
        logits = F.linear(states, self.pieces.weight)
        if self.copier is None or memory.copy is None:
            return logits
        keys, sources = memory.copy
        attention = self.copier.attend(packing.open(self.copier.query(states)), keys, sources.known)
        return self.copier.mix(states, logits, packing.close(attention), sources.pieces[packing.rows])

    def _embed(self, pieces: Tensor, first: int) -> Tensor:
        scale = math.sqrt(self.shape.width)
        return self.pieces(pieces) * scale + self.positions[first : first + pieces.shape[1]]

    def read(self, features: Features, beams: int = 1) -> Memory:
        """Keys and values of hidden states, ``beams`` times each, computed once for all that is written."""
        hidden, mask = (each.repeat_interleave(beams, 0) for each in (features.hidden, features.mask))
        bridged = self.bridge(hidden)
        read = [layer.cross.keys_values(bridged) for layer in self._stack]
        copy = None
        if self.copier is not None and self._split is not None:
            sources = sources_of(features.views, self._split, BEGIN, hidden.device)
            sources = sources.rows(torch.arange(len(mask), device=hidden.device) // beams)
            before = self.pieces(sources.before) * math.sqrt(self.shape.width)
            copy = self.copier.keys(hidden, sources, before), sources
        return Memory(read, mask.bool()[:, None, None, :], copy)

    def logits(self, features: Features, written: Tensor) -> Tensor:
        """Logits of the next piece after each of ``written`` ``[B, T]``, without a memory of steps, ``[B, T, V]``."""
        packing = Packing(torch.ones_like(written))
        return packing.open(self._told(features, written, packing))

    def start(self, features: Features, beams: int = 1) -> "Writing":
        """Begins to write: every text ``beams`` times."""
        return Writing(self, self.read(features, beams))

    def next(self, memory: Memory, pieces: Tensor, position: int) -> Tensor:
        """Log-probabilities of the piece after ``pieces`` ``[N]``, ``[N, V]``."""
        states = self._embed(pieces[:, None], position)
        for at, layer in enumerate(self._stack):
            states = layer.step(states, memory, at)
        states = self.norm(states[:, 0])
        logits = F.linear(states, self.pieces.weight).float()
        if self.copier is not None and memory.copy is not None:
            keys, sources = memory.copy
            attention = self.copier.attend(self.copier.query(states)[:, None], keys, sources.known)[:, 0]
            logits = self.copier.mix(states, logits, attention, sources.pieces)
        logits[:, [PAD, BEGIN]] = -math.inf
        return logits.log_softmax(-1)

    @torch.no_grad()
    def write(self, features: Features) -> Tensor:
        """What it says about each text, ``[B, t]``: pieces, the end, padding."""
        texts, limit = len(features.hidden), self.shape.max_length
        first = greedy(self.start(features), texts, limit, self.search)
        if self.search.beams == 1:
            return first.pieces
        return beam(self.start(features, self.search.beams), texts, limit, self.search).better(first).pieces


class Writing(Step):
    """Decoding step by step with a memory."""

    def __init__(self, decoder: Decoder, memory: Memory) -> None:
        self._decoder, self._memory = decoder, memory
        self._position = 0

    def begin(self, rows: int) -> Tensor:
        """What stands before the first piece."""
        return torch.full((rows,), BEGIN, device=self._memory.mask.device)

    def next(self, pieces: Tensor) -> Tensor:
        """Log-probabilities of the piece after ``pieces``."""
        found = self._decoder.next(self._memory, pieces, self._position)
        self._position += 1
        return found

    def reorder(self, rows: Tensor) -> None:
        """Goes on with these rows; each has read the text of the row in whose place it comes."""
        self._memory.reorder(rows)

    def select(self, rows: Tensor) -> None:
        """Goes on with these rows alone."""
        self._memory.select(rows)


def shifted(labels: Tensor) -> Tensor:
    """What the decoder has written before each label: the begin sign, then the labels but the last, ``[B, T]``."""
    begin = torch.full_like(labels[:, :1], BEGIN)
    return torch.cat((begin, labels[:, :-1].masked_fill(labels[:, :-1] == IGNORED, PAD)), 1)


def sinusoids(length: int, width: int) -> Tensor:
    """Sines and cosines of positions at widths' frequencies, ``[length, width]``."""
    half = (width + 1) // 2
    rates = torch.exp(torch.arange(half) * (-math.log(10_000.0) / max(half - 1, 1)))
    angles = torch.arange(length)[:, None] * rates  # [length, half]
    return torch.cat((angles.sin(), angles.cos()), 1)[:, :width]
