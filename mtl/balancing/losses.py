"""Weights made from the losses alone. The mathematics are TorchJD's scalarizers: wᵢ = ∂S/∂Lᵢ of their value S.

T tasks of the run · N tasks of the step
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from torchjd.scalarization import DWA, FAMO, IMTLL, STCH, UW, GeometricMean, Scalarizer

from mtl.balancing.balancer import Balancer, Seen, View

FLOOR = 1e-4
"""A loss below it counts as this: logarithms and quotients of losses need them positive."""


class LossBalancer(Balancer):
    """Follows the gradient of a scalarizer of all losses; a task that is not in the step counts with its last loss."""

    reads = "losses"
    last: Tensor

    def __init__(self, tasks: Sequence[str], scalarizer: Scalarizer) -> None:
        super().__init__(tasks)
        self.scalarizer: Any = scalarizer
        self.register_buffer("last", torch.full((len(self.tasks),), torch.nan))  # [T]

    def weights(self, view: View) -> Tensor:
        """wᵢ = ∂S/∂Lᵢ, ``[N]``; parameters of the scalarizer get their gradient as well."""
        values = self.values(view).requires_grad_()  # [T]
        self.scalarizer.zero_grad(set_to_none=True)
        with torch.enable_grad():
            self.scalarizer(values).backward()
        gradient = torch.zeros_like(values) if values.grad is None else values.grad
        return gradient[self.places(view.tasks)]

    def values(self, view: View) -> Tensor:
        """The losses of all tasks, at least ``FLOOR``, ``[T]``."""
        losses = view.losses.detach().float().cpu()
        self.last[self.places(view.tasks)] = losses
        unknown = self.last.isnan()
        return torch.where(unknown, losses.mean(), self.last).clamp(min=FLOOR)


class LearntLossBalancer(LossBalancer):
    """A scalarizer with one learnt number a task: trained by Adam at its own rate, without weight decay."""

    def __init__(self, tasks: Sequence[str], scalarizer: Scalarizer, learning_rate: float) -> None:
        super().__init__(tasks, scalarizer)
        self._optimizer = torch.optim.Adam(self.scalarizer.parameters(), lr=learning_rate, weight_decay=0.0)

    def learn(self, seen: Seen) -> None:
        """One step down the gradient that ``weights`` left."""
        self._optimizer.step()

    def get_extra_state(self) -> dict[str, Any]:
        """The moments of Adam, for ``state_dict``."""
        return {"optimizer": deepcopy(self._optimizer.state_dict())}

    def set_extra_state(self, state: Mapping[str, Any]) -> None:
        """What ``get_extra_state`` gave."""
        self._optimizer.load_state_dict(state["optimizer"])


class Uncertainty(LearntLossBalancer):
    """Homoscedastic uncertainty: S = Σ ½ e^(−sᵢ) Lᵢ + ½ sᵢ with learnt sᵢ, so wᵢ = ½ e^(−sᵢ); doubled here.

    `Multi-Task Learning Using Uncertainty to Weigh Losses <https://arxiv.org/abs/1705.07115>`_ (CVPR 2018).
    Doubled weights start at 1, as equal ones do. At its optimum sᵢ = log Lᵢ, it descends Σ log Lᵢ.
    Cost: one number a task. Pitfalls: sᵢ needs a larger learning rate than the model; a task that is learnt by heart
    gets ever more weight; S may be negative, and is not shown as a loss.
    """

    def __init__(self, tasks: Sequence[str], learning_rate: float) -> None:
        super().__init__(tasks, UW(len(tasks)), learning_rate)

    def weights(self, view: View) -> Tensor:
        """e^(−sᵢ), ``[N]``."""
        return 2 * super().weights(view)


class ImpartialLosses(LearntLossBalancer):
    """IMTL-L: S = Σ e^(sᵢ) Lᵢ − sᵢ with learnt sᵢ, so wᵢ = e^(sᵢ): every weighted loss goes to 1.

    `Towards Impartial Multi-task Learning <https://openreview.net/forum?id=IMPnRXEWpvr>`_ (ICLR 2021).
    Cost: one number a task. Pitfall: as with uncertainty, of which it is twice the objective with sᵢ → −sᵢ.
    """

    def __init__(self, tasks: Sequence[str], learning_rate: float) -> None:
        super().__init__(tasks, IMTLL(len(tasks)), learning_rate)


class _LogSum(Scalarizer):
    """S = Σ log Lᵢ."""

    def forward(self, values: Tensor, /) -> Tensor:
        return values.log().sum()


class LogLoss(LossBalancer):
    """S = Σ log Lᵢ, so wᵢ = 1 / Lᵢ: a step lowers each loss by its own share, whatever its units.

    The limit of learnt uncertainty. `A Comprehensive Survey <https://arxiv.org/abs/2501.10445>`_ calls it scale
    invariant; `Dual-Balancing <https://arxiv.org/abs/2308.12029>`_ builds on it.
    Cost: none. Pitfall: a loss near zero gets a weight near infinity; it counts as at least ``FLOOR``.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks, _LogSum())


