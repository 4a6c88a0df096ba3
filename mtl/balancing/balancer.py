"""What every balancer gives: one weight for each task of a step.

T tasks
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor


class Balancer(ABC):
    """Weighs the tasks' losses. The encoder and the heads follow the gradient of Σ wᵢ Lᵢ."""

    def __init__(self, tasks: Sequence[str]) -> None:
        self.tasks = tuple(tasks)

    @abstractmethod
    def weights(self) -> Tensor:
        """The weight of each task in the next step, ``[T]``, in the order of ``tasks``."""
