"""What every sharing scheme is: who passes through the encoder together, and which parameters they have in common.

B texts · L tokens · H hidden size
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.sharing.parts import Part


class Sharing(nn.Module, ABC):
    """Gives each task its hidden states.

    Tasks of a group share one *trunk*, whose output is the representation that they have in common; a *branch* leads
    from it to the hidden states that the task's head reads.

    Args:
        encoder: The pretrained encoder.
        tasks: All tasks of the run.
    """

    comparable: ClassVar[bool] = True
    """Whether the gradients of a group's tasks can be compared at the trunk's output. Otherwise only at parameters."""

    encoder: PreTrainedModel
    """The encoder, or that of the first task: what the architecture and the tokenizer go with."""

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)

    @abstractmethod
    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """The tasks of one text, divided into those that share a trunk."""

    @abstractmethod
    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, Any]:
        """What the tasks of a group have in common, ``[B, L, H]``, and whatever their branches need besides."""

    def branch(self, hidden: Tensor, context: Any, task: str) -> Tensor:
        """The task's hidden states from the trunk's output, ``[B, L, H]``."""
        return hidden

    @abstractmethod
    def common(self) -> list[nn.Parameter]:
        """Parameters that more than one task trains."""

    @abstractmethod
    def parts(self) -> list[Part]:
        """All parameters of the scheme, each once, from the bottom up."""

    def own(self, task: str) -> list[nn.Parameter]:
        """Parameters of the task's branch, which it alone trains."""
        return []

    def after_trunk(self) -> list[nn.Parameter]:
        """Common parameters that branches pass through."""
        return []

    def fresh(self) -> list[nn.Parameter]:
        """Parameters that start at random: they learn at the rate of the heads."""
        return []

    def regularise(self) -> None:
        """Adds the gradient of what the scheme itself asks of the parameters."""

    def forward(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        """Hidden states for each task, ``[B, L, H]``; tasks with the same ones have the same tensor."""
        found: dict[str, Tensor] = {}
        for group in self.groups(tasks):
            hidden, context = self.trunk(inputs, group)
            found |= {task: self.branch(hidden, context, task) for task in group}
        return {task: found[task] for task in tasks}
