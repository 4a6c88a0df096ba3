"""Hard parameter sharing: one encoder for all tasks.

B texts · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn


class HardSharing(nn.Module):
    """Every task reads the same hidden states of the same encoder; only the heads are private.

    `Multitask Learning <https://doi.org/10.1023/A:1007379606734>`_ (Caruana, Machine Learning 1997).
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, inputs: Mapping[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        """Hidden states for each task, ``[B, L, H]``: one tensor, computed once, under every task's name."""
        hidden = self.encoder(**inputs).last_hidden_state  # [B, L, H]
        return dict.fromkeys(tasks, hidden)
