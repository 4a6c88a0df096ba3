"""One row of gradient for each task or source: taken aside as they come, compared, and combined in place.

N rows · P parameters · C columns of a chunk
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

CHUNK = 2**18
"""Columns that are compared at once: N of them stay in the processor's cache."""


class Rows:
    """The rows of a Jacobian J ``[N, P]``, kept as the tensors that backward left, parameter by parameter.

    Taking a row copies nothing. What was in ``.grad`` before the first row is added to what is combined, so that
    gradients can be accumulated over several steps.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self._parameters = parameters
        self._before = self._take()
        self._rows: list[list[Tensor | None]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def take(self) -> None:
        """Moves what backward left in ``.grad`` into a new row."""
        self._rows.append(self._take())

    def merge(self, groups: Sequence[Sequence[float]]) -> None:
        """Makes one row of each group of successive rows: their sum with these weights."""
        merged, at = [], 0
        for weights in groups:
            rows = self._rows[at : at + len(weights)]
            merged.append([_sum(column, weights) for column in zip(*rows, strict=True)])
            at += len(weights)
        self._rows = merged

    def gramian(self) -> Tensor:
        """G = JJᵀ, ``[N, N]``, float64 on the CPU. Reads each row once."""
        count = len(self._rows)
        device = self._parameters[0].device if self._parameters else torch.device("cpu")
        total = torch.zeros(count, count, dtype=torch.float64, device=device)
        for chunk in self._chunks():
            total += (chunk @ chunk.T).double()
        return total.cpu()

    def combine(self, weights: Sequence[float]) -> None:
        """Leaves Σ wᵢ rowᵢ in ``.grad`` and lets the rows go."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._parameters)
        for parameter, before, column in zip(self._parameters, self._before, columns, strict=True):
            found = _sum(column, weights)
            if before is not None:
                found = before if found is None else found.add_(before)
            parameter.grad = found
        self._rows.clear()

    def _take(self) -> list[Tensor | None]:
        row = [parameter.grad for parameter in self._parameters]
        for parameter in self._parameters:
            parameter.grad = None
        return row

    def _chunks(self) -> Iterator[Tensor]:
        """The columns of J, at most ``CHUNK`` at once, ``[N, C]``."""
        for column in zip(*self._rows, strict=True):
            given = [gradient for gradient in column if gradient is not None]
            if not given:
                continue
            zeros = torch.zeros_like(given[0]) if len(given) < len(column) else given[0]
            flat = [(zeros if gradient is None else gradient).reshape(-1) for gradient in column]
            for start in range(0, flat[0].numel(), CHUNK):
                yield torch.stack([each[start : start + CHUNK] for each in flat]).float()  # [N, C]


def _sum(column: Sequence[Tensor | None], weights: Sequence[float]) -> Tensor | None:
    """Σ wᵢ gᵢ, in the memory of the first gᵢ; None where there is no gradient at all."""
    total: Tensor | None = None
    for gradient, weight in zip(column, weights, strict=True):
        if gradient is None:
            continue
        total = gradient.mul_(weight) if total is None else total.add_(gradient, alpha=weight)
    return total
