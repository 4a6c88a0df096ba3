"""LoRA for each task on a shared base.

B texts · L tokens · H hidden size
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.sharing.parts import Part, bottom_up, encoder_parts
from mtl.sharing.sharing import Sharing


class LoraSharing(Sharing):
    """Every task adds its own W + (α/r) BA of low rank r to each matrix of the encoder; α = 2r.

    `LoRA <https://arxiv.org/abs/2106.09685>`_ (ICLR 2022).

    Args:
        encoder: The pretrained encoder.
        tasks: All tasks of the run.
        rank: r.
        train_base: Whether the base, which all tasks share, is trained as well.

    Cost: few parameters; a pass through the encoder for each task, also for a question. With a frozen base nothing is
    shared that learns: the tasks neither help nor hurt one another.
    """

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str], rank: float, train_base: bool) -> None:
        super().__init__(encoder, tasks)
        base = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        self._adapters = {task: f"task_{at}" for at, task in enumerate(tasks)}
        config = LoraConfig(r=int(rank), lora_alpha=2 * int(rank), target_modules="all-linear")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config`")  # several adapters are what is wanted
            for adapter in self._adapters.values():
                inject_adapter_in_model(config, encoder, adapter_name=adapter)
        for parameter in base:
            parameter.requires_grad_(train_base)
        self.encoder = encoder
        self._base = base
        self._low_rank = [each for name, each in encoder.named_parameters() if "lora_" in name]
        self._choose(self.tasks[0])

    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """Each task by itself."""
        return [[task] for task in tasks]

    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, Any]:
        """The encoder's output with the task's matrices, ``[B, L, H]``."""
        self._choose(tasks[0])
        return self.encoder(**inputs).last_hidden_state, None

    def common(self) -> list[nn.Parameter]:
        """The base, if it is trained."""
        return [parameter for parameter in self._base if parameter.requires_grad]

    def fresh(self) -> list[nn.Parameter]:
        """The matrices of low rank."""
        return list(self._low_rank)

    def parts(self) -> list[Part]:
        """The base, and at every level each task's matrices."""
        named = [(name.split("."), id(each)) for name, each in self.encoder.named_parameters()]
        low_rank = set(map(id, self._low_rank))
        found = encoder_parts(self.encoder, self.tasks, only={each for _, each in named} - low_rank)
        for task, adapter in self._adapters.items():
            own = {each for name, each in named if each in low_rank and adapter in name}
            found += encoder_parts(self.encoder, [task], "adapter", own)
        return bottom_up(found)

    def _choose(self, task: str) -> None:
        for module in self.encoder.modules():
            if isinstance(module, LoraLayer):
                module.set_adapter(self._adapters[task])
        for parameter in self._low_rank:  # choosing one stops the others from learning
            parameter.requires_grad_(True)
