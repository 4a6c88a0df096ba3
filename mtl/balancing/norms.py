"""Weights made from the lengths of the tasks' gradients, of which TorchJD has none.

T tasks of the run · N tasks of the step
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from mtl.balancing.balancer import Balancer, Seen, View

TINY = 1e-12


class GradNorm(Balancer):
    """Learns weights so that weighted gradients have like lengths, longer for tasks that learn slower than others.

    The weights w descend Σ |wᵢ‖gᵢ‖ − n̄ rᵢ^α|, n̄ the mean of wᵢ‖gᵢ‖ and rᵢ = (Lᵢ/Lᵢ(0)) / mean, both held fixed, and are
    scaled to sum T. `GradNorm <https://arxiv.org/abs/1711.02257>`_ (ICML 2018). The lengths are those at the shared
    representation, which cost nothing; the paper takes the weights of the last shared layer.

    Args:
        tasks: All tasks of the run.
        alpha: How much slower tasks are favoured; 0 only equalises lengths.
        learning_rate: Of Adam on log w.
        warmup: Steps whose mean loss is L(0): the first one alone is noisy.

    Cost: none. Pitfall: L(0) decides for the whole run.
    """

    first: Tensor
    steps: Tensor

    def __init__(self, tasks: Sequence[str], alpha: float, learning_rate: float, warmup: float) -> None:
        super().__init__(tasks)
        count = len(self.tasks)
        self._alpha, self._warmup = alpha, int(warmup)
        self.logits = torch.nn.Parameter(torch.zeros(count))
        self.register_buffer("first", torch.zeros(count))  # [T]
        self.register_buffer("steps", torch.zeros(count))  # [T]
        self._optimizer = torch.optim.Adam([self.logits], lr=learning_rate, weight_decay=0.0)

    def weights(self, view: View) -> Tensor:
        """T · softmax of what was learnt, ``[N]``."""
        shares = self.logits.detach().softmax(0)
        return len(self.tasks) * shares[self.places(view.tasks)]

    def learn(self, seen: Seen) -> None:
        """One step of the weights towards the lengths they should give."""
        at = self.places(seen.tasks)
        losses = seen.losses.clamp(min=TINY)  # [N]
        fresh = self.steps[at] < self._warmup
        self.first[at] += torch.where(fresh, losses, torch.zeros_like(losses))
        self.steps[at] += fresh
        ratio = losses / (self.first[at] / self.steps[at])
        rate = ratio / ratio.mean()
        with torch.enable_grad():
            weighted = len(self.tasks) * self.logits.softmax(0)[at] * seen.norms
            target = weighted.detach().mean() * rate**self._alpha
            self._optimizer.zero_grad(set_to_none=True)
            (weighted - target).abs().sum().backward()
        self._optimizer.step()

    def get_extra_state(self) -> dict[str, Any]:
        """The moments of Adam, for ``state_dict``."""
        return {"optimizer": deepcopy(self._optimizer.state_dict())}

    def set_extra_state(self, state: Mapping[str, Any]) -> None:
        """What ``get_extra_state`` gave."""
        self._optimizer.load_state_dict(state["optimizer"])


class DualBalancing(Balancer):
    """DB-MTL: gradients of log losses, all made as long as the longest of them: wᵢ = maxⱼ ‖∇log Lⱼ‖ / ‖gᵢ‖.

    `Dual-Balancing for Multi-Task Learning <https://arxiv.org/abs/2308.12029>`_ (2023), without its moving average of
    gradients, which would keep one more copy of each.
    Cost: as PCGrad. Pitfall: a task with hardly any gradient left is blown up to the size of the others.
    """

    reads = "gramian"

    def __init__(self, tasks: Sequence[str], exact: bool = False) -> None:
        super().__init__(tasks)
        self.exact = exact

    def weights(self, view: View) -> Tensor:
        """``[N]``; a gradient of zero weighs nothing, unless all are."""
        assert view.gramian is not None
        lengths = view.gramian.diagonal().clamp(min=0).sqrt()  # [N]
        losses = view.losses.detach().double().cpu().clamp(min=TINY)
        longest = (lengths / losses).max()
        if not longest > 0:
            return torch.ones_like(lengths)
        return torch.where(lengths > TINY, longest / lengths.clamp(min=TINY), torch.zeros_like(lengths))
