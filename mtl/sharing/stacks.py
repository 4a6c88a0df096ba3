"""Layers taken out of an encoder, so that they can be run apart from it, whatever its family passes them.

B texts · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.architectures import ARCHITECTURES
from mtl.pretrained import layers_of
from mtl.sharing.parts import END, Part, module_part


@dataclass(frozen=True)
class Form:
    """How a family calls its layers."""

    outputs: int = 1
    """What a layer returns: hidden states alone, or first in a tuple of so many."""
    bias: int | None = None
    """Where among the arguments relative positions stand that the first layer makes and returns second."""


FORMS: Mapping[str, Form] = {"t5": Form(3, 1), "mt5": Form(3, 1), "deberta-v2": Form(2)}
"""Families that are not called in the usual form."""


@dataclass(frozen=True)
class Call:
    """What a layer was given besides the hidden states: masks, positions."""

    args: tuple[Any, ...]
    named: Mapping[str, Any]


class Slot(nn.Module):
    """Stands in an encoder where a layer was. Hands hidden states on, and remembers what it was called with."""

    def __init__(self, layer: nn.Module, form: Form, detached: bool) -> None:
        super().__init__()
        self._form, self._detached = form, detached
        self.attention_type = vars(layer).get("attention_type")  # ModernBERT asks each layer what it attends to
        self.hidden: Tensor | None = None
        self.call = Call((), {})

    def forward(self, hidden: Tensor, *args: Any, **named: Any) -> Any:
        """The hidden states, in the form in which the layer returned them."""
        self.hidden = hidden
        self.call = Call(args, named)
        if self._detached:
            self.call = Call(tuple(map(_detached, args)), {name: _detached(value) for name, value in named.items()})
        form = self._form
        bias = None if form.bias is None else args[form.bias]
        return hidden if form.outputs == 1 else (hidden, bias, None)[: form.outputs]


def _detached(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach()
    return tuple(map(_detached, value)) if isinstance(value, tuple) else value


class Stack(nn.Module):
    """Layers, and what comes after the last of them."""

    def __init__(self, layers: Sequence[nn.Module], tail: nn.Module, form: Form) -> None:
        super().__init__()
        self._form = form
        self.layers = nn.ModuleList(layers)
        self.tail = tail

    def forward(self, hidden: Tensor, calls: Sequence[Call]) -> Tensor:
        """Through all layers and the tail, ``[B, L, H]``."""
        bias = None
        for at in range(len(self.layers)):
            hidden, bias = self.step(at, hidden, calls[at], bias)
        return self.end(hidden)

    def step(self, at: int, hidden: Tensor, call: Call, bias: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Through one layer, ``[B, L, H]``; and the relative positions that it made, if its family has them."""
        args, place = list(call.args), self._form.bias
        if place is not None and args[place] is None:
            args[place] = bias
        found = self.layers[at](hidden, *args, **call.named)
        if not isinstance(found, tuple):
            return found, None
        return found[0], None if place is None else found[1]

    def end(self, hidden: Tensor) -> Tensor:
        """Through the tail, ``[B, L, H]``."""
        ended: Tensor = self.tail(hidden)
        return ended

    def parts(self, below: int, task: str) -> list[Part]:
        """The layers, which have so many others below them, and the tail; they are this task's."""
        levels = [*((str(below + at + 1), layer) for at, layer in enumerate(self.layers)), (END, self.tail)]
        return [part for level, module in levels for part in module_part(level, "layer", [task], module)]


def take_out(encoder: PreTrainedModel, keep: int, *, detached: bool) -> Stack:
    """Takes the layers from ``keep`` on, and what comes after the last, out of the encoder; `run_to` runs the rest.

    ``detached`` if several tasks go backward through the layers one after the other: what the encoder computed for all
    layers (relative positions, in some families) then does not learn from these.
    """
    family = encoder.config.model_type
    layers, last, form = layers_of(encoder), ARCHITECTURES[family].last, FORMS.get(family, Form())
    taken = list(layers[keep:])
    for at in range(keep, len(layers)):
        layers[at] = Slot(layers[at], form, detached)
    tail: nn.Module = nn.Identity()
    if last:
        tail = encoder.get_submodule(last)
        encoder.set_submodule(last, nn.Identity())
    return Stack(taken, tail, form)


def run_to(encoder: PreTrainedModel, keep: int, inputs: Mapping[str, Tensor]) -> tuple[Tensor, list[Call]]:
    """The hidden states that layer ``keep`` would read, ``[B, L, H]``, and what it and those after it are given."""
    encoder(**inputs)
    slots = [slot for slot in layers_of(encoder)[keep:] if isinstance(slot, Slot)]
    hidden = slots[0].hidden
    assert hidden is not None
    calls = [slot.call for slot in slots]
    for slot in slots:  # keeps no graph alive
        slot.hidden, slot.call = None, Call((), {})
    return hidden, calls
