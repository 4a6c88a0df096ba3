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

    def __init__(
        self, hidden: Tensor, mask: Tensor, views: "Sequence[TextView]" = (), segments: Tensor | None = None
    ) -> None:
        self.hidden = hidden  # [B, L, H]
        self.mask = mask  # [B, L], 1 for a real token
        self.views = views
        """The texts, for heads that copy from them."""
        self.segments = segments  # [B, L], 1 and 2 for two texts that are read apart, 0 for padding

    def rows(self, first: int, last: int) -> "Features":
        """Those of the texts [``first``, ``last``) alone."""
        segments = None if self.segments is None else self.segments[first:last]
        return Features(self.hidden[first:last], self.mask[first:last], self.views[first:last], segments)

    @cached_property
    def pooled(self) -> Tensor:
        """The mean hidden state of each text, ``[B, H]``."""
        # Over real tokens only: padding would pull short texts together.
        return self._mean(self.mask)

    @cached_property
    def pooled_apart(self) -> tuple[Tensor, Tensor]:
        """The mean hidden state of each of the two texts, both ``[B, H]``."""
        assert self.segments is not None
        return self._mean(self.segments == 1), self._mean(self.segments == 2)

    def _mean(self, chosen: Tensor) -> Tensor:
        mask = chosen.unsqueeze(-1).to(self.hidden.dtype)  # [B, L, 1]
        return (self.hidden * mask).sum(1) / mask.sum(1).clamp_min(1)  # [B, H]
