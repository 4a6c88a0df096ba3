"""Weights that do not depend on what happens in a run.

N tasks of the step
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torchjd.aggregation import RandomWeighting

from mtl.balancing.balancer import Balancer, View
from mtl.errors import ConfigError


class Equal(Balancer):
    """Every task weighs 1: the plain sum of the losses.

    The baseline every other balancer has to beat, and often does not:
    `In Defense of the Unitary Scalarization <https://arxiv.org/abs/2201.04122>`_ (NeurIPS 2022).
    Cost: none. Pitfall: a loss in larger units, or of a harder task, drowns the others.
    """

    def weights(self, view: View) -> Tensor:
        """Ones, ``[N]``."""
        return torch.ones(len(view.tasks))


class Fixed(Balancer):
    """Weights chosen by hand: Σ wᵢ Lᵢ.

    Args:
        tasks: All tasks of the run.
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
        self._chosen = {name: float(weights.get(name, 1.0)) for name in self.tasks}

    def weights(self, view: View) -> Tensor:
        """The given weights, ``[N]``."""
        return torch.tensor([self._chosen[name] for name in view.tasks])


class Random(Balancer):
    """Weights drawn anew in each step: w = N · softmax(ε), ε ~ N(0, I).

    The litmus test: a method that does not beat it does not balance.
    `Reasonable Effectiveness of Random Weighting <https://arxiv.org/abs/2111.10603>`_ (TMLR 2022).
    Cost: none. Pitfall: the paper's weights sum to 1; here to N, so that the learning rate means the same as with
    equal weights.
    """

    def weights(self, view: View) -> Tensor:
        """Positive, with sum N, ``[N]``."""
        count = len(view.tasks)
        return count * RandomWeighting()(torch.eye(count))
