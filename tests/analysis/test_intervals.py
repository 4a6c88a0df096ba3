"""Intervals of a few seeds: as scipy has them, and what they allow to say."""

import random

import pytest
from scipy import stats

from mtl.analysis.intervals import Interval, interval


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_the_interval_of_paired_differences_is_that_of_the_paired_t_test(count):
    draw = random.Random(count)
    ours = [draw.gauss(0.8, 0.05) for _ in range(count)]
    base = [draw.gauss(0.7, 0.05) for _ in range(count)]
    found = interval([a - b for a, b in zip(ours, base, strict=True)])
    wanted = stats.ttest_rel(ours, base).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), rel=1e-9)
    assert found.count == count


def test_one_value_has_no_interval_and_claims_nothing():
    assert interval([0.3]) == Interval(0.3, None, None, 1)
    assert interval([0.3]).verdict == "one_seed"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0, 1.1, 0.9], "better"),
        ([-1.0, -1.1, -0.9], "worse"),
        ([1.0, -0.2, 0.1], "no_difference"),
        ([0.0, 0.0], "no_difference"),
    ],
)
def test_a_difference_is_claimed_only_where_the_interval_leaves_zero_out(values, verdict):
    assert interval(values).verdict == verdict


def test_turning_the_sides_turns_the_verdict_and_a_factor_stretches_the_interval():
    values = [0.3, 0.4, 0.7]
    found, turned, wide = interval(values), interval([-value for value in values]), interval([3 * v for v in values])
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert (wide.mean, wide.low, wide.high) == pytest.approx((3 * found.mean, 3 * found.low, 3 * found.high))
