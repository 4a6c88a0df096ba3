"""One step's gradients: every task's loss, its norm at the shared representation, and one backward per encoder pass.

T tasks · B texts · L tokens · H hidden size
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from mtl.balancing.balancer import Balancer
from mtl.data.batches import Batch
from mtl.model import MultiTaskModel
from mtl.tasks.features import Features


@dataclass(frozen=True)
class TaskGradient:
    """What one task did in a step. ``loss`` and ``norm`` are scalars still on the device."""

    loss: Tensor
    norm: Tensor
    """‖∂Lᵢ/∂Z‖, the length of the task's unweighted gradient at the shared representation Z, ``[B, L, H]``."""
    weight: float


class GradientEngine:
    """Leaves in every ``.grad`` the gradient of Σ wᵢ Lᵢ, at the cost of one backward per encoder pass.

    Each head reads a detached copy Zᵢ of the shared hidden states Z and goes backward on its own; the encoder then
    goes backward once from Σ wᵢ ∂Lᵢ/∂Zᵢ. By linearity that is the plain backward of the summed loss, and each task's
    gradient at Z is seen on the way for free. Sources are taken one after the other: one graph lives at a time.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        balancer: Balancer,
        autocast: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._model = model
        self._balancer = balancer
        self._autocast = autocast

    def backward(self, batches: Sequence[Batch]) -> dict[str, TaskGradient]:
        """Adds the step's gradients to the parameters; tasks without a label in the batches are left out."""
        weights = dict(zip(self._balancer.tasks, self._balancer.weights().tolist(), strict=True))
        report: dict[str, TaskGradient] = {}
        for batch in batches:
            names = [name for name in batch.labels if self._model.tasks[name].labelled(batch.labels[name])]
            if names:
                report.update(self._batch(batch, names, weights))
        return report

    def _batch(self, batch: Batch, names: Sequence[str], weights: Mapping[str, float]) -> dict[str, TaskGradient]:
        with self._autocast():
            hidden = self._model.encode(batch, names)
        report: dict[str, TaskGradient] = {}
        sums: dict[int, Tensor] = {}
        for name in names:
            gradient, report[name] = self._head(batch, name, hidden[name], weights[name])
            key = id(hidden[name])
            sums[key] = gradient if key not in sums else sums[key].add_(gradient)
        for shared in {id(tensor): tensor for tensor in hidden.values()}.values():
            if shared.requires_grad:  # a wholly frozen encoder has nothing to learn
                shared.backward(sums[id(shared)])
        return report

    def _head(self, batch: Batch, name: str, hidden: Tensor, weight: float) -> tuple[Tensor, TaskGradient]:
        """The task's weighted gradient at the representation, ``[B, L, H]``; its head's stays in the head."""
        task, leaf = self._model.tasks[name], hidden.detach().requires_grad_()  # [B, L, H]
        with self._autocast():
            logits = self._model.heads[name](Features(leaf, batch.attention_mask), batch.labels[name])
        loss = task.scaled_loss(logits, batch.labels[name])
        (weight * loss).backward()
        gradient = leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)  # [B, L, H]
        norm = gradient.norm() / weight if weight else gradient.new_tensor(torch.nan)
        return gradient, TaskGradient(loss.detach(), norm, weight)
