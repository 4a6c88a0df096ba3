"""What a head reads: the shared representation of a batch.

B texts · L tokens · H hidden size
"""

from functools import cached_property

from torch import Tensor


class Features:
    """The encoder's last hidden states and the mask of real tokens.

    The pooled form is computed once, when the first head asks for it.
    """

    def __init__(self, hidden: Tensor, mask: Tensor) -> None:
        self.hidden = hidden  # [B, L, H]
        self.mask = mask  # [B, L], 1 for a real token

    def rows(self, first: int, last: int) -> "Features":
        """Those of the texts [``first``, ``last``) alone."""
        return Features(self.hidden[first:last], self.mask[first:last])

    @cached_property
    def pooled(self) -> Tensor:
        """The mean hidden state of each text, ``[B, H]``."""
        # Over real tokens only: padding would pull short texts together.
        mask = self.mask.unsqueeze(-1).to(self.hidden.dtype)  # [B, L, 1]
        return (self.hidden * mask).sum(1) / mask.sum(1).clamp_min(1)  # [B, H]
