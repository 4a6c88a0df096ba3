"""The training loop: batches from every source, one gradient, one optimizer step; validation, snapshots, test.

It knows tasks only by their interface, reports events, and asks for requests between steps. It knows no file.

T tasks · B texts · L tokens
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from accelerate import Accelerator

from mtl.balancing.balancer import Balancer
from mtl.data.batches import Batch, BucketedStream, collate
from mtl.data.sources import Split
from mtl.errors import OutOfMemory
from mtl.model import MultiTaskModel, parameter_counts
from mtl.runs import events
from mtl.runs.config import TrainingConfig
from mtl.training.affinity import AffinityProbe
from mtl.training.evaluation import EncodedSource, baselines, evaluate, pad_id
from mtl.training.hardware import device_name, peak_memory_bytes
from mtl.training.mixture import MixtureLog, Plan
from mtl.training.optimizing import count_steps
from mtl.training.patience import NO_IMPROVEMENT, Patience
from mtl.training.reporting import told
from mtl.training.sampling import Sampler
from mtl.training.stepper import Step, Stepper

Report = Callable[[events.Event], None]
Save = Callable[[MultiTaskModel, int], str]


class Control(Protocol):
    """Requests to a running trainer."""

    def stop_requested(self) -> str | None:
        """Why the run should stop after this step, or None."""

    def attend(self, model: MultiTaskModel, step: int) -> None:
        """What others want of the model between two steps; leaves it as it was."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: ``reason`` says why before its last step, None if it was the last."""

    reason: str | None
    peak_memory_bytes: int

    @property
    def stopped(self) -> bool:
        """Whether somebody ended the run; else it was scored on test rows."""
        return self.reason not in (None, NO_IMPROVEMENT)


