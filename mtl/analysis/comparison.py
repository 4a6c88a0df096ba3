"""Two sides of a comparison, task by task: together against alone, or any run against any other.

Each side is one or more results; for every task that both have, there is one of each side for every seed. What is
compared is the primary score on test rows. Differences are paired by seed, so what a seed does to both sides alike
drops out; see ``mtl.analysis.intervals`` for their intervals.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from mtl.analysis.intervals import Interval, interval
from mtl.analysis.results import Result, Score
from mtl.errors import ComparisonError

LOWER_IS_BETTER = frozenset({"loss", "perplexity", "mae", "mse", "rmse", "wer", "ter"})
"""Scores that are the better the lower they are. No task of the lab has one as its primary score."""

Pair = tuple[float, float]
"""The score of the first side and of the second, the base."""


@dataclass(frozen=True)
class TaskComparison:
    """One task on both sides, over all seeds."""

    task: str
    metric: str
    together: Interval
    alone: Interval
    difference: Interval
    """First side minus second, by seed; turned round for a score that is better when lower: above 0 is better."""


@dataclass(frozen=True)
class Cost:
    """What a side takes, a mean over the seeds."""

    runs: int
    """Models that answer the tasks."""
    parameters: int | None
    """Of all of them."""
    training_s: float | None
    """Of all of them, one after the other."""
    question_s: float | None
    """For one text: of the one model with all heads, or of all models, one after the other; the seeds' median."""
    peak_memory_bytes: int | None
    """Of the largest."""


