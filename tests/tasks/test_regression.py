"""Regression: losses, scores and answers against values worked out by hand."""

import math
from dataclasses import replace

import pytest
import torch

from mtl.data.corpus import TASKS
from mtl.model import build_task
from mtl.tasks.answers import Score
from mtl.tasks.task import TextView

VIEW = TextView("soup", [(0, 4)], [1])


@pytest.fixture
def stars():
    return build_task(TASKS["stars"])


def test_labels_lie_on_the_unit_scale(stars):
    assert [stars.encode({"stars": value}) for value in (1, 2, 3.0, 5)] == [0.0, 0.25, 0.5, 1.0]
    odd = build_task(replace(TASKS["stars"], low=-2.0, high=8.0))
    assert odd.encode({"stars": 0}) == pytest.approx(0.2)
    assert odd.decode_label(0.2) == pytest.approx(0)


def test_the_loss_is_the_mean_square_in_quarters_of_the_range(stars):
    loss = stars.loss(torch.tensor([[0.5], [0.25], [9.0]]), torch.tensor([0.0, 0.75, math.nan]))
    # Labels 0 and 0.75 are −2 and 1 for the head.
    assert loss.item() == pytest.approx((2.5**2 + 0.75**2) / 2)


def test_a_missing_label_gives_no_gradient_not_even_a_broken_one(stars):
    logits = torch.tensor([[0.5], [3.0]], requires_grad=True)
    stars.loss(logits, torch.tensor([0.0, math.nan])).backward()
    assert logits.grad.tolist() == [[5.0], [0.0]]


def test_scores_are_those_worked_out_by_hand(stars):
    # Deviations (−1, 0, 1)/4 and (−1, 1, 0)/4: covariance 1, variances 2 and 2; ranks alike.
    scores = stars.score([0.25, 0.5, 0.75], [0.0, 0.5, 0.25])
    assert scores["pearson"] == pytest.approx(1 / 2)
    assert scores["spearman"] == pytest.approx(1 / 2)
    assert scores["closeness"] == pytest.approx(1 - (0.25 + 0 + 0.5) / 3)
    # Monotone, not linear: deviations (−5, −2, 7)/12 and (−1, 0, 1).
    scores = stars.score([0.0, 0.25, 1.0], [0.0, 0.5, 1.0])
    assert scores["spearman"] == pytest.approx(1)
    assert scores["pearson"] == pytest.approx(12 / math.sqrt((25 + 4 + 49) * 2))


def test_opposite_order_is_minus_one(stars):
    assert stars.score([0.0, 0.5, 1.0], [1.0, 0.5, 0.0])["pearson"] == pytest.approx(-1)


@pytest.mark.parametrize("predictions", [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5 + 1e-15]])
def test_a_head_that_says_one_thing_has_no_correlation(stars, predictions):
    scores = stars.score(predictions, [0.0, 0.5, 1.0])
    assert abs(scores["pearson"]) <= 1
    assert abs(scores["spearman"]) <= 1
    assert stars.score([0.5] * 3, [0.0, 0.5, 1.0])["pearson"] == 0
    assert stars.score([0.5], [0.5]) == {"pearson": 0.0, "spearman": 0.0, "closeness": 1.0}


def test_a_wild_head_is_never_less_than_not_close_at_all(stars):
    assert stars.score([50.0, -50.0], [0.0, 1.0])["closeness"] == 0


def test_the_baseline_is_the_mean(stars):
    assert stars.baseline([0.0, 0.25, 1.0, 0.75], [0.0, 0.0]) == [0.5, 0.5]


@pytest.mark.parametrize(("logit", "value"), [(0.0, 3.0), (1.0, 4.0), (-2.0, 1.0), (-3.0, 1.0), (7.0, 5.0)])
def test_an_answer_stays_on_its_scale(stars, logit, value):
    answer = stars.answer(torch.tensor([logit]), VIEW)
    assert answer == Score(value, 1.0, 5.0)
    assert answer.to_dict() == {"type": "score", "value": value, "low": 1.0, "high": 5.0}
