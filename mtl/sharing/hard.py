"""Hard parameter sharing: one encoder for all tasks.

B texts · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.sharing.parts import Part, encoder_parts
from mtl.sharing.sharing import Sharing


class HardSharing(Sharing):
    """Every task reads the same hidden states of the same encoder; only the heads are private.

    `Multitask Learning <https://doi.org/10.1023/A:1007379606734>`_ (Caruana, Machine Learning 1997).
    """

    def __init__(self, encoder: PreTrainedModel, tasks: Sequence[str]) -> None:
        super().__init__(encoder, tasks)
        self.encoder = encoder

    def groups(self, tasks: Sequence[str]) -> list[list[str]]:
        """All tasks in one."""
        return [list(tasks)]

    def trunk(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> tuple[Tensor, Any]:
        """The encoder's output, ``[B, L, H]``."""
        return self.encoder(**inputs).last_hidden_state, None

    def common(self) -> list[nn.Parameter]:
        """All of the encoder."""
        return list(self.encoder.parameters())

    def parts(self) -> list[Part]:
        """The encoder, for all tasks."""
        return encoder_parts(self.encoder, self.tasks)
