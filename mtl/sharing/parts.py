"""What a model is made of, level by level from the bottom up, and whose each part is.

T tasks
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn
from transformers import PreTrainedModel

from mtl.architectures import ARCHITECTURES
from mtl.pretrained import layers_of

EMBEDDINGS, END, EXPERTS, HEAD = "embeddings", "end", "experts", "head"
"""Levels besides the layers, which are numbered from 1: below and above them."""


@dataclass(frozen=True)
class Part:
    """Parameters of one level that belong together."""

    level: str
    kind: str
    """``layer``, ``adapter``, ``stitch``, ``expert``, ``gate`` or ``head``."""
    tasks: tuple[str, ...]
    """Whose it is: every task that passes through it, and of an encoder with its task's name that task alone."""
    parameters: tuple[nn.Parameter, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the parameters counted, and whether any of them is trained."""
        count = sum(each.numel() for each in self.parameters)
        trainable = any(each.requires_grad for each in self.parameters)
        return {"level": self.level, "kind": self.kind, "tasks": list(self.tasks), "parameters": count,
                "trainable": trainable}  # fmt: skip


def encoder_parts(
    encoder: PreTrainedModel, tasks: Sequence[str], kind: str = "layer", only: Collection[int] | None = None
) -> list[Part]:
    """Embeddings, layers and what comes after the last, without those that hold no parameter.

    ``only`` takes no others than parameters with these ids.
    """
    last = ARCHITECTURES[encoder.config.model_type].last
    levels: list[tuple[str, nn.Module]] = [(str(at + 1), layer) for at, layer in enumerate(layers_of(encoder))]
    levels += [(END, encoder.get_submodule(last))] if last else []
    above = {id(each) for _, module in levels for each in module.parameters()}
    found = [(EMBEDDINGS, [each for each in encoder.parameters() if id(each) not in above])]
    found += [(level, list(module.parameters())) for level, module in levels]
    return [
        Part(level, kind, tuple(tasks), tuple(chosen))
        for level, parameters in found
        if (chosen := [each for each in parameters if only is None or id(each) in only])
    ]


def module_part(level: str, kind: str, tasks: Iterable[str], module: nn.Module) -> list[Part]:
    """All of a module as one part; none if it holds no parameter."""
    parameters = tuple(module.parameters())
    return [Part(level, kind, tuple(tasks), parameters)] if parameters else []


def bottom_up(parts: Iterable[Part]) -> list[Part]:
    """By level; parts of one level stay in their order."""
    above = {END: 1, EXPERTS: 2, HEAD: 3}

    def height(part: Part) -> tuple[int, int]:
        return (0, int(part.level)) if part.level.isdigit() else (above.get(part.level, -1), 0)

    return sorted(parts, key=height)
