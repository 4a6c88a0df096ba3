"""Cross-stitch: an encoder for each task, whose layers read mixtures of all.

T tasks · B texts · L tokens · H hidden size
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.pretrained import layers_of
from mtl.sharing.named import NamedModules
from mtl.sharing.parts import Part, bottom_up, encoder_parts
from mtl.sharing.sharing import Sharing
from mtl.sharing.stacks import run_to, take_out


class CrossStitch(Sharing):
    """After each layer, every task's hidden states are a learnt mixture of all tasks': hᵢ ← Σⱼ αᵢⱼ hⱼ.

    `Cross-stitch Networks for Multi-task Learning <https://arxiv.org/abs/1604.03539>`_ (CVPR 2016), with one α a layer
    instead of one a channel.

    Args:
        encoder: The pretrained encoder, from which all start.
        tasks: All tasks of the run.
        own: αᵢᵢ at the start; the rest is divided among the others.

    Cost: an encoder for each task, in memory and time, also for a question about one of them. As every task's loss
    reaches every encoder, gradients are compared at the parameters, at one backward for each task.
    """

    comparable = False

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str], own: float) -> None:
        super().__init__(encoder, tasks)
        depth, count = len(layers_of(encoder)), len(self.tasks)
        copies = [encoder, *(copy.deepcopy(encoder) for _ in range(count - 1))]
        self.stacks = NamedModules(
            {task: take_out(each, 0, detached=False) for task, each in zip(self.tasks, copies, strict=True)}
        )
        self.embeddings = NamedModules(dict(zip(self.tasks, copies, strict=True)))
        rest = (1 - own) / (count - 1) if count > 1 else 0.0
        start = torch.full((count, count), rest).fill_diagonal_(own if count > 1 else 1.0)  # [T, T]
        self.stitches = nn.ParameterList(start.clone() for _ in range(depth))  # each [T, T]

    @property
    def encoder(self) -> PreTrainedModel:
        """That of the first task, without its layers."""
        return self.embeddings[self.tasks[0]]

    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """All tasks in one."""
        return [list(tasks)]

    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, Any]:
        """The tasks' hidden states one after the other, ``[len(tasks) · B, L, H]``."""
        started = [run_to(self.embeddings[task], 0, inputs) for task in self.tasks]
        states, biases = [hidden for hidden, _ in started], [None] * len(started)
        for at, stitch in enumerate(self.stitches):
            stepped = [
                self.stacks[task].step(at, state, calls[at], bias)  # type: ignore[operator]
                for task, state, (_, calls), bias in zip(self.tasks, states, started, biases, strict=True)
            ]
            biases = [bias for _, bias in stepped]
            mixed = torch.einsum("ij,jblh->iblh", stitch, torch.stack([state for state, _ in stepped]))  # [T, B, L, H]
            states = list(mixed)
        ended = [self.stacks[task].end(states[self.tasks.index(task)]) for task in tasks]  # type: ignore[operator]
        return torch.cat(ended), {task: (at * len(states[0]), len(states[0])) for at, task in enumerate(tasks)}

    def branch(self, hidden: Tensor, context: Any, task: str) -> Tensor:
        """The task's part, ``[B, L, H]``."""
        start, length = context[task]
        return hidden[start : start + length]

    def fresh(self) -> list[nn.Parameter]:
        """The mixtures, which have a long way to go."""
        return list(self.stitches)

    def common(self) -> list[nn.Parameter]:
        """All: what one task's encoder says, the others read."""
        return list(self.parameters())

    def parts(self) -> list[Part]:
        """Every task's encoder, and the mixture after each layer."""
        own = [
            part
            for task in self.tasks
            for part in (
                *encoder_parts(self.embeddings[task], [task]),
                *self.stacks[task].parts(0, task),  # type: ignore[operator]
            )
        ]
        mixtures = [Part(str(at + 1), "stitch", self.tasks, (each,)) for at, each in enumerate(self.stitches)]
        return bottom_up([*own, *mixtures])
