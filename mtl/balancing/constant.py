"""Weights that do not change while a run trains.

T tasks
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mtl.balancing.balancer import Balancer
from mtl.errors import ConfigError


class Equal(Balancer):
    """Every task weighs 1: the plain sum of the losses.

    The baseline every other balancer has to beat, and often does not:
    `In Defense of the Unitary Scalarization <https://arxiv.org/abs/2201.04122>`_ (NeurIPS 2022).
    Cost: none. Pitfall: a loss in larger units, or of a harder task, drowns the others.
    """

    def weights(self) -> Tensor:
        """Ones, ``[T]``."""
        return torch.ones(len(self.tasks))


class Fixed(Balancer):
    """Weights chosen by hand: Σ wᵢ Lᵢ.

    Args:
        weights: A number in [0, 1e6] by task name; tasks that are not named weigh 1.

    Cost: none. Pitfall: the best weights are only found by trying.

    Raises:
        ConfigError: A name that is none of the tasks.
    """

    def __init__(self, tasks: Sequence[str], weights: Mapping[str, float]) -> None:
        super().__init__(tasks)
        for name in weights:
            if name not in self.tasks:
                raise ConfigError("balancer.weights", f"name only tasks of the run ({', '.join(self.tasks)})", name)
        self._weights = torch.tensor([float(weights.get(name, 1.0)) for name in self.tasks])  # [T]

    def weights(self) -> Tensor:
        """The given weights, ``[T]``."""
        return self._weights
