"""The runs that compare balancers and sharing schemes: one mix, one budget, and what each changes.

Nothing is chosen here by looking at scores: rates are the defaults of a run, and every method has its default options.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mtl.balancing import BALANCERS
from mtl.sharing import SHARING
from tests.bench.real_runs import RARELY, SENTIMENT, SIMILARITY, Run, encoder, sampling, task

TASKS = (
    SENTIMENT,
    task("question", "classification", "trec", "coarse_label"),
    SIMILARITY,
    task("entities", "tagging", "wnut_17", "ner_tags", tokens="tokens"),
)
SCORES = {"sentiment": "accuracy", "question": "accuracy", "similarity": "spearman", "entities": "entity_f1"}
"""What each task is scored by; all are better when higher."""
TEXTS = 8
"""Texts of each task in a step, alone or together."""
STEPS = 160
TRAINING = {
    "max_steps": STEPS, "per_device_train_batch_size": TEXTS * len(TASKS), "eval_steps": RARELY, "max_eval_samples": 64,
    "conflict_steps": 0,
}  # fmt: skip
ILL_SCALE = 50.0
"""The factor on the loss of ``similarity`` in the ill-scaled mix: as if it were measured in other units."""
RECOVER = (
    "random", "uncertainty", "imtl_l", "log_loss", "geometric", "famo", "dwa", "nash", "fairgrad", "imtl_g", "aligned",
    "dbmtl",
)  # fmt: skip
"""Balancers that are tried on the ill-scaled mix."""


@dataclass(frozen=True)
class Trial:
    """One row of the table."""

    name: str
    group: str
    """``alone``, ``balancer``, ``sharing`` or ``ill_scaled``."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the configuration besides those of every run."""
    task: str | None = None
    """The only task, of those trained alone."""
    scale: float = 1.0
    """Factor on the loss of ``similarity``."""

    def run(self) -> Run:
        """The trial as a run on real data."""
        tasks: list[Mapping[str, Any]] = [each for each in TASKS if self.task in (None, each["name"])]
        training = TRAINING | {"per_device_train_batch_size": TEXTS * len(tasks)}
        tables = [str(each["spec"]["source"]) for each in tasks]
        scaled = [each | {"loss_scale": self.scale} if each["name"] == "similarity" else each for each in tasks]
        more = encoder(128, freeze_layers=2) | sampling("uniform") | dict(self.changes)
        return Run(tables=tables, tasks=scaled, training=training, bars=[], more=more)


def _trials() -> Iterator[Trial]:
    for each in TASKS:
        yield Trial(f"alone {each['name']}", "alone", task=each["name"])
    for name in BALANCERS:
        if name != "fixed":  # without weights that somebody chose it is equal
            yield Trial(name, "balancer", {"balancer": name})
    for name in SHARING:
        if name != "hard":  # with equal weights, as above
            yield Trial(f"sharing {name}", "sharing", {"sharing": name})
    for name in ("equal", *RECOVER):
        yield Trial(f"ill {name}", "ill_scaled", {"balancer": name}, scale=ILL_SCALE)


TRIALS: Mapping[str, Trial] = {trial.name: trial for trial in _trials()}
