"""How tasks agree over a run, against numbers worked out by hand."""

import pytest

from mtl.analysis.conflicts import Conflicts


def measured(step, tasks, **cosines):
    """The event of one measurement: ``ab=0.5`` is the cosine of the tasks a and b; what is not given is None."""
    matrix = [[1.0 if a == b else cosines.get(a + b, cosines.get(b + a)) for b in tasks] for a in tasks]
    return {"type": "conflicts", "step": step, "tasks": list(tasks), "cosines": matrix}


def told(*events) -> Conflicts:
    conflicts = Conflicts()
    for index, event in enumerate(events):
        conflicts.add(index, event)
    return conflicts


def rows(conflicts: Conflicts):
    return conflicts.series.rows(conflicts.series.places(0, 10**9))


def test_numbers_of_every_pair_are_those_worked_out_by_hand() -> None:
    conflicts = told(
        measured(1, "abc", ab=0.8, ac=-0.2, bc=0.1),
        measured(5, "abc", ab=0.4, ac=-0.4, bc=-0.1),
        measured(9, "abc", ab=0.3, ac=0.0, bc=0.3),
    )
    assert conflicts.tasks == ["a", "b", "c"]
    assert [pair.mean for pair in conflicts.pairs] == pytest.approx([0.5, -0.2, 0.1])
    assert [pair.share for pair in conflicts.pairs] == pytest.approx([0, 2 / 3, 1 / 3])
    assert (conflicts.strongest_help(), conflicts.strongest_conflict()) == (0, 1)
    assert (conflicts.measured, conflicts.conflicting) == (3, 2)
    assert rows(conflicts) == [[1, 0.8, -0.2, 0.1], [5, 0.4, -0.4, -0.1], [9, 0.3, 0.0, 0.3]]


def test_the_mean_is_that_of_the_last_five_and_the_share_that_of_all() -> None:
    conflicts = told(
        *(measured(step, "ab", ab=cosine) for step, cosine in enumerate([-1, -1, -1, 0.1, 0.2, 0.3, 0.4, 0.5]))
    )
    assert conflicts.pairs[0].mean == pytest.approx(0.3)
    assert conflicts.pairs[0].share == pytest.approx(3 / 8)


def test_a_pair_without_a_cosine_is_not_counted_in_that_measurement() -> None:
    conflicts = told(
        measured(1, "abc", ab=-0.5, bc=0.5),
        measured(2, "abc", ab=0.5, ac=0.2, bc=0.5),
        measured(3, "abc"),
    )
    ab, ac, bc = conflicts.pairs
    assert (ab.measured, ac.measured, bc.measured) == (2, 1, 2)
    assert (ab.share, ac.share, bc.share) == (0.5, 0.0, 0.0)
    assert (conflicts.measured, conflicts.conflicting) == (2, 1)
    assert rows(conflicts) == [[1, -0.5, None, 0.5], [2, 0.5, 0.2, 0.5]]


def test_a_pair_that_was_never_measured_has_no_numbers() -> None:
    conflicts = told(measured(1, "abc", ab=0.1))
    assert [pair.mean for pair in conflicts.pairs] == [0.1, None, None]
    assert conflicts.pairs[1].share is None
    assert conflicts.strongest_conflict() is None


def test_a_step_may_sit_out_a_task_and_another_come_late() -> None:
    conflicts = told(measured(1, "ac", ac=0.1), measured(2, "ab", ab=0.2), measured(3, "cba", ab=0.3, ac=0.4, bc=-0.5))
    assert conflicts.tasks == ["a", "c", "b"]  # pairs: ac, ab, cb
    assert rows(conflicts) == [[1, 0.1], [2, None, 0.2, None], [3, 0.4, 0.3, -0.5]]
    assert conflicts.strongest_conflict() == 2


def test_the_order_of_the_tasks_in_an_event_does_not_matter() -> None:
    first = told(measured(1, "abc", ab=0.1, ac=0.2, bc=0.3), measured(2, "cab", ab=0.4, ac=0.5, bc=0.6))
    assert rows(first)[1] == [2, 0.4, 0.5, 0.6]


def test_no_pair_helps_and_none_conflicts() -> None:
    assert told(measured(1, "ab", ab=-0.5)).strongest_help() is None
    assert told(measured(1, "ab", ab=0.5)).strongest_conflict() is None
    assert told(measured(1, "ab", ab=0.0)).conflicting == 0
    assert (told().strongest_help(), told().strongest_conflict()) == (None, None)


@pytest.mark.parametrize("event", [{}, {"tasks": None, "cosines": None}, {"tasks": ["a", "b"], "cosines": [[1.0]]}])
def test_an_event_that_tells_nothing_counts_nothing(event) -> None:
    assert told(event).measured == 0
