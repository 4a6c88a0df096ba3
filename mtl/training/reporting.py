"""What a step tells: one event for each thing that somebody may want to draw."""

from collections.abc import Iterator
from typing import Any

import torch

from mtl.runs import events
from mtl.training.evaluation import EncodedSource, baselines
from mtl.training.stepper import Step


def told(step: Step, number: int, examples: int, max_grad_norm: float, due: bool) -> Iterator[events.Event]:
    """The events of a step; losses and norms only if they are ``due``, what was measured or left out always."""
    for name, loss in step.gradients.skipped.items():
        yield events.Skipped(step=number, task=name, loss=float(loss))
    if not step.applied:
        yield events.Skipped(step=number, task=None, loss=None)
    if not step.balanced:
        yield events.Unbalanced(step=number)
    if step.gradients.gramian is not None and len(step.gradients.names) > 1:
        names = step.gradients.names
        yield events.Conflicts(step=number, tasks=names, cosines=cosines(step.gradients.gramian))
    if step.layers:
        yield events.Layers(step=number, norms=step.layers)
    if not due:
        return
    for name, part in step.tasks.items():
        yield events.Loss(
            step=number, task=name, split="train", loss=float(part.loss), examples=examples, weight=part.weight,
            grad_norm=float(part.norm),
        )  # fmt: skip
    clipped = step.applied and 0 < max_grad_norm < step.norm
    yield events.Optimizer(
        step=number, learning_rate=step.learning_rate, grad_norm=step.norm, clipped=clipped, examples=examples
    )


def cosines(gramian: torch.Tensor) -> list[list[float | None]]:
    """cos(gᵢ, gⱼ) = Gᵢⱼ / √(Gᵢᵢ Gⱼⱼ), ``[N, N]``; None where a gradient is zero."""
    lengths = gramian.diagonal().clamp(min=0).sqrt()
    found = gramian / lengths[:, None] / lengths
    return [[value if -2 < value < 2 else None for value in row] for row in found.tolist()]


def task_lines(source: EncodedSource) -> list[dict[str, Any]]:
    """What ``run_started`` tells about each task of a source."""
    constant = baselines(source)
    return [
        {
            "name": task.name,
            "kind": task.spec.kind,
            "source": source.name,
            "labels": list(task.spec.labels),
            "metric": task.metric,
            "loss_scale": task.loss_scale,
            **{
                f"{split}_rows": sum(example.labels[task.name] is not None for example in examples)
                for split, examples in source.splits.items()
            },
            "baseline": dict(constant.get(task.name, {})),
        }
        for task in source.tasks
    ]
