"""Transfer gain: how much lower a task's loss gets when it is trained together with another, from the runs' events."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from mtl.analysis.relations import GAIN, Relation
from mtl.errors import ConfigError

Events = Iterable[Mapping[str, Any]]


def best_losses(events: Events) -> dict[str, float]:
    """The lowest validation loss of each task of a run."""
    best: dict[str, float] = {}
    for event in events:
        if event.get("type") == "loss" and event.get("split") == "validation":
            loss = event.get("loss")
            if isinstance(loss, int | float) and not isinstance(loss, bool) and math.isfinite(loss):
                task = str(event.get("task"))
                best[task] = min(loss, best.get(task, math.inf))
    return best


def transfer_gains(runs: Mapping[tuple[str, ...], Events]) -> Relation:
    """Row i, column j: 1 − Lⱼ(trained with i) / Lⱼ(trained alone), in the losses that each run reached at its best.

    After `Which Tasks Should Be Learned Together <https://arxiv.org/abs/1905.07553>`_ (ICML 2020), which trains all
    pairs; ``mtl.runs.pairs`` makes their configurations. 0.1: the loss is a tenth lower; below 0 the company hurts.
    The diagonal, and what a missing run or loss would tell, is None. A single seed each: small gains are noise.

    Args:
        runs: The events of each run by its tasks: one task, or two in any order.

    Raises:
        ConfigError: A run has more than two tasks, or no task was trained alone.
    """
    known: dict[frozenset[str], dict[str, float]] = {}
    for names, events in runs.items():
        if not 1 <= len(names) <= 2:
            raise ConfigError("runs", "be of one task or of two", list(names))
        known[frozenset(names)] = best_losses(events)
    tasks = tuple(name for names in runs if len(names) == 1 for name in names)
    if not tasks:
        raise ConfigError("runs", "hold a run of each task alone", [list(names) for names in runs])

    def gain(source: str, target: str) -> float | None:
        alone = known[frozenset((target,))].get(target)
        beside = known.get(frozenset((source, target)), {}).get(target)
        return None if source == target or not alone or beside is None else 1 - beside / alone

    return Relation(GAIN, tasks, tuple(tuple(gain(source, target) for target in tasks) for source in tasks))
