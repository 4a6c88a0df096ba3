"""The single-task twins of a run of several tasks: each task alone, on equal terms.

What a twin keeps is everything but the other tasks: encoder, data, seed, rates, clipping, validation rows, early
stopping, the number of steps, and **the texts of each step**. A step of B texts of the larger run is divided among
the sources of its tasks (``mtl.training.sampling``, ``mtl.training.mixture``): a source with share p gives B·p texts,
each with the labels of all tasks of that source. The twin of a task takes the same texts of its source in the same
steps and leaves out those of all other sources, because ``RunConfig.within`` names the whole mixture. So after every
step a task has been trained on as many labelled texts alone as together, and on the very same ones. Of several tasks
on one source each twin takes all that the source gives; a step in which the source gives nothing only moves the
schedule on. Taking B texts of its own instead would train a twin B·(1 − p) texts a step longer.

What a twin changes is the sharing, to ``hard``, and the balancer, to ``equal``: for one task there is nothing to share
or to weigh, and the twin is the plain model that anybody would train. The first weights of a head and what dropout
draws are other ones, as they would be under another seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mtl.errors import ConfigError
from mtl.runs.config import Choice, RunConfig

SEEDS = (1, 3, 5)
"""How many seeds a race may have: one claims nothing, and more than five takes longer than it tells."""
SHARING, BALANCER = Choice("hard"), Choice("equal")
"""Of every twin."""


@dataclass(frozen=True)
class Heat:
    """The runs of a race that have one seed."""

    seed: int
    together: RunConfig
    alone: Mapping[str, RunConfig]
    """The twin of each task."""


def part(config: RunConfig, names: Sequence[str]) -> RunConfig:
    """The run of some of the config's tasks, in its order, on the texts that it gives them in each step.

    Nothing is pinned: what is asked beside changes no score, and a run that is known is not trained again.

    Raises:
        ConfigError: The run has no such task, or none is named.
    """
    known = [each.name for each in config.tasks]
    for name in names:
        if name not in known:
            raise ConfigError("tasks", f"name only tasks of the run ({', '.join(known)})", name)
    tasks = tuple(each for each in config.tasks if each.name in names)
    return replace(config, tasks=tasks, within=config.whole.tasks, pinned=())


def twin(config: RunConfig, task: str) -> RunConfig:
    """The run of one of the config's tasks alone, on equal terms.

    Raises:
        ConfigError: The run has no such task.
    """
    return replace(part(config, [task]), sharing=SHARING, balancer=BALANCER)


def heats(config: RunConfig, seeds: int = 1) -> tuple[Heat, ...]:
    """All runs of a race: the config with its own seed, the next, and so on, each with the twins of its tasks.

    Args:
        config: A run of at least two tasks.
        seeds: One of ``SEEDS``.

    Raises:
        ConfigError: One task alone has nobody to race, or ``seeds`` is another number.
    """
    if len(config.tasks) < 2:
        raise ConfigError("tasks", "be at least two, for each to be trained alone as well", len(config.tasks))
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds not in SEEDS:
        raise ConfigError("seeds", f"be one of {', '.join(map(str, SEEDS))}", seeds)
    found = []
    for seed in range(config.training.seed, config.training.seed + seeds):
        copy = replace(config, training=replace(config.training, seed=seed))
        found.append(Heat(seed, copy, {task.name: twin(copy, task.name) for task in copy.tasks}))
    return tuple(found)
