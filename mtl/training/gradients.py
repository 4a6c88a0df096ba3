"""One step's gradients: every task's loss and norm, balanced, at the cost of one backward per encoder pass.

N tasks of a pass · B texts · L tokens · H hidden size
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from mtl.balancing.balancer import Balancer, View
from mtl.data.batches import Batch
from mtl.model import MultiTaskModel
from mtl.training.passes import Pass
from mtl.training.rows import Rows

BETWEEN = "between sources"
"""Where the rows of different sources are compared: at the common parameters."""


@dataclass(frozen=True)
class TaskGradient:
    """What one task did in a step. ``loss`` and ``norm`` are scalars still on the device."""

    loss: Tensor
    norm: Tensor
    """‖∂Lᵢ/∂Z‖, the length of the task's unweighted gradient at the shared representation Z, ``[B, L, H]``."""
    weight: float


@dataclass
class StepGradients:
    """What a step's backward gave besides the gradients themselves."""

    tasks: dict[str, TaskGradient] = field(default_factory=dict)
    skipped: dict[str, Tensor] = field(default_factory=dict)
    """Losses of tasks that were left out, as they or their gradients are not finite."""
    names: list[str] = field(default_factory=list)
    """The tasks of ``gramian``, in its order."""
    gramian: Tensor | None = None
    """Inner products of the tasks' gradients at the common parameters, ``[N, N]``, if they were measured."""


