"""Two sides task by task: Δm by hand and by its properties, paired differences, costs, and what cannot be compared."""

import random
from dataclasses import replace

import pytest
from scipy import stats

from mtl.analysis.comparison import compare, delta_m
from mtl.analysis.results import Result, Score
from mtl.errors import ComparisonError


def made(seed, metric="accuracy", cost=(100, 10.0, 1000, "cpu"), **scores):
    """A result with these scores."""
    parameters, seconds, memory, device = cost
    named = {task: Score(metric, value) for task, value in scores.items()}
    return Result(f"run-{seed}", seed, named, parameters, seconds, memory, device)


def test_delta_m_by_hand():
    # +12.5 %, 0 %, and an error that halves: +50 %.
    assert delta_m({"a": (0.9, 0.8), "b": (0.5, 0.5), "c": (0.2, 0.4)}, frozenset({"c"})) == pytest.approx(62.5 / 3)
    assert delta_m({"a": (0.4, 0.8)}) == pytest.approx(-50)


def test_delta_m_of_equal_sides_is_zero_and_no_unit_changes_it():
    draw = random.Random(0)
    pairs = {name: (draw.uniform(0.1, 1), draw.uniform(0.1, 1)) for name in "abcd"}
    assert delta_m({name: (base, base) for name, (_, base) in pairs.items()}) == 0
    units = {name: draw.uniform(0.01, 100) for name in pairs}
    scaled = {name: (units[name] * ours, units[name] * base) for name, (ours, base) in pairs.items()}
    assert delta_m(scaled) == pytest.approx(delta_m(pairs))
    assert delta_m(pairs, frozenset(pairs)) == pytest.approx(-delta_m(pairs))


def test_swapping_the_sides_undoes_delta_m():
    forth, back = delta_m({"a": (0.9, 0.6)}), delta_m({"a": (0.6, 0.9)})
    assert forth > 0 > back
    assert (1 + forth / 100) * (1 + back / 100) == pytest.approx(1)


@pytest.mark.parametrize("base", [0.0, -0.1, float("nan")])
def test_delta_m_refuses_a_base_that_it_cannot_divide_by(base):
    with pytest.raises(ComparisonError, match="above 0") as caught:
        delta_m({"a": (0.5, 0.5), "b": (0.5, base)})
    assert caught.value.details["reason"] == "base" and caught.value.details["task"] == "b"


def test_delta_m_of_no_task_is_refused():
    with pytest.raises(ComparisonError, match="Found none"):
        delta_m({})


def test_three_seeds_are_paired():
    ours, base = [0.80, 0.84, 0.85], [0.70, 0.76, 0.72]
    found = compare(
        [made(seed, a=score, b=0.5) for seed, score in enumerate(ours)],
        [each for seed, score in enumerate(base) for each in (made(seed, a=score), made(seed, b=0.5))],
    )
    wanted = stats.ttest_rel(ours, base).confidence_interval(0.95)
    line = found.tasks[0]
    assert (line.difference.low, line.difference.high) == pytest.approx((wanted.low, wanted.high))
    assert (line.together.mean, line.alone.mean) == pytest.approx((sum(ours) / 3, sum(base) / 3))
    assert [each.difference.verdict for each in found.tasks] == ["better", "no_difference"]
    by_seed = [50 * (a - b) / b for a, b in zip(ours, base, strict=True)]
    assert found.delta_m.mean == pytest.approx(sum(by_seed) / 3)
    assert (found.delta_m.low, found.delta_m.high) == pytest.approx(
        stats.t.interval(0.95, 2, sum(by_seed) / 3, stats.sem(by_seed))
    )


def test_the_order_of_the_runs_changes_nothing():
    ours = [made(seed, a=0.5 + 0.1 * seed) for seed in range(3)]
    base = [made(seed, a=0.4 + 0.01 * seed**2) for seed in range(3)]
    assert compare(ours[::-1], base) == compare(ours, base[::-1])


def test_one_seed_claims_nothing():
    found = compare([made(0, a=0.9)], [made(0, a=0.1)])
    assert found.tasks[0].difference.verdict == "one_seed"
    assert found.to_dict()["verdict"] == "one_seed" and found.to_dict()["tasks"][0]["verdict"] == "one_seed"


def test_a_score_that_is_better_when_lower_turns_the_difference_round():
    found = compare([made(0, "mae", a=0.2)], [made(0, "mae", a=0.5)])
    assert found.tasks[0].difference.mean == pytest.approx(0.3)
    assert found.delta_m.mean == pytest.approx(60)


def test_a_base_of_zero_leaves_the_scores_and_takes_delta_m_away():
    found = compare([made(0, a=0.5, b=0.5)], [made(0, a=0.0), made(0, b=0.4)])
    assert found.delta_m is None and found.no_base == ("a",)
    assert found.tasks[0].difference.mean == 0.5 and found.to_dict()["verdict"] is None


def test_costs_are_those_of_one_seed_on_average():
    ours = [made(seed, cost=(100, seconds, 5000, "cpu"), a=0.5, b=0.5) for seed, seconds in ((0, 10.0), (1, 20.0))]
    base = [
        made(seed, cost=(90, 8.0, memory, "cpu"), **{task: 0.5})
        for seed in (0, 1)
        for task, memory in (("a", 1000), ("b", 3000))
    ]
    found = compare(ours, base)
    assert (found.together.runs, found.together.parameters, found.together.training_s) == (1, 100, 15.0)
    assert (found.alone.runs, found.alone.parameters, found.alone.training_s) == (2, 180, 16.0)
    assert (found.together.peak_memory_bytes, found.alone.peak_memory_bytes) == (5000, 3000)
    assert found.one_device


def test_a_question_that_waited_for_other_work_does_not_count():
    times = {"together": (0.02, 0.9, 0.03), "a": (0.5, 0.01, 0.01), "b": (0.01, 0.02, 0.7)}
    ours = [replace(made(at, a=0.5, b=0.5), question_s=time) for at, time in enumerate(times["together"])]
    base = [replace(made(at, **{name: 0.5}), question_s=times[name][at]) for at in range(3) for name in "ab"]
    found = compare(ours, base)
    assert found.together.question_s == 0.03
    assert found.alone.question_s == pytest.approx(0.01 + 0.02)
    base[0] = replace(base[0], question_s=None)
    assert compare(ours, base).alone.question_s is None


def test_two_devices_are_said_and_a_cost_that_is_not_known_is_not_guessed():
    found = compare([made(0, cost=(None, None, None, "GPU"), a=0.5)], [made(0, a=0.5)])
    assert not found.one_device
    assert (found.together.parameters, found.together.training_s, found.together.peak_memory_bytes) == (None,) * 3


FAULTS = {
    "nothing_shared": ([made(0, a=0.5)], [made(0, b=0.5)]),
    "seeds": ([made(0, a=0.5), made(1, a=0.5)], [made(0, a=0.5)]),
    "seeds of another number": ([made(0, a=0.5)], [made(1, a=0.5)]),
    "seeds twice": ([made(0, a=0.5), made(0, a=0.6)], [made(0, a=0.5)]),
    "seeds of one task": ([made(0, a=0.5, b=0.5), made(1, a=0.5)], [made(0, a=0.5, b=0.5), made(1, a=0.5, b=0.5)]),
    "metric": ([made(0, a=0.5)], [made(0, "macro_f1", a=0.5)]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_compared_is_said(fault):
    with pytest.raises(ComparisonError) as caught:
        compare(*FAULTS[fault])
    assert caught.value.details["reason"] == fault.split()[0]
    assert caught.value.details["reason"] in ComparisonError.REASONS
