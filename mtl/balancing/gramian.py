"""Weights made from the Gramian of the tasks' gradients. The mathematics are TorchJD's weightings.

The encoder follows d = Σ wᵢ gᵢ, where w depends on G = JJᵀ, Gᵢⱼ = gᵢ·gⱼ. Each head follows its own gradient. Weights
are scaled so that tasks whose gradients are orthogonal and of one length weigh 1, as with equal weights: the learning
rate then means the same.

N tasks of the step
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar

import torch
from torch import Tensor
from torchjd.aggregation import (
    AlignedMTLWeighting,
    CAGradWeighting,
    FairGradWeighting,
    GradVacWeighting,
    IMTLGWeighting,
    MGDAWeighting,
    PCGradWeighting,
    UPGradWeighting,
    Weighting,
)
from torchjd.linalg import QuadprogProjector

from mtl.balancing.balancer import Balancer, View

RIDGE = 1e-7
"""Added to the diagonal of UPGrad's problem; the usual 1e-4 turns a direction by percents where lengths differ much."""
TINY = 1e-12
"""A gradient whose squared length is below this share of the mean counts as zero."""


class GramianBalancer(Balancer):
    """Asks a weighting for the weights of a Gramian.

    The Gramian is scaled to a mean diagonal of 1, and the weights back. Rows of zeros are left out, as most methods
    divide by them; where the weighting fails or gives no finite weights, all weigh 1 and ``fell_back`` counts it.
    """

    reads = "gramian"
    averages: ClassVar[bool] = True
    """Whether the method's weights sum to about 1, and not to N."""
    degree: ClassVar[float] = 0.0
    """w(cG) = c^degree · w(G)."""

    def __init__(self, tasks: Sequence[str], make: Callable[[], Weighting[Any]], exact: bool) -> None:
        super().__init__(tasks)
        self.exact = exact
        self._make = make
        self._weightings: dict[tuple[str, ...], Weighting[Any]] = {}

    def weights(self, view: View) -> Tensor:
        """``[N]``, of the method and of 1 where there is nothing to balance."""
        gramian = self.prepare(view)
        weights = torch.ones(len(view.tasks), dtype=torch.float64)
        lengths = gramian.diagonal()
        scale = lengths.mean()
        used = (lengths > TINY * scale).nonzero().flatten()
        if not torch.isfinite(scale) or len(used) == 0:
            return weights
        names = (view.place, *(view.tasks[at] for at in used.tolist()))
        found = self._ask(names, gramian[used][:, used] / scale)
        if found is None:
            self.fell_back += 1
            return weights
        weights[used] = found * scale**self.degree * (len(used) if self.averages else 1)
        return weights

    def prepare(self, view: View) -> Tensor:
        """The Gramian that is weighed, ``[N, N]``."""
        assert view.gramian is not None
        return view.gramian

    def _ask(self, names: tuple[str, ...], gramian: Tensor) -> Tensor | None:
        """The weighting's answer; None if it has none. Each set of tasks at each place has a weighting of its own."""
        if names not in self._weightings:
            self._weightings[names] = self._make()
        try:
            found = self._weightings[names](gramian)
        except (ValueError, RuntimeError, ArithmeticError):  # a solver that gave up, each in its own words
            return None
        return found if bool(found.isfinite().all()) else None


class PCGrad(GramianBalancer):
    """Projects each gradient onto the normal plane of those it conflicts with, in random order, and adds them up.

    `Gradient Surgery for Multi-Task Learning <https://arxiv.org/abs/2001.06782>`_ (NeurIPS 2020).
    Cost: own batches, none but a copy of each gradient; one text, none. Pitfalls: depends on the order, which the seed
    decides; with 3 tasks or more, conflicts may remain.
    """

    averages = False

    def __init__(self, tasks: Sequence[str], exact: bool = False) -> None:
        super().__init__(tasks, PCGradWeighting, exact)


class GradVac(GramianBalancer):
    """Turns gradients until their cosines are at least what they were on average; PCGrad is the case of target 0.

    `Gradient Vaccine <https://arxiv.org/abs/2010.05874>`_ (ICLR 2021).

    Args:
        tasks: All tasks of the run.
        beta: How fast the average of the cosines moves.

    Cost: as PCGrad. Pitfall: the paper keeps an average for each layer; here there is one for each pair of tasks.
    """

    averages = False

    def __init__(self, tasks: Sequence[str], beta: float, exact: bool = False) -> None:
        super().__init__(tasks, lambda: GradVacWeighting(beta=beta), exact)

    def get_extra_state(self) -> dict[str, Any]:
        """The average cosines, for ``state_dict``."""
        pairs = [(names, each._phi_t, each._state_key) for names, each in self._weightings.items()]
        return {"pairs": deepcopy(pairs)}

    def set_extra_state(self, state: Mapping[str, Any]) -> None:
        """What ``get_extra_state`` gave."""
        for names, cosines, key in state["pairs"]:
            weighting = self._make()
            weighting._phi_t, weighting._state_key = cosines, key
            self._weightings[names] = weighting


class CAGrad(GramianBalancer):
    """The direction within a ball around the mean gradient that is best for the task it serves worst.

    `Conflict-Averse Gradient Descent <https://arxiv.org/abs/2110.14048>`_ (NeurIPS 2021).

    Args:
        tasks: All tasks of the run.
        c: Radius of the ball, as a share of the mean's length; 0 gives equal weights, only from 1 on no task is hurt.

    Cost: as PCGrad, and a small problem for a solver: 10 to 25 ms a step. Pitfall: with c < 1, conflicts may remain.
    """

    def __init__(self, tasks: Sequence[str], c: float, exact: bool = False) -> None:
        super().__init__(tasks, lambda: CAGradWeighting(c=c), exact)


