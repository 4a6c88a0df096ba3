import math

import pytest

from mtl.analysis.curves import Curves
from mtl.analysis.thinning import significant, thin


@pytest.mark.parametrize(
    ("value", "short"), [(0.123456, 0.1235), (12345.6, 12350.0), (3, 3.0), (1.23456e-9, 1.235e-9), (-0.5, -0.5)]
)
def test_a_number_keeps_four_significant_digits(value, short) -> None:
    assert significant(value) == short


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "1", True, [1]])
def test_what_is_no_finite_number_becomes_none(value) -> None:
    assert significant(value) is None


def test_thinning_keeps_the_ends_and_the_extremes() -> None:
    values = [1.0] * 10_000
    values[0], values[-1], values[4321], values[8765] = 5.0, 6.0, 99.0, -99.0
    kept = thin(values, 100)
    assert {0, 9999, 4321, 8765} <= set(kept)
    assert len(kept) <= 100
    assert kept == sorted(set(kept))


def test_thinning_never_hides_a_loss_that_broke() -> None:
    values = [1.0] * 5000
    values[2611] = math.nan
    assert 2611 in thin(values, 50)


def test_a_short_curve_is_not_thinned() -> None:
    assert thin([3.0, 1.0, 2.0], 4) == [0, 1, 2]


def test_events_become_rows_in_journal_order() -> None:
    curves = Curves()
    curves.add({"type": "phase", "t": 0.1, "step": 0, "phase": "training"})
    loss = {"type": "loss", "task": "topic", "t": 1.23456, "step": 1, "loss": 2.07944, "examples": 32}
    curves.add({**loss, "split": "train", "weight": 1.0, "grad_norm": 0.000123456})
    curves.add({**loss, "split": "validation"})
    assert curves.count == 3
    train, validation = curves.train["topic"], curves.validation["topic"]
    assert train.rows(train.places(0, 3)) == [[1, 1.235, 32, 2.079, 1.0, 0.0001235]]
    assert validation.rows(validation.places(0, 3)) == [[1, 1.235, 2.079]]
    assert list(train.places(0, 1)) == []


def test_a_loss_on_the_test_rows_is_no_point_of_the_validation_curve() -> None:
    curves = Curves()
    curves.add({"type": "loss", "task": "topic", "split": "test", "t": 9.0, "step": 100, "loss": 1.0, "examples": 400})
    assert (curves.train, curves.validation, curves.count) == ({}, {}, 1)


def test_a_loss_that_was_not_finite_is_none_in_its_row() -> None:
    curves = Curves()
    curves.add({"type": "loss", "task": "stars", "split": "train", "t": 1.0, "step": 7, "loss": None, "examples": 8})
    assert curves.train["stars"].rows([0]) == [[7, 1.0, 8, None, None, None]]


@pytest.mark.parametrize(
    "event", [{}, {"type": ["loss"]}, {"type": "scores", "scores": 3}, {"type": "loss", "step": "x"}]
)
def test_a_damaged_event_only_counts(event) -> None:
    curves = Curves()
    curves.add(event)
    assert curves.count == 1
