"""The training loop: batches from every source, one gradient, one optimizer step; validation, snapshots, test.

It knows tasks only by their interface, reports events, and asks for requests between steps. It knows no file.

T tasks · B texts · L tokens
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from accelerate import Accelerator

from mtl.balancing.balancer import Balancer
from mtl.data.batches import Batch, BucketedStream, collate
from mtl.errors import ConfigError, OutOfMemory
from mtl.model import MultiTaskModel, parameter_counts
from mtl.runs import events
from mtl.runs.config import LAST, TrainingConfig
from mtl.runs.selected import Selected
from mtl.training.affinity import AffinityProbe
from mtl.training.evaluation import EncodedSource, pad_id
from mtl.training.hardware import device_name, peak_memory_bytes
from mtl.training.mixture import MixtureLog, Plan
from mtl.training.optimizing import count_steps
from mtl.training.patience import NO_IMPROVEMENT, Patience
from mtl.training.reporting import task_lines, told
from mtl.training.sampling import Sampler
from mtl.training.scoring import Scorer
from mtl.training.selection import steps_to_score
from mtl.training.stepper import Step, Stepper

Report = Callable[[events.Event], None]
Follower = Callable[[MultiTaskModel, int], Iterator[events.Event]]


class Snapshots(Protocol):
    """Where the model is saved while it trains."""

    def save(self, model: MultiTaskModel, step: int, selected: Selected) -> str:
        """Saves a step's model, keeps what is selected, and returns its name."""

    def load(self, step: int) -> MultiTaskModel:
        """The model of a step that is kept."""

    def disk_bytes(self) -> int:
        """What is kept takes so much."""


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
    a learning rate of their own. In each step every source gives its share of the batch; the part of a source without
    tasks stays out.
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
        self.sources = {source.name: source for source in sources if source.tasks}
        self.config = config
        self.accelerator = accelerator
        self.step = 0
        self.examples = 0
        self.followers: list[Follower] = []
        """They look at the model at every validation."""
        self.closers: list[Follower] = []
        """They look at it once, after the test rows."""
        """Each is asked after a validation what else there is to tell."""
        self._saved: int | None = None
        self._validated: int | None = None
        self._scorer = Scorer(self.model, config.per_device_eval_batch_size, accelerator)
        self._patience = Patience(config.early_stopping_patience)
        rows = {source.name: source.size for source in sources}
        self._seeds = {name: config.seed * 1009 + index for index, name in enumerate(rows)}
        self.max_steps = count_steps(config, sum(rows.values()))
        self.plan = Plan(sampler, rows, config.per_device_train_batch_size, self.max_steps)
        self._mixture = MixtureLog(self.plan, config.eval_steps, self.max_steps)
        self._stepper = Stepper(self.model, balancer, config, self.max_steps, accelerator)
        self._affinity = AffinityProbe(self.model, config.learning_rate)

    def run(self, report: Report, control: Control, snapshots: Snapshots | None) -> Outcome:
        """Trains to the last step, to the end of the step in which a stop is asked for, or until no task gets better.

        ``snapshots`` None keeps none.

        Raises:
            ConfigError: The best snapshots are to be scored, and none are kept.
            LossNotFinite: A loss or the gradient was NaN or infinite several times in a row.
            OutOfMemory: A step does not fit into the device's memory.
            StorageError: A snapshot cannot be written.
        """
        if snapshots is None and self.config.model_selection != LAST:
            rule = "be 'last' where no snapshots are kept"
            raise ConfigError("training.model_selection", rule, self.config.model_selection)
        torch.manual_seed(self.config.seed)  # dropout
        report(self._started())
        self._validate(report, control, snapshots)
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
                if self._validate(report, control, snapshots):
                    return self._end(report, control, snapshots, NO_IMPROVEMENT)
                report(events.Phase(step=self.step, phase="training"))
        return self._end(report, control, snapshots)

    def batches(self) -> Iterator[list[Batch]]:
        """The endless, seeded sequence of steps: one batch of each source that has a share in the step.

        A step may be empty, if none but sources without tasks has.
        """
        lengths = {
            name: [len(example.input_ids) for example in source.splits["train"]]
            for name, source in self.sources.items()
        }
        streams = {name: BucketedStream(lengths[name], self._seeds[name]) for name in self.sources}
        for counts in self.plan.counts():
            taken = {name: count for name, count in counts.items() if name in streams}
            yield [self._collate(name, streams[name].take(count)) for name, count in taken.items()]

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

    def _validate(self, report: Report, control: Control, snapshots: Snapshots | None) -> bool:
        """Scores validation rows and saves; whether no task has got better for so long that the run should end."""
        report(events.Phase(step=self.step, phase="evaluating"))
        for source in self.sources.values():
            if control.stop_requested() and self.step:
                break
            for event in self._scorer.score(source, "validation", self.step):
                report(event)
            control.attend(self.model, self.step)
        for follower in self.followers:
            for event in follower(self.model, self.step):
                report(event)
        self._validated = self.step
        better = self._scorer.selection.close(self.step)
        self._save(report, snapshots, better)
        return self._patience.over(bool(better))

    def _test(self, report: Report, control: Control, snapshots: Snapshots | None) -> None:
        """Scores test rows, each task with the weights that were selected for it."""
        names = [task.name for source in self.sources.values() for task in source.tasks]
        rule, selected = self.config.model_selection, self._scorer.selection.selected
        for step, chosen in steps_to_score(rule, selected, names, self.step).items():
            other = None
            if step != self.step and snapshots is not None:
                other = step, snapshots.load(step).to(self.model.device)
            for source in self.sources.values():
                # A snapshot's tasks have the thresholds of its own step.
                known = self.model.tasks if other is None else other[1].tasks
                tasks = [known[task.name] for task in source.tasks if task.name in chosen]
                if tasks:
                    for event in self._scorer.score(replace(source, tasks=tasks), "test", self.step, other):
                        report(event)
                control.attend(self.model, self.step)

    def _save(self, report: Report, snapshots: Snapshots | None, better: Sequence[str] = ()) -> None:
        if snapshots is None or self._saved == self.step:
            return
        report(events.Phase(step=self.step, phase="saving"))
        selected = self._scorer.selection.selected
        name = snapshots.save(self.model, self.step, selected)
        best = selected.best == self.step
        size = snapshots.disk_bytes()
        report(events.Snapshot(step=self.step, name=name, best_of=list(better), best=best, disk_bytes=size))
        self._saved = self.step

    def _end(self, report: Report, control: Control, snapshots: Snapshots | None, reason: str | None = None) -> Outcome:
        reason = (control.stop_requested() or reason) if self.step < self.max_steps else None
        outcome = Outcome(reason, peak_memory_bytes(self.model.device))
        if outcome.stopped:
            self._save(report, snapshots)
            self._examine(report)
        else:
            if self._validated != self.step:
                self._validate(report, control, snapshots)
            self._examine(report)
            report(events.Phase(step=self.step, phase="evaluating"))
            self._test(report, control, snapshots)
            for closer in self.closers:
                for event in closer(self.model, self.step):
                    report(event)
        return replace(outcome, peak_memory_bytes=peak_memory_bytes(self.model.device))

    def _examine(self, report: Report) -> None:
        for event in self._scorer.mistakes(self.step):
            report(event)

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
            tasks=[line for source in self.sources.values() for line in task_lines(source)],
            parameters=parameter_counts(self.model),
            parts=[part.to_dict() for part in self.model.parts()],
        )
