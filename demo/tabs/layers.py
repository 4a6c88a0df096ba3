"""How many layers the chosen encoder has, and what the choosers of depth and freezing offer for it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from mtl import encoders
from mtl.encoders import ENCODERS
from mtl.errors import ConfigError, EncoderError

ALL_LAYERS = 0
"""The depth that keeps every layer."""
DEEPEST = 48
"""Layers that are offered as long as an encoder's own number is not known: as many as any usual one has."""

Choices = list[tuple[str, int]]


def layers_of(encoder: object) -> int | None:
    """The layers of an encoder of the table, or on this machine; else None: the Hub is not asked."""
    if not isinstance(encoder, str):
        return None
    name = encoder.strip()
    if name in ENCODERS:
        return ENCODERS[name].num_hidden_layers
    try:
        encoders.check_name(name)
        known = encoders.known_limits(name)
    except (ConfigError, EncoderError):  # the run itself will say so
        return None
    return known.num_hidden_layers if known else None


@dataclass(frozen=True)
class LayerChoices:
    """Depth and frozen layers that fit an encoder, and what may be chosen of each."""

    layers: int
    depth: int
    """``ALL_LAYERS``, or the layers that are kept."""
    frozen: int

    @classmethod
    def fitting(cls, encoder: object, depth: object, frozen: object) -> "LayerChoices":
        """The values as they are where they fit; else all layers, and as many frozen ones as are kept."""
        known = layers_of(encoder)
        wanted, cold = _whole(depth), _whole(frozen)
        layers = known or max(DEEPEST, wanted, cold)
        wanted = wanted if wanted <= layers else ALL_LAYERS
        return cls(layers, wanted, min(cold, wanted or layers))

    def depths(self, all_layers: str) -> Choices:
        """From all layers, by this word, down to one."""
        return [(all_layers, ALL_LAYERS), *((str(kept), kept) for kept in range(1, self.layers + 1))]

    def frozen_layers(self) -> Choices:
        """From none to all that are kept."""
        return [(str(cold), cold) for cold in range((self.depth or self.layers) + 1)]

    def updates(self, all_layers: str) -> list[Any]:
        """The updates of the two choosers."""
        return [
            gr.Dropdown(choices=self.depths(all_layers), value=self.depth),
            gr.Dropdown(choices=self.frozen_layers(), value=self.frozen),
        ]


def _whole(value: object) -> int:
    """The number of layers; 0 for anything that is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
