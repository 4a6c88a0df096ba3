"""Trains a run on real data as the worker does, and tells on the error stream how it goes."""

import json
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from mtl.assembly import assemble
from mtl.data.batches import encode_rows
from mtl.data.origins import RunData
from mtl.data.selection import rows_of_run
from mtl.data.uploads import Uploads
from mtl.model import MultiTaskModel
from mtl.runs import events
from mtl.runs.config import RunConfig
from mtl.training.evaluation import EncodedSource, evaluate
from tests.bench.real_scores import scores_of

CORES = 2
SHOWN_EVERY = 100
RESULT = "result.json"


@dataclass(frozen=True)
class Result:
    """What one run came to. Minutes hold everything: loading, training, and scoring at the end.

    ``cpu`` is the process's own time divided by two: what two cores to itself would take, however busy the machine.
    """

    scores: Mapping[str, Mapping[str, float]]
    wall: float
    cpu: float
    steps: int


class Log:
    """Tells how a run goes, and keeps its test scores."""

    def __init__(self) -> None:
        self.scores: dict[str, Mapping[str, float]] = {}
        self._began = time.monotonic()
        self._losses: dict[str, list[float]] = {}

    def report(self, event: events.Event) -> None:
        """Takes every event of the run."""
        if isinstance(event, events.Scores):
            if event.split == "test":
                self.scores[event.task] = event.scores
            self._say(event.step, f"{event.split} {event.task} {_rounded(event.scores)}")
        elif isinstance(event, events.Loss) and event.split == "validation":
            self._say(event.step, f"validation {event.task} loss {event.loss:.4f}")
        elif isinstance(event, events.Loss):
            self._losses.setdefault(event.task, []).append(event.loss)
        elif isinstance(event, events.Optimizer) and event.step % SHOWN_EVERY == 0:
            means = {name: fmean(losses) for name, losses in self._losses.items()}
            self._say(event.step, f"loss {_rounded(means)} norm {event.grad_norm:.2f}")
            self._losses.clear()
        elif isinstance(event, events.Dropped | events.Truncated | events.Samples):
            self._say(event.step, f"{event.type} {json.dumps(asdict(event), ensure_ascii=False)[:600]}")

    def _say(self, step: int, what: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  step {step:5d}  {what}", file=sys.stderr, flush=True)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


class Never:
    """A control that asks for nothing."""

    def stop_requested(self) -> str | None:
        return None

    def attend(self, model: MultiTaskModel, step: int) -> None:
        pass


def train(plain: Mapping[str, Any], uploads: Uploads, keep: Path | None = None) -> Result:
    """Trains to the end, where the test rows are scored; ``keep`` is where the model is saved."""
    log, wall, cpu = Log(), time.monotonic(), time.process_time()
    trainer = assemble(RunConfig.from_dict(plain), report=log.report, uploads=uploads)
    trainer.run(log.report, Never(), None)
    minutes = (time.monotonic() - wall) / 60, (time.process_time() - cpu) / 60 / CORES
    found = scores_of(trainer.model, list(trainer.sources.values()))
    result = Result({**log.scores, **found}, *minutes, trainer.step)
    if keep is not None:
        trainer.model.save_pretrained(keep)
        (keep / RESULT).write_text(json.dumps(asdict(result)))
    return result


def score_kept(plain: Mapping[str, Any], uploads: Uploads, kept: Path) -> Result:
    """A saved model's scores on the test rows, with the times of its training."""
    config = RunConfig.from_dict(plain)
    model = MultiTaskModel.from_pretrained(kept)
    data = RunData(config, uploads)
    rows = rows_of_run(config, data, data.specs())
    scores: dict[str, Mapping[str, float]] = {}
    sources = []
    for name, splits in rows.items():
        tasks = [task for task in model.tasks.values() if task.spec.source == name]
        encoded = encode_rows(model.tokenizer, splits["test"], tasks, model.max_length)
        sources.append(EncodedSource(name, tasks, {"test": encoded}))
        size = config.training.per_device_eval_batch_size
        found = evaluate(model, sources[-1], "test", size, nullcontext)
        scores |= {task: each.scores for task, each in found.items()}
    before = json.loads((kept / RESULT).read_text())
    return Result({**scores, **scores_of(model, sources)}, before["wall"], before["cpu"], before["steps"])
