"""The runs whose tasks are trained together and alone: what they are made of, and why.

Nothing is chosen here by looking at test scores, but that the last mix hurts: that showed in ``tests.bench.methods``.
"""

from collections.abc import Mapping
from dataclasses import replace

from tests.bench.method_runs import TRIALS
from tests.bench.real_runs import COARSE, PARAPHRASE, RARELY, RUNS, SENTIMENT, SIMILARITY, Run, encoder, sampling, steps

FEW = 300
"""Training rows of the small tasks."""
QUIET = {"conflict_steps": 0, "eval_steps": RARELY, "max_eval_samples": 64}
"""What takes time and changes nothing is left out."""


def _snips() -> Run:
    """Two label sets of one text, a pass and a third over its rows."""
    run = RUNS["snips"]
    return replace(run, training=steps(500, 32, 3e-4, 2e-3) | QUIET, bars=[], minutes=None)


def _small() -> Run:
    """Two tasks with all their rows beside two with few; each has a quarter of every step."""
    few = {"max_train_samples": FEW}
    tasks = [SENTIMENT, COARSE, PARAPHRASE | few, SIMILARITY | few]
    tables = [str(task["spec"]["source"]) for task in tasks]
    training = steps(400, 32, 2e-4, 1e-3) | QUIET
    return Run(tables=tables, tasks=tasks, training=training, bars=[], more=encoder(128) | sampling("uniform"))


def _hurts() -> Run:
    """Entities of tweets beside three tasks on whole texts, in few steps."""
    return TRIALS["equal"].run()


RACES: Mapping[str, Run] = {"snips": _snips(), "small": _small(), "hurts": _hurts()}