class GeometricLoss(LossBalancer):
    """S = (Π Lᵢ)^(1/T), so wᵢ = S / (T Lᵢ); here times T.

    `MultiNet++ <https://arxiv.org/abs/1904.08492>`_ (CVPRW 2019). The direction of the log loss, with steps that
    shrink as the losses do.
    Cost: none. Pitfall: one loss near zero stops all tasks.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks, GeometricMean())

    def weights(self, view: View) -> Tensor:
        """S / Lᵢ, ``[N]``."""
        return len(self.tasks) * super().weights(view)


class SmoothTchebycheff(LossBalancer):
    """STCH: S = μ log Σ exp(Lᵢ / (T μ)), a smooth maximum: the worst task counts most; here times T².

    `Smooth Tchebycheff Scalarization <https://arxiv.org/abs/2402.19078>`_ (ICML 2024). Losses are taken relative to
    those of each task's first step, so that units do not decide which is worst.

    Args:
        tasks: All tasks of the run.
        mu: Smoothness: near 0 only the worst task counts, far above 1 all the same.

    Cost: none. Pitfall: a task that cannot be learnt keeps the others from learning.
    """

    first: Tensor

    def __init__(self, tasks: Sequence[str], mu: float) -> None:
        super().__init__(tasks, STCH(mu))
        self.register_buffer("first", torch.full((len(self.tasks),), torch.nan))  # [T]

    def weights(self, view: View) -> Tensor:
        """T · softmax of the relative losses, over the first ones' units, ``[N]``."""
        at = self.places(view.tasks)
        return len(self.tasks) ** 2 * super().weights(view) / self._unit()[at]

    def values(self, view: View) -> Tensor:
        """Losses relative to the first ones, ``[T]``."""
        losses = super().values(view)
        known = self.last.isfinite()
        self.first = torch.where(self.first.isnan() & known, losses, self.first)
        return losses / self._first()

    def _first(self) -> Tensor:
        return torch.where(self.first.isnan(), torch.ones_like(self.first), self.first)

    def _unit(self) -> Tensor:
        """The first losses over their mean, so that the sum of gradients keeps its size, ``[T]``."""
        return self._first() / self._first().mean()


class DynamicAverage(LossBalancer):
    """DWA: wᵢ = T · softmax(rᵢ / temperature), rᵢ the mean loss of the last window over that of the window before.

    `End-to-End Multi-Task Learning with Attention <https://arxiv.org/abs/1803.10704>`_ (CVPR 2019), where a window
    is an epoch; here it is a number of steps, as short runs have no two epochs.

    Args:
        tasks: All tasks of the run.
        temperature: Far above 1 makes the weights equal; the paper takes 2.
        window: Steps.

    Cost: none. Pitfall: weights stay near 1, and are 1 for the first two windows.
    """

    def __init__(self, tasks: Sequence[str], temperature: float, window: float) -> None:
        super().__init__(tasks, DWA(temperature))
        self._window, self._steps = int(window), 0

    def learn(self, seen: Seen) -> None:
        """Ends a window after its last step."""
        self._steps += 1
        if self._steps % self._window == 0:
            self.scalarizer.step()

    def get_extra_state(self) -> dict[str, Any]:
        """What the windows hold, for ``state_dict``."""
        dwa = self.scalarizer
        held = {"windows": dwa._previous_averages, "sum": dwa._loss_sum, "batches": dwa._n_batches}
        return deepcopy({"steps": self._steps, **held})

    def set_extra_state(self, state: Mapping[str, Any]) -> None:
        """What ``get_extra_state`` gave."""
        dwa = self.scalarizer
        self._steps, dwa._n_batches = state["steps"], state["batches"]
        dwa._previous_averages, dwa._loss_sum = state["windows"], state["sum"]


class Famo(LossBalancer):
    """FAMO: S = c Σ zᵢ log Lᵢ, z = softmax(ξ); ξ learns from how much each log loss fell in the step. Here times T.

    `FAMO: Fast Adaptive Multitask Optimization <https://arxiv.org/abs/2306.03792>`_ (NeurIPS 2023).

    Args:
        tasks: All tasks of the run.
        learning_rate: Of Adam on ξ; the paper takes 0.025.
        gamma: Weight decay on ξ, which draws the weights together.

    Cost: the losses are computed again after the step: 4 forward passes instead of 3. The dropout of both is the same.
    Pitfall: three values of ``gamma`` are in use (1e-5, 1e-3, 1e-2); they decide how far weights may part.
    """

    looks_back = True

    def __init__(self, tasks: Sequence[str], learning_rate: float, gamma: float) -> None:
        super().__init__(tasks, FAMO(len(tasks), lr=learning_rate, weight_decay=gamma))

    def weights(self, view: View) -> Tensor:
        """T · c · zᵢ / Lᵢ, a weighing of gradients with sum T, ``[N]``."""
        return len(self.tasks) * super().weights(view)

    def learn(self, seen: Seen) -> None:
        """Moves ξ by the change of the losses; a task that was not in the step did not change."""
        assert seen.after is not None
        values = self.scalarizer._prev_losses.clone()  # [T]
        values[self.places(seen.tasks)] = seen.after.clamp(min=FLOOR)
        self.scalarizer.update(values)

    def get_extra_state(self) -> dict[str, Any]:
        """The moments of Adam, for ``state_dict``."""
        optimizer = self.scalarizer._optimizer
        return {"optimizer": None if optimizer is None else deepcopy(optimizer.state_dict())}

    def set_extra_state(self, state: Mapping[str, Any]) -> None:
        """What ``get_extra_state`` gave."""
        famo, moments = self.scalarizer, state["optimizer"]
        famo._optimizer = None
        if moments is not None:
            famo._optimizer = torch.optim.Adam([famo._w], lr=famo.lr, weight_decay=famo.weight_decay)
            famo._optimizer.load_state_dict(moments)
