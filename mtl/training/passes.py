"""One batch through one trunk of the model: losses, the gradients at what the tasks have in common, and back.

N tasks of the pass · B texts · L tokens · H hidden size
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from mtl.data.batches import Batch
from mtl.model import MultiTaskModel

Gradients = list[tuple[nn.Parameter, Tensor]]


class Pass:
    """Forward when it is made; then ``heads``, ``weigh_heads`` and ``trunk``, in this order.

    Args:
        model: Its sharing scheme says what the tasks have in common.
        batch: Texts of one source.
        names: Tasks that share a trunk.
        common: Ids of the parameters that several tasks train.
        autocast: Makes the context of the forward passes.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        batch: Batch,
        names: Sequence[str],
        common: frozenset[int],
        autocast: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._model, self._batch, self._autocast = model, batch, autocast
        self._common = common
        self.names = list(names)
        self.place = f"{batch.source}: {', '.join(names)}"
        with autocast():
            self._hidden, self._context = model.sharing.trunk(model.inputs(batch), names)  # [B, L, H]
        self._leaves = {name: self._hidden.detach().requires_grad_() for name in names}
        self.losses: dict[str, Tensor] = {}
        self.gradients: dict[str, Tensor] = {}
        """∂Lᵢ/∂Z of the tasks whose loss and gradient are finite, ``[B, L, H]``."""
        self.norms: dict[str, Tensor] = {}
        self._own: dict[str, Gradients] = {}
        self._shared: dict[str, Gradients] = {}

    def see_losses(self) -> dict[str, Tensor]:
        """All losses at once, with their graphs."""
        self.losses |= {name: self._loss(name) for name in self.names}
        return self.losses

    def _loss(self, name: str) -> Tensor:
        labels = self._batch.labels[name]
        with self._autocast():
            hidden = self._model.sharing.branch(self._leaves[name], self._context, name)  # [B, L, H]
            features = self._batch.features(hidden)
            logits = self._model.heads[name](features, labels)
        return self._model.tasks[name].scaled_loss(logits, labels)

    def heads(self, limit: float = 0.0) -> None:
        """Backward from each loss to Z. What parameters get on the way is taken aside until the weights are known.

        One graph after the other, unless all losses were asked for before. A task whose loss or gradient is not
        finite is left out; one whose gradient at Z is longer than ``limit``, unless that is 0, is scaled down.
        """
        for name in self.names:
            loss = self.losses.get(name)
            loss = self._loss(name) if loss is None else loss
            self.losses[name] = loss.detach()
            if not bool(loss.isfinite()):
                continue
            parameters, leaf = self._reached(name), self._leaves[name]
            fresh = _fresh_gradients(loss, parameters)
            gradient = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad  # [B, L, H]
            norm = gradient.norm()
            if bool(norm.isfinite()):
                self.gradients[name], self.norms[name] = gradient, norm
                if 0 < limit < float(norm):
                    _scale([gradient, *(each for _, each in fresh)], limit / float(norm))
                self._own[name] = [each for each in fresh if id(each[0]) not in self._common]
                self._shared[name] = [each for each in fresh if id(each[0]) in self._common]

    def weigh_heads(self, weights: Mapping[str, float]) -> None:
        """Adds each task's weighted gradient to what it alone trains."""
        for name, weight in weights.items():
            _add(self._own[name], weight)

    def trunk(self, weights: Mapping[str, float], keep: bool = False) -> None:
        """Backward from Σ wᵢ ∂Lᵢ/∂Z through the trunk; ``keep`` leaves the graph for another one."""
        total: Tensor | None = None
        for name, weight in weights.items():
            weighted = self.gradients[name] * weight if weight != 1 else self.gradients[name]  # [B, L, H]
            total = weighted if total is None else total + weighted
            _add(self._shared[name], weight)
        if total is not None and self._hidden.requires_grad:  # a wholly frozen encoder has nothing to learn
            self._hidden.backward(total, retain_graph=keep)

    def gramian(self) -> Tensor:
        """Inner products of the tasks' gradients at Z, ``[N, N]``, float64 on the CPU."""
        flat = torch.stack([gradient.flatten().float() for gradient in self.gradients.values()])  # [N, B·L·H]
        return (flat @ flat.T).double().cpu()

    def loss_vector(self) -> Tensor:
        """The losses of the tasks that have gradients, ``[N]``."""
        return torch.stack([self.losses[name].float() for name in self.gradients])

    def _reached(self, name: str) -> list[nn.Parameter]:
        """Parameters between Z and the task's loss, each once."""
        sharing, head = self._model.sharing, self._model.heads[name]
        found = [*head.parameters(), *sharing.own(name), *sharing.after_trunk()]
        return list({id(each): each for each in found if each.requires_grad}.values())


def _fresh_gradients(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Gradients:
    """What the loss alone gives the parameters; their ``.grad`` stays what it was."""
    before = [parameter.grad for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
    loss.backward()
    fresh = [(parameter, parameter.grad) for parameter in parameters if parameter.grad is not None]
    for parameter, gradient in zip(parameters, before, strict=True):
        parameter.grad = gradient
    return fresh


def _scale(gradients: Sequence[Tensor], factor: float) -> None:
    for gradient in gradients:
        gradient.mul_(factor)


def _add(gradients: Gradients, weight: float) -> None:
    """Adds weighted gradients to ``.grad``."""
    for parameter, gradient in gradients:
        if parameter.grad is None:
            parameter.grad = gradient if weight == 1 else gradient * weight
        else:
            parameter.grad = parameter.grad.add(gradient, alpha=weight)
