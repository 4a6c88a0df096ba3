"""Groupings against a search of another kind, and splits against sums worked out by hand."""

import random
from itertools import product

import pytest

from mtl.analysis.grouping import MOST_TASKS, best_grouping, best_groupings, evaluate, suggest_split
from mtl.analysis.relations import Relation
from mtl.errors import ConfigError

LETTERS = "abcdefghi"
BELL = {1: 1, 2: 2, 3: 5, 4: 15, 5: 52}


def relation(rows, tasks=LETTERS):
    return Relation("affinity", tuple(tasks[: len(rows)]), tuple(map(tuple, rows)))


def chance(count, seed):
    rng = random.Random(seed)
    return relation([[rng.uniform(-1, 1) for _ in range(count)] for _ in range(count)])


def value_of(found, colours):
    """The objective, written out: for each task the mean of the others of its colour onto it."""
    total = 0.0
    for j, colour in enumerate(colours):
        others = [found.values[i][j] for i, other in enumerate(colours) if other == colour and i != j]
        total += sum(others) / len(others) if others else 0.0
    return total / len(colours)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(4))
def test_no_colouring_of_the_tasks_is_better(count, seed) -> None:
    found = chance(count, seed)
    for grouping in best_groupings(found):
        encoders = len(grouping.groups)
        colourings = [each for each in product(range(count), repeat=count) if len(set(each)) == encoders]
        assert grouping.value == pytest.approx(max(value_of(found, each) for each in colourings))
        assert grouping == evaluate(found, grouping.groups)


def test_two_blocks_are_found() -> None:
    rows = [[1, -0.3, 0.4, -0.1], [-0.2, 1, -0.2, 0.5], [0.6, -0.4, 1, -0.3], [-0.1, 0.3, -0.2, 1]]
    found = best_grouping(relation(rows), 2)
    assert found.groups == (("a", "c"), ("b", "d"))
    assert found.onto == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.4, "d": 0.5})
    assert found.value == pytest.approx(0.45)
    assert found.largest == ("a", "c")


def test_a_task_that_hurts_is_left_alone_and_counts_nothing() -> None:
    rows = [[1, 0.5, -0.4], [0.5, 1, -0.4], [-0.4, -0.4, 1]]
    found = best_grouping(relation(rows), 2)
    assert found.groups == (("a", "b"), ("c",))
    assert found.onto["c"] == 0
    assert [each.value for each in best_groupings(relation(rows))] == pytest.approx([-0.1, 1 / 3, 0])


def test_unknown_pairs_count_as_alone_and_equal_divisions_keep_the_order() -> None:
    unknown = [[None] * 3 for _ in range(3)]
    assert best_grouping(relation(unknown), 2).groups == (("a", "b"), ("c",))
    assert best_grouping(relation(unknown), 2).value == 0


def test_the_order_of_the_tasks_does_not_matter() -> None:
    found = chance(6, 5)
    order = [3, 5, 0, 2, 4, 1]
    other = Relation(
        "affinity", tuple(found.tasks[i] for i in order), tuple(tuple(found.values[i][j] for j in order) for i in order)
    )
    for encoders in range(1, 7):
        one, two = best_grouping(found, encoders), best_grouping(other, encoders)
        assert one.value == pytest.approx(two.value)
        assert set(map(frozenset, one.groups)) == set(map(frozenset, two.groups))


def test_what_cannot_be_grouped_is_refused() -> None:
    nine = relation([[0.0] * 9 for _ in range(9)])
    with pytest.raises(ConfigError) as refused:
        best_grouping(nine, 2)
    assert refused.value.details["found"] == 9 > MOST_TASKS
    for encoders in (0, 4, -1, True, 2.0):
        with pytest.raises(ConfigError):
            best_grouping(chance(3, 0), encoders)
    with pytest.raises(ConfigError):
        best_groupings(relation([]))
    for groups in ([["a"]], [["a", "b"], ["b", "c"]], [["a", "b", "z"]]):
        with pytest.raises(ConfigError):
            evaluate(chance(3, 0), groups)


def test_eight_tasks_are_grouped_in_every_number() -> None:
    assert [len(each.groups) for each in best_groupings(chance(8, 1))] == list(range(1, 9))


def levels(**means):
    """Cosines of two tasks by layer: ``_1=0.5``."""
    return {name.lstrip("_"): relation([[1, value], [value, 1]]) for name, value in means.items()}


@pytest.mark.parametrize(
    ("means", "shared"),
    [
        ({"_1": 0.5, "_2": 0.4, "_3": 0.1}, 3),
        ({"_1": 0.5, "_2": 0.4, "_3": -0.1}, 2),
        ({"_1": 0.5, "_2": -0.1, "_3": 0.2}, 3),  # the agreement above outweighs the conflict
        ({"_1": 0.5, "_2": -0.3, "_3": 0.2}, 1),
        ({"_1": -0.5, "_2": -0.3, "_3": -0.2}, 1),  # one layer is always shared
        ({"_2": -0.3, "_3": -0.2}, 1),  # the first is frozen
        ({"_3": -0.2}, 2),
        ({"_3": 0.2}, 3),
        ({"embeddings": -0.9, "_1": 0.1, "_2": 0.1, "_3": 0.1, "end": -0.9}, 3),
    ],
)
def test_layers_are_shared_as_long_as_they_agree(means, shared) -> None:
    found = suggest_split(levels(**means), 3)
    assert found.layers == shared
    assert found.whole == (shared == 3)
    assert found.depth == 3


def test_where_the_top_layer_was_not_measured_nothing_is_suggested() -> None:
    assert suggest_split({}, 3) is None
    assert suggest_split(levels(_1=0.5, _2=0.5), 3) is None
    assert suggest_split({"3": relation([[1, None], [None, 1]])}, 3) is None
