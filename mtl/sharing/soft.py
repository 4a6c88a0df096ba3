"""Soft parameter sharing: an encoder for each task, tied to their mean.

B texts · L tokens · H hidden size
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.sharing.named import NamedModules
from mtl.sharing.parts import Part, bottom_up, encoder_parts
from mtl.sharing.sharing import Sharing


class SoftSharing(Sharing):
    """Every task has its own encoder θᵢ; λ Σ ‖θᵢ − θ̄‖² draws them together, θ̄ their mean.

    `Low Resource Dependency Parsing <https://aclanthology.org/P15-2139>`_ (Duong et al., ACL 2015) ties two parsers
    so. λ = 0 is single-task training side by side; with a large λ the encoders are one.

    Args:
        encoder: The pretrained encoder, from which all start.
        tasks: All tasks of the run.
        tie: λ.

    Cost: an encoder for each task, in memory and time; a question takes a pass for each. Nothing is shared, so that
    gradients do not meet, and balancers that combine them leave all weights at 1.
    """

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str], tie: float) -> None:
        super().__init__(encoder, tasks)
        self.tie = float(tie)
        copies = {task: copy.deepcopy(encoder) for task in list(tasks)[1:]}
        self.encoders = NamedModules({tasks[0]: encoder, **copies})

    @property
    def encoder(self) -> PreTrainedModel:
        """That of the first task."""
        return self.encoders[self.tasks[0]]

    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """Each task by itself."""
        return [[task] for task in tasks]

    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, Any]:
        """The output of the task's encoder, ``[B, L, H]``."""
        return self.encoders[tasks[0]](**inputs).last_hidden_state, None

    def common(self) -> list[nn.Parameter]:
        """None."""
        return []

    def parts(self) -> list[Part]:
        """Every task's encoder."""
        each = [encoder_parts(encoder, [task]) for task, encoder in self.encoders.items()]
        return bottom_up(part for parts in each for part in parts)

    def regularise(self) -> None:
        """Adds 2λ(θᵢ − θ̄), the gradient of the tie."""
        if not self.tie or len(self.tasks) < 2:
            return
        for copies in zip(*(each.parameters() for _, each in self.encoders.items()), strict=True):
            if not copies[0].requires_grad:
                continue
            with torch.no_grad():
                mean = torch.stack([each.detach() for each in copies]).mean(0)
                for each in copies:
                    pull = 2 * self.tie * (each - mean)
                    each.grad = pull if each.grad is None else each.grad.add_(pull)
