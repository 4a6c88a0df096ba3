"""What a head reads: the shared representation of a batch.

B texts · L tokens · H hidden size
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from mtl.tasks.task import TextView


class Features:
    """The encoder's last hidden states and the mask of real tokens.

    The pooled form is computed once, when the first head asks for it.
    """

    def __init__(self, hidden: Tensor, mask: Tensor, views: "Sequence[TextView]" = ()) -> None:
        self.hidden = hidden  # [B, L, H]
        self.mask = mask  # [B, L], 1 for a real token
        self.views = views
        """The texts, for heads that copy from them."""

    def rows(self, first: int, last: int) -> "Features":
        """Those of the texts [``first``, ``last``) alone."""
        return Features(self.hidden[first:last], self.mask[first:last], self.views[first:last])

    @cached_property
    def pooled(self) -> Tensor:
        """The mean hidden state of each text, ``[B, H]``."""
        # Over real tokens only: padding would pull short texts together.
        mask = self.mask.unsqueeze(-1).to(self.hidden.dtype)  # [B, L, 1]
        return (self.hidden * mask).sum(1) / mask.sum(1).clamp_min(1)  # [B, H]
