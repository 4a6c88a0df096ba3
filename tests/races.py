"""Races without training: configs, journals of runs that finished, and what the Compare tab answers about them."""

import json
import math
from itertools import count

from mtl.runs.config import RunConfig
from mtl.runs.events import Finished, Loss, Mixture, Optimizer, Phase, QuestionTime, RunStarted, Scores
from mtl.runs.journal import Journal

ME = "visitor me"


def config(tasks=("sentiment", "topic"), seed=0, **more):
    """A config of these tasks."""
    return RunConfig.from_dict({"tasks": list(tasks), "training": {"seed": seed, "max_steps": 4}, **more})


def finish(store, run_id, scores, steps=4):
    """Writes the journal of a run that trained to its end and scored so on test rows."""
    tasks = [task.name for task in store.config(run_id).tasks]
    ticks = count()
    journal = Journal(store.folder(run_id) / "events.jsonl", lambda: float(next(ticks)))
    journal.append(
        RunStarted(
            device="cpu", device_name="CPU", precision="fp32", max_steps=steps, eval_steps=steps // 2,
            tasks=[{"name": task, "kind": "classification", "source": "texts", "metric": "accuracy"} for task in tasks],
            parameters={"total": 22_700_000},
        )
    )  # fmt: skip
    journal.append(Phase(step=0, phase="training"))
    journal.append(Mixture(step=1, shares={"texts": 0.5}, examples={}))
    for step in range(1, steps + 1):
        texts = 8 * step
        for at, task in enumerate(tasks):
            loss = 0.3 + math.exp(-4 * step / (steps * (1 + at)))
            journal.append(Loss(step=step, task=task, split="train", loss=loss, examples=texts, weight=1.0))
        journal.append(Optimizer(step=step, learning_rate=1e-3, grad_norm=1.0, clipped=False, examples=texts))
    journal.append(Phase(step=steps, phase="evaluating"))
    for task, value in scores.items():
        journal.append(Scores(step=steps, task=task, split="test", metric="accuracy", scores={"accuracy": value}))
    journal.append(QuestionTime(step=steps, seconds=0.01 + 0.01 * len(tasks), questions=24))
    journal.append(Finished(step=steps, elapsed_s=40.0, peak_memory_bytes=1_200_000_000))
    journal.close()
    return run_id


def race(comparing, run, seeds=1, **more):
    """What the tab is told about a race."""
    return _said(comparing, {"ask": "race", "run": run, "seeds": seeds, **more})


def pick(comparing, *runs, **more):
    """What the tab is told about picked runs."""
    return _said(comparing, {"ask": "runs", "runs": list(runs), **more})


def _said(comparing, asked):
    said = comparing.look(asked)
    json.dumps(said, allow_nan=False)
    return said