class Trainer:
    """Trains a model on several sources at once.

    With one task and equal weights its losses are those of ``transformers.Trainer`` on the same batches: fused AdamW,
    no weight decay for biases and norms, linear decay after a linear warm-up, clipping by the total norm. Heads have
    a learning rate of their own. In each step every source gives its share of the batch.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        sources: Sequence[EncodedSource],
        balancer: Balancer,
        sampler: Sampler,
        config: TrainingConfig,
        accelerator: Accelerator,
    ) -> None:
        self.model = model.to(accelerator.device)
        self.sources = {source.name: source for source in sources}
        self.config = config
        self.accelerator = accelerator
        self.step = 0
        self.examples = 0
        self._saved: int | None = None
        self._validated: int | None = None
        self._patience = Patience(config.early_stopping_patience)
        rows = {source.name: len(source.splits["train"]) for source in sources}
        self.max_steps = count_steps(config, sum(rows.values()))
        self.plan = Plan(sampler, rows, config.per_device_train_batch_size, self.max_steps)
        self._mixture = MixtureLog(self.plan, config.eval_steps, self.max_steps)
        self._stepper = Stepper(self.model, balancer, config, self.max_steps, accelerator)
        self._affinity = AffinityProbe(self.model, config.learning_rate)

    def run(self, report: Report, control: Control, save: Save | None) -> Outcome:
        """Trains to the last step, to the end of the step in which a stop is asked for, or until no task gets better.

        ``save`` None keeps no snapshots.

        Raises:
            LossNotFinite: A loss or the gradient was NaN or infinite several times in a row.
            OutOfMemory: A step does not fit into the device's memory.
            StorageError: A snapshot cannot be written.
        """
        torch.manual_seed(self.config.seed)  # dropout
        report(self._started())
        self._validate(report, control, save)
        report(events.Phase(step=self.step, phase="training"))
        self.model.train()
        for batches in self.batches():
            if control.stop_requested():
                break
            self._train_step(batches, report)
            control.attend(self.model, self.step)
            if self.step == self.max_steps:
                break
            if self.step % self.config.eval_steps == 0:
                if self._validate(report, control, save):
                    return self._end(report, control, save, NO_IMPROVEMENT)
                report(events.Phase(step=self.step, phase="training"))
        return self._end(report, control, save)

    def batches(self) -> Iterator[list[Batch]]:
        """The endless, seeded sequence of steps: one batch of each source that has a share in the step."""
        seeds = {name: self.config.seed * 1009 + index for index, name in enumerate(self.sources)}
        lengths = {
            name: [len(example.input_ids) for example in source.splits["train"]]
            for name, source in self.sources.items()
        }
        streams = {name: BucketedStream(lengths[name], seeds[name]) for name in self.sources}
        for counts in self.plan.counts():
            yield [self._collate(name, streams[name].take(count)) for name, count in counts.items()]

    def _collate(self, name: str, indices: Sequence[int]) -> Batch:
        source = self.sources[name]
        examples = [source.splits["train"][index] for index in indices]
        return collate(name, examples, source.tasks, pad_id(self.model)).to(self.accelerator.device)

    def train_step(self, batches: Sequence[Batch], measure: bool = False) -> Step:
        """One optimizer step; ``measure`` compares the tasks' gradients as well, at one backward a task.

        Raises:
            LossNotFinite: As ``Stepper.step``.
        """
        self.step += 1
        self.examples += sum(len(batch) for batch in batches)
        return self._stepper.step(batches, self.step, measure)

    def measures(self, step: int) -> bool:
        """Whether the tasks' gradients are compared in this step: every ``conflict_steps`` from the first on."""
        every = self.config.conflict_steps
        return bool(every) and (step - 1) % every == 0

    def looks_ahead(self, step: int) -> bool:
        """Whether the tasks' affinity is probed before this step: every ``affinity_steps`` from the first on."""
        every = self.config.affinity_steps
        return bool(every) and (step - 1) % every == 0

    def look_ahead(self, batches: Sequence[Batch]) -> events.Affinity | None:
        """What a step for each task alone would do to the losses of all, on the batches of the next step."""
        return self._affinity.measure(batches, self.step + 1)

    def _train_step(self, batches: Sequence[Batch], report: Report) -> None:
        try:
            if self.looks_ahead(self.step + 1) and (seen := self.look_ahead(batches)):
                report(seen)
            done = self.train_step(batches, self.measures(self.step + 1))
        except torch.OutOfMemoryError as error:
            size = self.config.per_device_train_batch_size
            message = f"A step of {size} texts does not fit into the memory of {device_name(self.model.device)}."
            raise OutOfMemory(message, step=self.step, per_device_train_batch_size=size) from error
        if mixture := self._mixture.take(self.step, batches):
            report(mixture)
        due = not self.step % self.config.logging_steps or self.step in (1, self.max_steps)
        for event in told(done, self.step, self.examples, self.config.max_grad_norm, due):
            report(event)

    def _validate(self, report: Report, control: Control, save: Save | None) -> bool:
        """Scores validation rows and saves; whether no task has got better for so long that the run should end."""
        report(events.Phase(step=self.step, phase="evaluating"))
        for source in self.sources.values():
            if control.stop_requested() and self.step:
                break
            self._score(source, "validation", report)
            control.attend(self.model, self.step)
        self._validated = self.step
        self._save(report, save)
        return self._patience.over()

    def _score(self, source: EncodedSource, split: Split, report: Report) -> None:
        size = self.config.per_device_eval_batch_size
        results = evaluate(self.model, source, split, size, self.accelerator.autocast)
        for task in source.tasks:
            if task.name not in results:
                continue
            result = results[task.name]
            examples = len(source.splits[split])
            if split == "validation":  # a curve has no point of the test
                self._patience.see(task.name, result.scores.get(task.metric, math.nan))
                report(events.Loss(step=self.step, task=task.name, split=split, loss=result.loss, examples=examples))
            report(
                events.Scores(
                    step=self.step, task=task.name, split=split, metric=task.metric, scores=result.scores,
                    signature=task.signature,
                )
            )  # fmt: skip
            if result.samples and split == "validation":
                report(events.Samples(step=self.step, task=task.name, split=split, samples=result.samples))

    def _save(self, report: Report, save: Save | None) -> None:
        if save is None or self._saved == self.step:
            return
        report(events.Phase(step=self.step, phase="saving"))
        report(events.Snapshot(step=self.step, name=save(self.model, self.step)))
        self._saved = self.step

    def _end(self, report: Report, control: Control, save: Save | None, reason: str | None = None) -> Outcome:
        reason = (control.stop_requested() or reason) if self.step < self.max_steps else None
        outcome = Outcome(reason, peak_memory_bytes(self.model.device))
        if outcome.stopped:
            self._save(report, save)
        else:
            if self._validated != self.step:
                self._validate(report, control, save)
            report(events.Phase(step=self.step, phase="evaluating"))
            for source in self.sources.values():
                self._score(source, "test", report)
                control.attend(self.model, self.step)
        return replace(outcome, peak_memory_bytes=peak_memory_bytes(self.model.device))

    def _started(self) -> events.RunStarted:
        device = self.model.device
        return events.RunStarted(
            device=device.type,
            device_name=device_name(device),
            precision="bf16" if self.accelerator.mixed_precision == "bf16" else "fp32",
            max_steps=self.max_steps,
            eval_steps=self.config.eval_steps,
            conflict_steps=self.config.conflict_steps,
            affinity_steps=self.config.affinity_steps,
            tasks=[line for source in self.sources.values() for line in _task_lines(source)],
            parameters=parameter_counts(self.model),
            parts=[part.to_dict() for part in self.model.parts()],
        )


def _task_lines(source: EncodedSource) -> list[dict[str, Any]]:
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
