"""Configurations made from another one: of some of its tasks, of every pair of them, of a grouping, of a split."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from mtl.checks import check_integer
from mtl.data.origins import find_specs
from mtl.errors import ConfigError
from mtl.runs.config import MAX_STEPS, Choice, RunConfig
from mtl.runs.twins import part

Names = tuple[str, ...]


def config_of_tasks(config: RunConfig, names: Sequence[str]) -> RunConfig:
    """The same run with these of its tasks only, in its order; everything else that names a task forgets the others.

    Raises:
        ConfigError: A task is none of the run's, or none is named.
    """
    known = [task.name for task in config.tasks]
    for name in names:
        if name not in known:
            raise ConfigError("tasks", f"name only tasks of the run ({', '.join(known)})", name)
    specs = [spec for spec in find_specs(config) if spec.name in names]
    tasks = tuple(task for task in config.tasks if task.name in names)
    origins = {spec.source for spec in specs} | {task.spec.source for task in tasks if task.spec}
    return replace(
        config,
        tasks=tasks,
        sources=tuple(source for source in config.sources if source.name in origins),
        balancer=_only(config.balancer, set(names)),
        sampling=_only(config.sampling, set(names) | origins),
    )


def pair_configs(config: RunConfig, steps: int) -> dict[Names, RunConfig]:
    """N runs of one task and N(N−1)/2 of two, from whose events ``mtl.analysis.gains`` reads who gains by whom.

    A task reads the very same texts in the same steps alone as in company: see ``mtl.runs.twins``. Seed, rates,
    sharing, balancer and rows stay; gradients are not compared.

    Args:
        config: A run of all tasks.
        steps: Optimizer steps of each run.

    Raises:
        ConfigError: Fewer than two tasks, or an impossible number of steps.
    """
    check_integer("training.max_steps", steps, 1, MAX_STEPS)
    names = [task.name for task in config.tasks]
    if len(names) < 2:
        raise ConfigError("tasks", "be two at least, to be paired", len(names))
    every = min(config.training.eval_steps, steps)
    training = replace(config.training, max_steps=steps, eval_steps=every, conflict_steps=0, affinity_steps=0)
    short = replace(config, training=training)
    chosen = [*((name,) for name in names), *combinations(names, 2)]
    return {pair: replace(part(short, pair), balancer=_only(config.balancer, set(pair))) for pair in chosen}


def config_of_split(config: RunConfig, layers: int, depth: int) -> RunConfig:
    """The same run with the lowest layers shared and copies of the others for each task; of all layers, hard sharing.

    Raises:
        ConfigError: Not between 1 and the encoder's depth.
    """
    if not 1 <= layers <= depth:
        raise ConfigError("sharing.layers", f"lie in [1, {depth}] for this encoder", layers, low=1, high=depth)
    return replace(config, sharing=Choice("hard") if layers == depth else Choice("partial", {"layers": layers}))


def _only(choice: Choice, names: set[str]) -> Choice:
    """The choice whose numbers for each task are of these alone."""
    options: dict[str, Any] = {
        name: {key: number for key, number in value.items() if key in names} if isinstance(value, Mapping) else value
        for name, value in choice.options.items()
    }
    return Choice(choice.name, options)
