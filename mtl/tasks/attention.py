"""The layers of a small decoder, which look at what was written before and at what the encoder read.

B texts · L tokens read · T tokens written · P of them real · D width · N rows that are written at a time
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.tasks.copying import Sources

HEAD_WIDTH = 64


class Memory:
    """What decoding keeps of the steps before: keys and values of what was written, and of what was read."""

    def __init__(self, read: list[tuple[Tensor, Tensor]], mask: Tensor, copy: tuple[Tensor, Sources] | None) -> None:
        self.read = read  # of each layer keys and values, [N, heads, L, D / heads]
        self.copy = copy  # the keys of what can be copied, [N, S, D], and what it is
        self.mask = mask  # [N, 1, 1, L], True for a real token
        self.written: list[tuple[Tensor, Tensor] | None] = [None] * len(read)  # likewise, [N, heads, t, D / heads]

    def select(self, rows: Tensor) -> None:
        """Keeps these rows, in this order: what ``beam`` goes on with."""
        self.read = [(keys[rows], values[rows]) for keys, values in self.read]
        self.mask = self.mask[rows]
        self.copy = None if self.copy is None else (self.copy[0][rows], self.copy[1].rows(rows))
        self.reorder(rows)

    def reorder(self, rows: Tensor) -> None:
        """As ``select``, where each row is replaced by one that read the same text."""
        self.written = [each if each is None else (each[0][rows], each[1][rows]) for each in self.written]


class Packing:
    """Rows of different lengths end to end: linear layers then spend nothing on padding."""

    def __init__(self, known: Tensor) -> None:
        self._shape = known.shape  # [B, T]
        self._places = known.flatten().nonzero().squeeze(1)  # [P], P real positions
        self.rows = self._places // known.shape[1]  # [P], the text of each

    def close(self, padded: Tensor) -> Tensor:
        """``[B, T, D]`` to ``[P, D]``."""
        return padded.flatten(0, 1).index_select(0, self._places)

    def open(self, packed: Tensor) -> Tensor:
        """``[P, D]`` to ``[B, T, D]``, zero where nothing is."""
        size = (self._shape.numel(), packed.shape[-1])
        return packed.new_zeros(size).index_copy(0, self._places, packed).unflatten(0, self._shape)


@dataclass(frozen=True)
class View:
    """What a position may see: all that is not masked, or what stands before it."""

    mask: Tensor | None = None
    causal: bool = False
    packing: Packing | None = None


class Attention(nn.Module):
    """Scaled dot-product attention in heads of 64 (one head if that does not divide the width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH if width % HEAD_WIDTH == 0 else 1
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def keys_values(self, states: Tensor, packing: "Packing | None" = None) -> tuple[Tensor, Tensor]:
        """Of states ``[N, L, D]``, or packed ones; two times ``[N, heads, L, D / heads]``."""
        both = self.key_value(states)
        keys, values = (both if packing is None else packing.open(both)).chunk(2, dim=-1)
        return self._split(keys), self._split(values)

    def forward(self, states: Tensor, seen: tuple[Tensor, Tensor], view: "View") -> Tensor:
        """What states ``[N, T, D]``, or packed ones, see of keys and values, in the same form."""
        query, packing = self.query(states), view.packing
        found = F.scaled_dot_product_attention(
            self._split(query if packing is None else packing.open(query)),
            *seen,
            attn_mask=view.mask,
            is_causal=view.causal,
        )
        found = found.transpose(1, 2).flatten(2)  # [N, T, D]
        return self.output(found if packing is None else packing.close(found))

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Layer(nn.Module):
    """Self-attention, attention on what was read, and two linear layers; each normalises its input (pre-norm)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own, self.cross = Attention(width), Attention(width)
        self.inner, self.outer = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, memory: Memory, layer: int, packing: Packing) -> Tensor:
        """All positions at once, packed, each seeing those before it, ``[P, D]``."""
        inside = self.norms[0](states)
        own = self.own(inside, self.own.keys_values(inside, packing), View(causal=True, packing=packing))
        return self._rest(states + self.dropout(own), memory.read[layer], View(memory.mask, packing=packing))

    def step(self, states: Tensor, memory: Memory, layer: int) -> Tensor:
        """The next position alone, ``[N, 1, D]``; what it adds is kept in the memory."""
        inside, before = self.norms[0](states), memory.written[layer]
        keys, values = self.own.keys_values(inside)
        if before is not None:
            keys, values = torch.cat((before[0], keys), 2), torch.cat((before[1], values), 2)
        memory.written[layer] = keys, values
        states = states + self.own(inside, (keys, values), View())
        return self._rest(states, memory.read[layer], View(memory.mask))

    def _rest(self, states: Tensor, read: tuple[Tensor, Tensor], view: View) -> Tensor:
        states = states + self.dropout(self.cross(self.norms[1](states), read, view))
        return states + self.dropout(self.outer(F.gelu(self.inner(self.norms[2](states)))))
