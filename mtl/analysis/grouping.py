"""From a relation to a suggestion: which tasks should share an encoder, and up to which layer.

N tasks · k encoders
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mtl.analysis.relations import Relation
from mtl.errors import ConfigError

MOST_TASKS = 8
"""4140 partitions; each further task makes five times as many."""
ALONE = 0.0
"""What a task gets that has an encoder for itself: nobody helps it, and nobody hurts it."""

Group = tuple[str, ...]


@dataclass(frozen=True)
class Grouping:
    """Tasks divided among encoders."""

    groups: tuple[Group, ...]
    """Both the groups and the tasks of each are in the order of the relation's tasks."""
    value: float
    """The mean over all tasks of ``onto``."""
    onto: Mapping[str, float]
    """Of each task the mean of what the others of its group do to it."""

    @property
    def largest(self) -> Group:
        """The group of most tasks, the first of equal ones."""
        return max(self.groups, key=len)


def best_grouping(relation: Relation, encoders: int) -> Grouping:
    """The best division into exactly so many groups, of all there are.

    The objective is that of `TAG <https://arxiv.org/abs/2109.04617>`_ (§3.2): what a group does to a task is the mean
    of what its members do to it pair by pair, and the mean over all tasks is to be largest. Two things differ: no task
    is in two groups, and a task alone counts ``ALONE``, where the paper's code never leaves a task alone if it can. A
    pair that is not known counts as much. Of equal divisions the one with earlier tasks together is taken.

    Raises:
        ConfigError: More than ``MOST_TASKS`` tasks, none, or not between one and N encoders.
    """
    return best_groupings(relation, [encoders])[0]


def best_groupings(relation: Relation, encoders: Sequence[int] | None = None) -> list[Grouping]:
    """The best division for each number of encoders; for all from 1 to N if none is named.

    Raises:
        ConfigError: As ``best_grouping``.
    """
    count = len(relation.tasks)
    if not 1 <= count <= MOST_TASKS:
        raise ConfigError("tasks", f"be 1 to {MOST_TASKS}, as every division of them is tried", count, high=MOST_TASKS)
    wanted = list(range(1, count + 1)) if encoders is None else list(encoders)
    for number in wanted:
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= count:
            raise ConfigError("encoders", f"lie in [1, {count}] for {count} tasks", number, low=1, high=count)
    worth: dict[Group, float] = {}
    best: dict[int, tuple[float, tuple[Group, ...]]] = {}
    for groups in _divisions(relation.tasks):
        if len(groups) in wanted:
            for group in groups:
                if group not in worth:
                    worth[group] = sum(_onto(relation, group).values())
            value = sum(worth[group] for group in groups)
            # A difference of rounding does not decide.
            if len(groups) not in best or value > best[len(groups)][0] + 1e-12:
                best[len(groups)] = value, groups
    return [_grouping(relation, best[number][1]) for number in wanted]


def evaluate(relation: Relation, groups: Sequence[Sequence[str]]) -> Grouping:
    """What any division is worth by the same measure.

    Raises:
        ConfigError: It leaves a task of the relation out, or names one twice or a strange one.
    """
    if sorted(task for group in groups for task in group) != sorted(relation.tasks):
        raise ConfigError("groups", "hold each task of the relation once", [list(group) for group in groups])
    return _grouping(relation, groups)


def _grouping(relation: Relation, groups: Sequence[Sequence[str]]) -> Grouping:
    onto = {task: value for group in groups for task, value in _onto(relation, group).items()}
    ordered = {task: onto[task] for task in relation.tasks}
    value = sum(ordered.values()) / len(ordered) if ordered else ALONE
    return Grouping(tuple(tuple(group) for group in groups), value, ordered)


def _onto(relation: Relation, group: Sequence[str]) -> dict[str, float]:
    """Of each task of a group the mean of what the others do to it."""
    found = {}
    for task in group:
        effects = [relation.value(other, task) for other in group if other != task]
        known = [ALONE if effect is None else effect for effect in effects]
        found[task] = sum(known) / len(known) if known else ALONE
    return found


def _divisions(tasks: Sequence[str]) -> Iterator[tuple[Group, ...]]:
    """All partitions, each once: every task joins a group of those before it, or opens one."""
    if not tasks:
        yield ()
        return
    *earlier, last = tasks
    for groups in _divisions(earlier):
        for at, group in enumerate(groups):
            yield (*groups[:at], (*group, last), *groups[at + 1 :])
        yield (*groups, (last,))


@dataclass(frozen=True)
class Split:
    """Up to where the tasks should share."""

    layers: int
    """So many of the lowest layers are shared; ``depth``: all of them."""
    depth: int
    """Layers of the encoder."""
    agreement: Mapping[int, float]
    """The mean cosine of all pairs of tasks at each layer that was measured."""

    @property
    def whole(self) -> bool:
        """Whether everything should be shared."""
        return self.layers == self.depth


def suggest_split(levels: Mapping[str, Relation], depth: int) -> Split | None:
    """The split that keeps shared what the tasks pull the same way, from their gradients' cosines layer by layer.

    Every shared layer counts its mean cosine; the split with the largest sum is taken, the higher one of equal ones.
    So a layer of conflict stays shared only if enough agreement lies above it. That layers differ in how much tasks
    conflict there, and that the conflicting ones are better made private, is shown by `Recon
    <https://arxiv.org/abs/2302.11289>`_ (ICLR 2023), which splits single layers; here the private ones have to be the
    upper ones. It is a rule of thumb: it knows nothing of what private layers cost, and cosines are noisy.

    Layers that are not trained (frozen) agree with everybody, and one layer is always shared.

    Args:
        levels: Cosines by level, of a run in which all tasks share every layer.
        depth: Layers of its encoder.

    Returns:
        None if the top layer was not measured: where nothing is shared, nothing can be said.
    """
    means = {int(level): relation.mean() for level, relation in levels.items() if level.isdigit()}
    agreement = {layer: mean for layer, mean in sorted(means.items()) if mean is not None and 1 <= layer <= depth}
    if depth not in agreement:
        return None
    best, most, total = max(1, min(agreement) - 1), 0.0, 0.0
    if 1 in agreement:
        total = most = agreement[1]
    for layer in range(best + 1, depth + 1):
        total += agreement.get(layer, 0.0)
        if total >= most:
            best, most = layer, total
    return Split(best, depth, agreement)
