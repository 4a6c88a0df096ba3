"""Partly shared: the lower layers for all tasks, a copy of the upper ones for each.

B texts · L tokens · H hidden size
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.errors import ConfigError
from mtl.pretrained import layers_of
from mtl.sharing.named import NamedModules
from mtl.sharing.parts import Part, bottom_up, encoder_parts
from mtl.sharing.sharing import Sharing
from mtl.sharing.stacks import Call, run_to, take_out


class PartlyShared(Sharing):
    """Layers up to ``layers`` are shared; above them every task has copies of its own, all with the same start.

    `Which Tasks Should Be Learned Together <https://arxiv.org/abs/1905.07553>`_ (ICML 2020) branches networks so.

    Args:
        encoder: The pretrained encoder.
        tasks: All tasks of the run.
        layers: How many layers are shared; one at least, and not all.

    Cost: the upper layers once for each task, in memory and time.

    Raises:
        ConfigError: The encoder has not more layers than that.
    """

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str], layers: float) -> None:
        super().__init__(encoder, tasks)
        depth, self.layers = len(layers_of(encoder)), int(layers)
        if not 0 < self.layers < depth:
            raise ConfigError("sharing.layers", f"lie in [1, {depth - 1}] for this encoder", layers)
        upper = take_out(encoder, self.layers, detached=True)
        self.encoder = encoder
        self.branches = NamedModules({task: copy.deepcopy(upper) for task in tasks})

    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """All tasks in one."""
        return [list(tasks)]

    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, list[Call]]:
        """The output of the shared layers, ``[B, L, H]``."""
        return run_to(self.encoder, self.layers, inputs)

    def branch(self, hidden: Tensor, context: Any, task: str) -> Tensor:
        """Through the task's own layers, ``[B, L, H]``."""
        found: Tensor = self.branches[task](hidden, context)
        return found

    def common(self) -> list[nn.Parameter]:
        """The embeddings and the shared layers."""
        return list(self.encoder.parameters())

    def own(self, task: str) -> list[nn.Parameter]:
        """The task's upper layers."""
        return list(self.branches[task].parameters())

    def parts(self) -> list[Part]:
        """The shared layers, and above them each task's own."""
        own = [part for task in self.tasks for part in self.branches[task].parts(self.layers, task)]  # type: ignore[operator]
        return bottom_up([*encoder_parts(self.encoder, self.tasks), *own])