class GradientEngine:
    """Leaves the balanced gradient in every ``.grad``.

    A *pass* is one batch through one trunk of the model. Each head reads a detached copy Zᵢ of the trunk's output Z
    and goes backward on its own; the trunk then goes backward once from Σ wᵢ ∂Lᵢ/∂Zᵢ. By linearity that is the plain
    backward of Σ wᵢLᵢ, and each task's gradient at Z is seen on the way for free.

    Balancers that read the Gramian get it at two places. Tasks of one pass are compared at Z. Passes are compared at
    the common parameters: the backward of each leaves one row there, at no further cost but its memory. A task's
    weight is the product of both. An ``exact`` balancer takes one row for every task instead, at one backward each.

    Passes are taken one after the other, and one graph lives at a time; only a balancer that has to see all losses
    first keeps the graphs of all.

    Args:
        model: What is trained.
        balancer: Weighs the tasks.
        autocast: Makes the context of the forward passes.
        max_task_grad_norm: Each task's gradient is scaled down to this norm at Z, and its head's with it; 0: never.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        balancer: Balancer,
        autocast: Callable[[], AbstractContextManager[object]],
        max_task_grad_norm: float = 0.0,
    ) -> None:
        self._limit = max_task_grad_norm
        self._model = model
        self._balancer = balancer
        self._autocast = autocast
        self._common = frozenset(map(id, model.sharing.common()))

    def backward(self, batches: Sequence[Batch], measure: bool = False) -> StepGradients:
        """Adds the step's gradients to the parameters; tasks without a label in the batches are left out.

        ``measure`` gives the Gramian of all tasks at the common parameters as well, at one backward for each task.
        """
        step = StepGradients()
        passes = self._passes(batches)
        if self._balancer.reads == "gramian":
            self._combine(passes, step, measure)
        elif self._balancer.reads == "losses":
            self._weigh_together(list(passes), step, measure)
        else:
            self._weigh_each(passes, step, measure)
        self._model.sharing.regularise()
        return step

    def losses(self, batches: Sequence[Batch]) -> dict[str, float]:
        """The losses as they are now, without gradients."""
        with torch.no_grad():
            return {name: float(loss) for each in self._passes(batches) for name, loss in each.see_losses().items()}

    def _passes(self, batches: Sequence[Batch]) -> Iterator[Pass]:
        for batch in batches:
            names = [name for name in batch.labels if self._model.tasks[name].labelled(batch.labels[name])]
            for group in self._model.sharing.groups(names) if names else ():
                yield Pass(self._model, batch, group, self._common, self._autocast)

    def _weigh_each(self, passes: Iterator[Pass], step: StepGradients, measure: bool) -> None:
        """Weights that are known before the step: every pass by itself."""
        rows = self._rows() if measure else None
        weights: dict[str, float] = {}
        for each in passes:
            weights |= self._weights(View(each.names, torch.zeros(len(each.names))))
            self._finish(each, weights, step, rows)
        self._measure(rows, weights, step)

    def _weigh_together(self, passes: Sequence[Pass], step: StepGradients, measure: bool) -> None:
        """Weights from all losses of the step."""
        rows = self._rows() if measure else None
        losses = {name: loss.detach() for each in passes for name, loss in each.see_losses().items()}
        finite = {name: loss.float() for name, loss in losses.items() if bool(loss.isfinite())}
        weights = dict.fromkeys(losses, 0.0)
        if finite:
            weights |= self._weights(View(list(finite), torch.stack(list(finite.values()))))
        for each in passes:
            self._finish(each, weights, step, rows)
        self._measure(rows, weights, step)

    def _finish(self, each: Pass, weights: Mapping[str, float], step: StepGradients, rows: Rows | None) -> None:
        """The backward of a pass whose weights are known: one, or one for each task if rows are taken."""
        each.heads(self._limit)
        chosen = {name: weights[name] for name in each.gradients}
        _note(each, chosen, step)
        each.weigh_heads(chosen)
        if rows is None:
            each.trunk(chosen)
        else:
            _take_each(each, rows, step)

    def _measure(self, rows: Rows | None, weights: Mapping[str, float], step: StepGradients) -> None:
        if rows is not None:
            step.gramian = rows.gramian()
            rows.combine([weights[name] for name in step.names])

    def _combine(self, passes: Iterator[Pass], step: StepGradients, measure: bool) -> None:
        """Weights from gradients: within a pass at its representation, between passes at the parameters."""
        exact = self._balancer.exact or not self._model.sharing.comparable
        rows, units = self._rows(), []
        for each in passes:
            each.heads(self._limit)
            within = dict.fromkeys(each.gradients, 1.0)
            _note(each, within, step)
            each.weigh_heads(within)
            if len(within) > 1 and not exact:
                within = self._weights(View(list(within), each.loss_vector(), each.gramian(), each.place))
            if measure or exact:
                _take_each(each, rows, step)
            elif within:
                each.trunk(within)
                rows.take()
            units += [{name: weight} for name, weight in within.items()] if exact else [within] if within else []
        if step.names:
            step.gramian = rows.gramian()
            rows.merge([list(unit.values()) for unit in units])
        outer = self._between(units, rows, step)
        rows.combine(outer)
        for unit, weight in zip(units, outer, strict=True):
            for name, inner in unit.items():
                step.tasks[name] = replace(step.tasks[name], weight=inner * weight)

    def _between(self, units: Sequence[Mapping[str, float]], rows: Rows, step: StepGradients) -> list[float]:
        """A weight for each row; a row of several tasks goes under the name of the first of them."""
        if len(units) < 2:
            return [1.0] * len(units)
        losses = torch.stack([torch.stack([step.tasks[name].loss for name in unit]).mean() for unit in units])
        view = View([next(iter(unit)) for unit in units], losses.float(), rows.gramian(), BETWEEN)
        return list(self._weights(view).values())

    def _weights(self, view: View) -> dict[str, float]:
        """The balancer's weights; a single task in the run has nothing to be balanced against."""
        alone = len(self._balancer.tasks) == 1 and self._balancer.reads != "nothing"
        weights = torch.ones(1) if alone else self._balancer.weights(view)
        return dict(zip(view.tasks, weights.tolist(), strict=True))

    def _rows(self) -> Rows:
        return Rows([parameter for parameter in self._model.sharing.common() if parameter.requires_grad])


def _take_each(each: Pass, rows: Rows, step: StepGradients) -> None:
    """One backward and one row for every task of the pass."""
    for name in each.gradients:
        each.trunk({name: 1.0}, keep=True)
        rows.take()
        step.names.append(name)


def _note(each: Pass, weights: Mapping[str, float], step: StepGradients) -> None:
    for name, weight in weights.items():
        step.tasks[name] = TaskGradient(each.losses[name], each.norms[name], weight)
    step.skipped |= {name: loss for name, loss in each.losses.items() if name not in each.gradients}
