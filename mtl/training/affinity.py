"""Look-ahead affinity: what a trial step for one task alone would do to the losses of all, on the same batches.

N tasks of the step · S sources of the step · P common parameters
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import functional_call

from mtl.data.batches import Batch
from mtl.model import MultiTaskModel
from mtl.runs import events
from mtl.training.reporting import cosines
from mtl.training.rows import CHUNK

Row = Sequence[Tensor | None]
"""A task's gradient, one tensor for each common parameter; None where it has none."""


class AffinityProbe:
    """Tries one step for each task and takes it back; training goes on as if nobody had looked.

    `Efficiently Identifying Task Groupings <https://arxiv.org/abs/2109.04617>`_ (TAG, NeurIPS 2021):
    Zᵢⱼ = 1 − Lⱼ(θ − η∇Lᵢ(θ)) / Lⱼ(θ), where θ are the common parameters: above 0 a step for i helps j, below it hurts.

    The trial step is a plain gradient step, as in the paper: no momentum, no clipping, no weights of a balancer, and
    heads stay as they are. η is the learning rate that the run reaches after its warm-up, in every probe: at the rate
    of the moment, probes in the warm-up and at the end of the run would count for nothing. Steps this small are nearly
    linear, so Zᵢⱼ ≈ η·gᵢ·gⱼ / Lⱼ; unlike a cosine it tells a task that moves much from one that moves little.

    Losses before and after are those of the same texts without dropout, in full precision whatever the run's: the
    differences are far smaller than what half precision tells apart. Parameters are not written to: the model is
    called with others in their place.

    Cost of a probe: N backward passes and (N + 2)·S forward passes, and memory for N gradients.

    Args:
        model: What is trained.
        rate: η.
    """

    def __init__(self, model: MultiTaskModel, rate: float) -> None:
        self._model, self._rate = model, rate
        common = {id(each) for each in model.sharing.common() if each.requires_grad}
        named = {name: each for name, each in model.named_parameters() if id(each) in common}
        self._names, self._parameters = list(named), list(named.values())
        levels = {id(each): part.level for part in model.sharing.parts() for each in part.parameters}
        self._levels = [levels[id(each)] for each in self._parameters]

    def measure(self, batches: Sequence[Batch], step: int) -> events.Affinity | None:
        """What the step's batches tell; None if they hold fewer than two tasks, or nothing common is trained."""
        tasks = [name for batch in batches for name in self._labelled(batch)]
        if len(tasks) < 2 or not self._parameters:
            return None
        device, was_training = self._model.device, self._model.training
        self._model.eval()
        try:
            with torch.random.fork_rng([device] if device.type == "cuda" else []):
                return self._probe(batches, tasks, step)
        finally:
            self._model.train(was_training)

    def _probe(self, batches: Sequence[Batch], tasks: Sequence[str], step: int) -> events.Affinity:
        rows = [row for batch in batches for row in self._gradients(batch)]
        before = self._losses(batches, {})
        found = []
        for row in rows:
            after = self._losses(batches, self._stepped(row))
            found.append([_affinity(before[task], after[task]) for task in tasks])
        return events.Affinity(step=step, tasks=tasks, affinities=found, levels=self._agreement(rows))

    def _labelled(self, batch: Batch) -> list[str]:
        return [name for name, labels in batch.labels.items() if self._model.tasks[name].labelled(labels)]

    def _gradients(self, batch: Batch) -> list[Row]:
        """One backward for each task of the batch, on one graph."""
        names = self._labelled(batch)
        if not names:
            return []
        said = self._model(batch, names)
        losses = [self._model.tasks[name].scaled_loss(said[name], batch.labels[name]) for name in names]
        last = len(names) - 1
        return [
            torch.autograd.grad(loss, self._parameters, retain_graph=at < last, allow_unused=True)
            for at, loss in enumerate(losses)
        ]

    def _stepped(self, row: Row) -> dict[str, Tensor]:
        """θ − ηg, for what has a gradient."""
        named = zip(self._names, self._parameters, row, strict=True)
        return {name: each.detach() - self._rate * own for name, each, own in named if own is not None}

    @torch.no_grad()
    def _losses(self, batches: Sequence[Batch], others: Mapping[str, Tensor]) -> dict[str, float]:
        """Every task's loss with these parameters in the place of the model's own."""
        found = {}
        for batch in batches:
            if names := self._labelled(batch):
                said = functional_call(self._model, dict(others), (batch, names))
                for name in names:
                    found[name] = float(self._model.tasks[name].scaled_loss(said[name], batch.labels[name]))
        return found

    def _agreement(self, rows: Sequence[Row]) -> dict[str, list[list[float | None]]]:
        """Cosines of the gradients level by level, ``[N, N]`` each; they come with the probe at no further pass."""
        count = len(rows)
        gramians: dict[str, Tensor] = {}
        for level, column in zip(self._levels, zip(*rows, strict=True), strict=True):
            total = gramians.setdefault(level, torch.zeros(count, count, dtype=torch.float64))
            total += _inner_products(column)
        agreed = {level: cosines(gramian) for level, gramian in gramians.items()}
        return {level: [[_rounded(value) for value in row] for row in matrix] for level, matrix in agreed.items()}


def _inner_products(column: Sequence[Tensor | None]) -> Tensor:
    """Of the tasks' gradients at one parameter, ``[N, N]``, float64 on the CPU."""
    total = torch.zeros(len(column), len(column), dtype=torch.float64)
    given = [each for each in column if each is not None]
    if not given:
        return total
    flat = [(torch.zeros_like(given[0]) if each is None else each).reshape(-1) for each in column]
    for start in range(0, flat[0].numel(), CHUNK):
        chunk = torch.stack([each[start : start + CHUNK] for each in flat]).float()  # [N, C]
        total += (chunk @ chunk.T).double().cpu()
    return total


def _affinity(before: float, after: float) -> float | None:
    """1 − after / before; None where there is no loss to be lowered, or either is not finite."""
    found = 1 - after / before if before > 0 else float("nan")
    return found if -float("inf") < found < float("inf") else None


def _rounded(cosine: float | None) -> float | None:
    return None if cosine is None else round(cosine, 4)