@dataclass(frozen=True)
class Comparison:
    """What may be said of the two sides."""

    seeds: tuple[int, ...]
    tasks: tuple[TaskComparison, ...]
    delta_m: Interval | None
    """In percent; None where a base is 0 or less."""
    no_base: tuple[str, ...]
    """The tasks with such a base."""
    together: Cost
    alone: Cost
    one_device: bool
    """Whether all runs were trained on devices of one name: else their times tell nothing."""

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values, each difference with its verdict."""
        values = asdict(self)
        for line, task in zip(values["tasks"], self.tasks, strict=True):
            line["verdict"] = task.difference.verdict
        return values | {"verdict": self.delta_m.verdict if self.delta_m else None}


def delta_m(pairs: Mapping[str, Pair], lower: frozenset[str] = frozenset()) -> float:
    """Δm in percent: how much better the first side is than its base, the mean over the tasks.

    `Attentive Single-Tasking of Multiple Tasks <https://arxiv.org/abs/1904.08918>`_ (CVPR 2019):
    Δm = 100/T · Σᵢ (−1)^lᵢ (Mᵢ − Bᵢ)/Bᵢ for T tasks, with lᵢ = 1 for a score that is better when lower. Above 0 the
    first side is better. Elsewhere (Nash-MTL, FAMO) the sign is the other way round.

    Args:
        pairs: By task the score M and the base B: the score of the task trained alone.
        lower: The tasks whose scores are better when lower.

    Raises:
        ComparisonError: ``base``, if one is 0 or below: Δm divides by it. ``nothing_shared`` of no task at all.
    """
    if not pairs:
        raise ComparisonError("Δm is a mean over tasks. Found none.", reason="nothing_shared", first=[], second=[])
    terms = []
    for task, (score, base) in pairs.items():
        if not base > 0:
            message = f"Δm divides by the base, which should be above 0. Found {base:g} for {task}."
            raise ComparisonError(message, reason="base", task=task, found=base)
        terms.append((-1 if task in lower else 1) * (score - base) / base)
    return 100 * math.fsum(terms) / len(terms)


def compare(
    together: Sequence[Result], alone: Sequence[Result], lower_metrics: frozenset[str] = LOWER_IS_BETTER
) -> Comparison:
    """Sets two sides against each other, on the tasks that both have.

    Args:
        together: One result for each seed, or several of one seed if they have different tasks.
        alone: The same of the other side, which is the base.
        lower_metrics: The names of scores that are better when lower.

    Raises:
        ComparisonError: ``nothing_shared``; ``seeds``, if a task has not one result of every seed on both sides;
            ``metric``, if a task is scored in two ways.
    """
    first, second = _by_task(together), _by_task(alone)
    shared = [task for task in first if task in second]
    if not shared:
        raise _nothing_shared(first, second)
    seeds = tuple(sorted(first[shared[0]]))
    for task in shared:
        _check_seeds(task, first, second, seeds)
    lines = [_line(task, first[task], second[task], lower_metrics) for task in shared]
    lower = frozenset(line.task for line in lines if line.metric in lower_metrics)
    bases = {task: min(score.value for score in second[task].values()) for task in shared}
    no_base = tuple(task for task, base in bases.items() if not base > 0)
    used = [[each for each in side if each.scores.keys() & set(shared)] for side in (together, alone)]
    return Comparison(
        seeds=seeds,
        tasks=tuple(lines),
        delta_m=None if no_base else interval([_delta(shared, first, second, seed, lower) for seed in seeds]),
        no_base=no_base,
        together=_cost(used[0], len(seeds)),
        alone=_cost(used[1], len(seeds)),
        one_device=len({each.device_name for side in used for each in side}) == 1,
    )


Scores = Mapping[str, Mapping[int, Score]]
"""By task and seed."""


def _by_task(side: Sequence[Result]) -> dict[str, dict[int, Score]]:
    found: dict[str, dict[int, Score]] = {}
    for each in side:
        for task, score in each.scores.items():
            if each.seed in found.setdefault(task, {}):
                message = f"One side should have one run of {task} for each seed. Found two with seed {each.seed}."
                raise ComparisonError(message, reason="seeds", task=task, first=[each.seed, each.seed], second=[])
            found[task][each.seed] = score
    return found


def _nothing_shared(first: Scores, second: Scores) -> ComparisonError:
    names = [sorted(side) for side in (first, second)]
    message = f"The runs have no task in common: {', '.join(names[0])} on one side, {', '.join(names[1])} on the other."
    return ComparisonError(message, reason="nothing_shared", first=names[0], second=names[1])


def _check_seeds(task: str, first: Scores, second: Scores, seeds: Sequence[int]) -> None:
    """Refuses what cannot be paired."""
    found = [sorted(side[task]) for side in (first, second)]
    if found[0] != list(seeds) or found[1] != list(seeds):
        message = (
            f"Differences are paired by seed: {task} has the seeds {found[0]} on one side, {found[1]} on the other."
        )
        raise ComparisonError(message, reason="seeds", task=task, first=found[0], second=found[1])
    metrics = sorted({score.metric for side in (first, second) for score in side[task].values()})
    if len(metrics) > 1:
        message = f"The score of {task} should be the same on both sides. Found {' and '.join(metrics)}."
        raise ComparisonError(message, reason="metric", task=task, found=metrics)


def _line(task: str, ours: Mapping[int, Score], base: Mapping[int, Score], lower: frozenset[str]) -> TaskComparison:
    metric = next(iter(ours.values())).metric
    sign = -1 if metric in lower else 1
    seeds = sorted(ours)
    return TaskComparison(
        task,
        metric,
        interval([ours[seed].value for seed in seeds]),
        interval([base[seed].value for seed in seeds]),
        interval([sign * (ours[seed].value - base[seed].value) for seed in seeds]),
    )


def _delta(tasks: Sequence[str], first: Scores, second: Scores, seed: int, lower: frozenset[str]) -> float:
    return delta_m({task: (first[task][seed].value, second[task][seed].value) for task in tasks}, lower)


def _cost(side: Sequence[Result], seeds: int) -> Cost:
    def total(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return math.fsum(known) / seeds if known and len(known) == len(values) else None

    parameters = total([each.parameters for each in side])
    memory = [each.peak_memory_bytes for each in side if each.peak_memory_bytes is not None]
    return Cost(
        runs=len(side) // seeds,
        parameters=None if parameters is None else round(parameters),
        training_s=total([each.training_s for each in side]),
        question_s=_question_s(side),
        peak_memory_bytes=max(memory, default=None),
    )


def _question_s(side: Sequence[Result]) -> float | None:
    """Of each model the median over the seeds: what else the machine does only ever adds to such a short time."""
    times: dict[frozenset[str], list[float]] = {}
    for each in side:
        if each.question_s is None:
            return None
        times.setdefault(frozenset(each.scores), []).append(each.question_s)
    return math.fsum(median(each) for each in times.values()) if times else None
