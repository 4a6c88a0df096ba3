"""The matrices that a run's events give, against numbers worked out by hand."""

import pytest

from mtl.analysis.curves import Curves
from mtl.analysis.relations import Effect, Relation, relations


def conflicts(*rows, tasks="abc"):
    return {"type": "conflicts", "step": 1, "tasks": list(tasks), "cosines": [list(row) for row in rows]}


def affinity(*rows, tasks="ab", levels=None):
    return {"type": "affinity", "step": 1, "tasks": list(tasks), "affinities": rows, "levels": levels or {}}


def test_every_measurement_of_a_run_counts_the_same() -> None:
    events = [conflicts((1, value), (value, 1), tasks="ab") for value in (0.6, 0.0, 0.0, 0.0, 0.0, 0.0)]
    found = relations(events).cosine
    assert found.value("a", "b") == pytest.approx(0.1)  # a mean of the last five would say 0
    assert (found.tasks, found.measured, found.kind) == (("a", "b"), 6, "cosine")


def test_an_affinity_has_a_direction() -> None:
    events = [affinity((0.2, 0.04), (-0.01, 0.3)), affinity((0.4, 0.02), (-0.03, 0.1))]
    found = relations(events).affinity
    assert found.value("a", "b") == pytest.approx(0.03)
    assert found.value("b", "a") == pytest.approx(-0.02)
    assert found.value("a", "a") == pytest.approx(0.3)
    assert found.strongest_help() == Effect("a", "b", pytest.approx(0.03))
    assert found.strongest_conflict() == Effect("b", "a", pytest.approx(-0.02))
    assert found.mean() == pytest.approx(0.005)


def test_a_task_that_sits_out_or_comes_late_is_averaged_over_its_own_measurements() -> None:
    found = relations(
        [
            conflicts((1, 0.5), (0.5, 1), tasks="ac"),
            conflicts((1, 0.1, None), (0.1, 1, -0.4), (None, -0.4, 1), tasks="abc"),
        ]
    ).cosine
    assert found.tasks == ("a", "c", "b")
    assert found.value("a", "c") == found.value("c", "a") == 0.5  # None is no measurement
    assert (found.value("a", "b"), found.value("b", "c")) == (0.1, -0.4)
    assert found.measured == 2


def test_levels_are_averaged_one_by_one() -> None:
    first = {"1": [[1, 0.5], [0.5, 1]], "2": [[1, -0.2], [-0.2, 1]]}
    second = {"1": [[1, 0.1], [0.1, 1]], "2": [[1, None], [None, 1]]}
    found = relations([affinity((1, 1), (1, 1), levels=first), affinity((1, 1), (1, 1), levels=second)]).levels
    assert list(found) == ["1", "2"]
    assert found["1"].mean() == pytest.approx(0.3)
    assert found["2"].mean() == pytest.approx(-0.2)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "conflicts"},
        {"type": "affinity", "tasks": 3, "affinities": [[1]]},
        {"type": "affinity", "tasks": ["a", "b"], "affinities": "ab", "levels": 3},
        {"type": "affinity", "tasks": ["a", "b"], "affinities": [None, ["x", True]]},
        {"type": "conflicts", "tasks": ["a"], "cosines": [[1.0]]},
        {"type": "loss", "tasks": ["a", "b"], "cosines": [[1, 1], [1, 1]]},
    ],
)
def test_an_event_that_tells_nothing_counts_nothing(event) -> None:
    found = relations([event])
    assert found.cosine.measured == found.affinity.measured == 0
    assert found.cosine.strongest_help() is None and found.affinity.mean() is None


def test_nothing_helps_and_nothing_conflicts() -> None:
    zero = Relation("cosine", ("a", "b"), ((1.0, 0.0), (0.0, 1.0)))
    assert (zero.strongest_help(), zero.strongest_conflict()) == (None, None)


def test_the_curves_of_a_run_hold_its_relations() -> None:
    curves = Curves()
    for event in (conflicts((1, 0.5), (0.5, 1), tasks="ab"), affinity((0.1, 0.2), (0.3, 0.4))):
        curves.add(event)
    assert curves.relations.cosine.value("a", "b") == 0.5
    assert curves.relations.affinity.value("b", "a") == 0.3
    assert curves.relations.last == 1
    assert curves.conflicts.measured == 1
