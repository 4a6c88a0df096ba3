"""What the trainer costs beside a bare PyTorch loop on the same batches.

Both take the batches of the default preset in the same order, and one step each in turn. The trainer does what it
does in a run: per-task gradients, checks, requests to stop, and its events on the disk. The bare loop adds up the
losses of all tasks of a source, goes backward once per source, clips, and steps the same optimizer and schedule.
"""

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import get_linear_schedule_with_warmup

from mtl.assembly import assemble
from mtl.model import MultiTaskModel
from mtl.runs.config import RunConfig
from mtl.runs.control import Control
from mtl.runs.events import Event, Optimizer
from mtl.runs.record import Record
from mtl.training.optimizing import parameter_groups
from mtl.training.trainer import Trainer
from tests.bench.table import Row, at_most, median, show

STEPS, WARM_UP, BAR = 60, 5, 1.05


class BareLoop:
    """The loop that one would write by hand for the same model."""

    def __init__(self, trainer: Trainer) -> None:
        self.model: MultiTaskModel = copy.deepcopy(trainer.model).train()
        self._batches = trainer.batches()
        self._autocast = trainer.accelerator.autocast
        self._limit = trainer.config.max_grad_norm
        self._optimizer = torch.optim.AdamW(parameter_groups(self.model, trainer.config), fused=True)
        self._schedule = get_linear_schedule_with_warmup(self._optimizer, STEPS // 10, trainer.max_steps)

    def step(self) -> float:
        """One step; returns the summed loss."""
        self._optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for batch in next(self._batches):
            names = list(batch.labels)
            with self._autocast():
                logits = self.model(batch, names)
            loss = sum(self.model.tasks[name].loss(logits[name], batch.labels[name]) for name in names)
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._limit)
        self._optimizer.step()
        self._schedule.step()
        return total


class Turns:
    """The trainer's reporter: writes events down as a worker does, and lets the bare loop step after each step."""

    def __init__(self, trainer: Trainer, folder: Path) -> None:
        self._record = Record(folder)
        self._bare = BareLoop(trainer)
        self._began: float | None = None
        self.control = Control(folder)
        self.trainer_s: list[float] = []
        self.bare_s: list[float] = []

    def report(self, event: Event) -> None:
        """Takes an event; a step ends with the optimizer's."""
        self._record.report(event)
        if not isinstance(event, Optimizer):
            return
        now = time.perf_counter()
        if self._began is not None:  # of the first step the beginning is not known
            self.trainer_s.append(now - self._began)
            self._bare.step()
            self.bare_s.append(time.perf_counter() - now)
        else:
            self._bare.step()
        if len(self.bare_s) == STEPS:
            self.control.request_stop("enough")
        self._began = time.perf_counter()


def rows() -> Iterator[Row]:
    """Trains the default preset with next to no validation, and stops after enough steps."""
    changes: dict[str, Any] = {"max_steps": 10 * STEPS, "eval_steps": 10 * STEPS, "max_eval_samples": 8}
    with TemporaryDirectory() as runs:
        trainer = assemble(RunConfig.from_dict({"training": changes}), report=lambda _: None)
        turns = Turns(trainer, Path(runs))
        trainer.run(turns.report, turns.control, None)
    pairs = list(zip(turns.trainer_s, turns.bare_s, strict=True))[WARM_UP:]
    ratios = [ours / bare for ours, bare in pairs]
    ours, bare = (1000 * median([pair[side] for pair in pairs]) for side in (0, 1))
    detail = f"median of {len(pairs)} pairs; p50 {ours:.0f} ms vs {bare:.0f} ms"
    yield at_most("trainer step, reporting on, vs a bare PyTorch loop", median(ratios), BAR, "×", detail)


if __name__ == "__main__":
    show(rows())