class MGDA(GramianBalancer):
    """The shortest convex combination of the gradients: no task gets worse.

    `Multi-Task Learning as Multi-Objective Optimization <https://arxiv.org/abs/1810.04650>`_ (NeurIPS 2018).

    Args:
        tasks: All tasks of the run.
        normalise: ``none``; ``length``: gradients of length 1; ``loss``: divided by the loss.

    Cost: as PCGrad. Pitfall: the shortest gradient decides, so that a task that has learnt all it can stops the others;
    normalising helps.
    """

    def __init__(self, tasks: Sequence[str], normalise: str, exact: bool = False) -> None:
        super().__init__(tasks, MGDAWeighting, exact)
        self._normalise = normalise

    def weights(self, view: View) -> Tensor:
        """N times a point of the simplex, divided by what the gradients were, ``[N]``."""
        unit = self._unit(view)
        if not bool(super().prepare(view).isfinite().all()):
            return torch.ones_like(unit)
        weights = super().weights(view) / unit
        return weights * len(unit) / weights.sum()

    def prepare(self, view: View) -> Tensor:
        """The Gramian of the normalised gradients, ``[N, N]``."""
        unit = self._unit(view)
        return super().prepare(view) / unit[:, None] / unit

    def _unit(self, view: View) -> Tensor:
        gramian = super().prepare(view)
        if self._normalise == "length":
            lengths = gramian.diagonal().clamp(min=0).sqrt()
            return torch.where(lengths > TINY, lengths, torch.ones_like(lengths))
        if self._normalise == "loss":
            return view.losses.detach().double().cpu().clamp(min=TINY)
        return torch.ones(len(gramian), dtype=torch.float64)


class ImpartialGradients(GramianBalancer):
    """IMTL-G: d has the same projection on every task's gradient; w = G⁺√diag(G), normalised.

    `Towards Impartial Multi-task Learning <https://openreview.net/forum?id=IMPnRXEWpvr>`_ (ICLR 2021).
    Cost: as PCGrad. Pitfall: weights may be negative, and large where gradients are nearly dependent.
    """

    def __init__(self, tasks: Sequence[str], exact: bool = False) -> None:
        super().__init__(tasks, IMTLGWeighting, exact)


class AlignedMTL(GramianBalancer):
    """Replaces the gradients by the nearest orthogonal ones of equal length.

    `Independent Component Alignment <https://arxiv.org/abs/2305.19000>`_ (CVPR 2023).

    Args:
        tasks: All tasks of the run.
        scale: Their length: of the weakest component (``min``, as in the paper), ``median``, or ``rmse``.

    Cost: as PCGrad. Pitfall: with ``min``, nearly dependent gradients make tiny steps.
    """

    def __init__(self, tasks: Sequence[str], scale: str, exact: bool = False) -> None:
        super().__init__(tasks, lambda: AlignedMTLWeighting(scale_mode=scale), exact)


class FairGrad(GramianBalancer):
    """α-fair: Gw = w^(−1/α). For α = 1 this is Nash-MTL, the bargaining solution; 0 gives equal weights.

    `Fair Resource Allocation in Multi-Task Learning <https://arxiv.org/abs/2402.15638>`_ (ICML 2024).

    Args:
        tasks: All tasks of the run.
        alpha: The kind of fairness.

    Cost: as PCGrad, and a small problem for a solver: 5 to 20 ms a step.
    Pitfall: for α = 1, ‖d‖ = √N whatever the gradients are: only the schedule lets steps get smaller.
    """

    averages = False

    def __init__(self, tasks: Sequence[str], alpha: float, exact: bool = False) -> None:
        super().__init__(tasks, lambda: FairGradWeighting(alpha=alpha), exact)
        self._alpha = alpha

    @property
    def degree(self) -> float:  # type: ignore[override]
        """From G(cw) = (cw)^(−1/α): w scales with G^(−α/(1+α))."""
        return -self._alpha / (1 + self._alpha)


class NashMTL(FairGrad):
    """The Nash bargaining solution: Gw = 1/w.

    `Multi-Task Learning as a Bargaining Game <https://arxiv.org/abs/2202.01017>`_ (ICML 2022). Solved as FairGrad with
    α = 1, which is the same equation, exactly: the iteration of the paper stops before it converges.
    Cost and pitfall: as FairGrad.
    """

    def __init__(self, tasks: Sequence[str], exact: bool = False) -> None:
        super().__init__(tasks, 1.0, exact)


class UPGrad(GramianBalancer):
    """Projects each gradient onto the cone of directions that hurt no task, and averages.

    `Jacobian Descent for Multi-Objective Optimization <https://arxiv.org/abs/2406.16232>`_ (2024).
    Cost: as PCGrad, and N small quadratic problems. The only method here that hurts no task, is linear in the scale of
    each gradient, and stops only where no task can gain. Pitfall: a loss in larger units still counts more.
    """

    def __init__(self, tasks: Sequence[str], exact: bool = False) -> None:
        super().__init__(tasks, lambda: UPGradWeighting(projector=QuadprogProjector(reg_eps=RIDGE)), exact)
