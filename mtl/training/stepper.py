"""One optimizer step: the balanced gradient, clipped; what is not finite is left out and counted.

N tasks
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from accelerate import Accelerator
from torch import Tensor
from transformers import get_linear_schedule_with_warmup

from mtl.balancing.balancer import Balancer, Seen
from mtl.data.batches import Batch
from mtl.errors import LossNotFinite
from mtl.model import MultiTaskModel
from mtl.runs.config import TrainingConfig
from mtl.training.gradients import GradientEngine, StepGradients, TaskGradient
from mtl.training.optimizing import parameter_groups

MOST_SKIPS = 3
"""So many steps in a row without a finite gradient of a task end the run."""
WHOLE = ""
"""Under this name the steps are counted whose sum of gradients is not finite although each task's is."""


@dataclass(frozen=True)
class Step:
    """What one optimizer step did."""

    gradients: StepGradients
    norm: float
    """The total gradient norm before clipping."""
    learning_rate: float
    """The encoder's, in this step."""
    layers: Mapping[str, float] = field(default_factory=dict)
    """Gradient norms by the level of the model's parts, from the bottom up, where they were measured."""
    balanced: bool = True
    """Whether the balancer found weights; where not, every task weighed 1."""

    @property
    def tasks(self) -> Mapping[str, TaskGradient]:
        """Each task's part."""
        return self.gradients.tasks

    @property
    def applied(self) -> bool:
        """Whether the parameters were changed."""
        return math.isfinite(self.norm)


class Stepper:
    """Holds the optimizer, its schedule and the gradient engine.

    Fused AdamW, no weight decay for biases and norms, linear decay after a linear warm-up, clipping by the total norm.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        balancer: Balancer,
        config: TrainingConfig,
        max_steps: int,
        accelerator: Accelerator,
    ) -> None:
        self._model, self._balancer, self._config = model, balancer, config
        self._engine = GradientEngine(model, balancer, accelerator.autocast, config.max_task_grad_norm)
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.AdamW(parameter_groups(model, config), fused=True)
        warmup = math.ceil(config.warmup_ratio * max_steps)
        self._schedule = get_linear_schedule_with_warmup(self._optimizer, warmup, max_steps)
        self._skips: dict[str, int] = {}

    def step(self, batches: Sequence[Batch], number: int, measure: bool = False) -> Step:
        """One step on batches of all sources.

        A task whose loss or gradient is not finite is left out of the step; a step whose gradient is not finite is
        left out whole. Where no text has a label, only the schedule moves on.

        Raises:
            LossNotFinite: That happened ``MOST_SKIPS`` times in a row to one task, or to the whole.
        """
        rate = float(self._schedule.get_last_lr()[0])
        self._optimizer.zero_grad(set_to_none=True)
        drawn = _random_state(self._model.device) if self._balancer.looks_back else None
        fell_back = self._balancer.fell_back
        gradients = self._engine.backward(batches, measure)
        layers = _layer_norms(self._model) if measure else {}
        limit = self._config.max_grad_norm or math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters, limit))
        found = Step(gradients, norm, rate, layers, balanced=self._balancer.fell_back == fell_back)
        self._count_skips(found, number)
        if found.applied and (gradients.tasks or not gradients.skipped):
            self._optimizer.step()
            self._schedule.step()  # a step that was left out takes nothing of the schedule
        if found.applied and gradients.tasks:
            self._learn(batches, gradients, drawn)
        return found

    def _learn(self, batches: Sequence[Batch], gradients: StepGradients, drawn: list[Tensor] | None) -> None:
        """Tells the balancer what came of the step."""
        tasks = gradients.tasks
        after = None
        if drawn is not None:
            with _drawing_again(drawn, self._model.device):
                seen = self._engine.losses(batches)
            after = torch.tensor([seen[name] for name in tasks])
        losses = torch.tensor([float(part.loss) for part in tasks.values()])
        norms = torch.tensor([float(part.norm) for part in tasks.values()])
        self._balancer.learn(Seen(list(tasks), losses, norms, after))

    def _count_skips(self, step: Step, number: int) -> None:
        """Counts what was left out, and ends the run where it does not get better."""
        left_out = set(step.gradients.skipped) | (set() if step.applied else {WHOLE})
        self._skips = {name: self._skips.get(name, 0) + 1 for name in left_out}
        for name, count in self._skips.items():
            if count >= MOST_SKIPS:
                raise self._not_finite(step, name, number)

    def _not_finite(self, step: Step, name: str, number: int) -> LossNotFinite:
        tasks = step.tasks
        if name == WHOLE:
            weighted = [each for each, part in tasks.items() if part.weight] or list(tasks)
            name = max(weighted, key=lambda each: float(tasks[each].norm))
        loss = float(step.gradients.skipped[name] if name in step.gradients.skipped else tasks[name].loss)
        what = f"the loss of {name!r} is {loss}, the gradient norm {step.norm:g}"
        message = f"Training cannot go on after step {number}: {what}, {MOST_SKIPS} times in a row."
        details = {"loss": loss, "grad_norm": step.norm, "learning_rate": self._config.learning_rate}
        return LossNotFinite(message, task=name, step=number, times=MOST_SKIPS, **details)


def _layer_norms(model: MultiTaskModel) -> dict[str, float]:
    """‖∂/∂θ‖ of each level below the heads, of all that stand side by side; what has no gradient is left out."""
    squares: dict[str, float] = {}
    for part in model.sharing.parts():
        for gradient in (each.grad for each in part.parameters if each.grad is not None):
            squares[part.level] = squares.get(part.level, 0.0) + float(gradient.float().square().sum())
    return {level: math.sqrt(square) for level, square in squares.items()}


def _random_state(device: torch.device) -> list[Tensor]:
    """What random numbers the next forward pass will draw."""
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])]


@contextmanager
def _drawing_again(drawn: Sequence[Tensor], device: torch.device) -> Iterator[None]:
    """Draws the same random numbers again, and afterwards goes on as if nothing had been drawn."""
    now = _random_state(device)
    _set_random_state(drawn, device)
    try:
        yield
    finally:
        _set_random_state(now, device)


def _set_random_state(states: Sequence[Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)
