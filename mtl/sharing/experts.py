"""Mixture of experts on the encoder's output, with a gate for each task.

E experts · B texts · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.sharing.named import NamedModules
from mtl.sharing.parts import EXPERTS, Part, encoder_parts, module_part
from mtl.sharing.sharing import Sharing


class MixtureOfExperts(Sharing):
    """MMoE: hₜ = z + Σₑ softmax(Wₜ z)ₑ fₑ(z), token by token; experts f are shared, the gate Wₜ is the task's.

    `Modeling Task Relationships with Multi-gate Mixture-of-Experts <https://doi.org/10.1145/3219819.3220007>`_ (KDD
    2018). z is added, so that a run starts from what the encoder says.

    Args:
        encoder: The pretrained encoder.
        tasks: All tasks of the run.
        experts: How many there are; each is a layer of the encoder's width.

    Cost: a little memory and time. Pitfall: all gates may choose the same expert.
    """

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str], experts: float) -> None:
        super().__init__(encoder, tasks)
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)) for _ in range(int(experts))
        )
        self.gates = NamedModules({task: nn.Linear(width, int(experts)) for task in tasks})

    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """All tasks in one."""
        return [list(tasks)]

    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, Any]:
        """The encoder's output, ``[B, L, H]``."""
        return self.encoder(**inputs).last_hidden_state, None

    def branch(self, hidden: Tensor, context: Any, task: str) -> Tensor:
        """What the task's gate takes of the experts, ``[B, L, H]``."""
        said = torch.stack([expert(hidden) for expert in self.experts], dim=-1)  # [B, L, H, E]
        shares = self.gates[task](hidden).softmax(-1)  # [B, L, E]
        return hidden + torch.einsum("blhe,ble->blh", said, shares)

    def common(self) -> list[nn.Parameter]:
        """The encoder and the experts."""
        return [*self.encoder.parameters(), *self.after_trunk()]

    def own(self, task: str) -> list[nn.Parameter]:
        """The gate."""
        return list(self.gates[task].parameters())

    def fresh(self) -> list[nn.Parameter]:
        """Experts and gates."""
        return [*self.experts.parameters(), *self.gates.parameters()]

    def after_trunk(self) -> list[nn.Parameter]:
        """The experts."""
        return list(self.experts.parameters())

    def parts(self) -> list[Part]:
        """The encoder, the experts, and each task's gate."""
        found = encoder_parts(self.encoder, self.tasks)
        for expert in self.experts:
            found += module_part(EXPERTS, "expert", self.tasks, expert)
        for task, gate in self.gates.items():
            found += module_part(EXPERTS, "gate", [task], gate)
        return found
