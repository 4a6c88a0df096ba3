"""Classification: losses, scores and answers against values worked out by hand."""

import math

import pytest
import torch

from mtl.data.corpus import TASKS
from mtl.model import build_task
from mtl.tasks.answers import Label
from mtl.tasks.task import TextView

VIEW = TextView("soup", [(0, 4)], [1])


@pytest.fixture
def sentiment():
    return build_task(TASKS["sentiment"])


def test_the_loss_is_minus_the_log_of_the_true_class(sentiment):
    probabilities = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    loss = sentiment.loss(probabilities.log(), torch.tensor([0, 2]))
    assert loss.item() == pytest.approx(-(math.log(0.5) + math.log(0.8)) / 2)


def test_missing_labels_are_collated_to_what_the_loss_ignores(sentiment):
    assert sentiment.collate([2, None, 0], [], 5).tolist() == [2, -100, 0]
    assert sentiment.count(torch.tensor([2, -100, 0])) == 2


def test_scores_are_those_worked_out_by_hand(sentiment):
    # Per class: precision 1/2, 1, 1/2 and recall 1, 1/2, 1/2, so F1 is 2/3, 2/3, 1/2.
    scores = sentiment.score([0, 0, 1, 2, 2], [0, 1, 1, 2, 0])
    assert scores["accuracy"] == pytest.approx(3 / 5)
    scores = sentiment.score([0, 0, 1, 2, 2], [0, 2, 1, 2, 1])
    assert scores["accuracy"] == pytest.approx(3 / 5)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    # Gorodkin's formula: (c·s − Σ pₖtₖ) / √((s² − Σpₖ²)(s² − Σtₖ²)) with c = 3 of s = 5.
    assert scores["mcc"] == pytest.approx((3 * 5 - (2 * 1 + 1 * 2 + 2 * 2)) / math.sqrt((25 - 9) * (25 - 9)))


def test_one_class_alone_has_no_correlation(sentiment):
    assert sentiment.score([1, 1], [1, 1]) == {"accuracy": 1.0, "macro_f1": 1.0, "mcc": 0.0}
    assert sentiment.score([0, 0], [1, 1]) == {"accuracy": 0.0, "macro_f1": 0.0, "mcc": 0.0}


def test_the_baseline_is_the_most_frequent_class(sentiment):
    assert sentiment.baseline([0, 2, 2, 1], [0, 0, 0]) == [2, 2, 2]


def test_the_answer_has_all_probabilities(sentiment):
    answer = sentiment.answer(torch.tensor([0.2, 0.5, 0.3]).log(), VIEW)
    assert isinstance(answer, Label)
    assert answer.label == "neutral"
    assert answer.probabilities == pytest.approx({"negative": 0.2, "neutral": 0.5, "positive": 0.3})
    assert list(answer.to_dict()["probabilities"]) == ["negative", "neutral", "positive"]
    assert answer.to_dict()["type"] == "label"


def test_extreme_logits_still_give_probabilities(sentiment):
    answer = sentiment.answer(torch.tensor([1e4, -1e4, 0.0]), VIEW)
    assert answer.probabilities == {"negative": 1.0, "neutral": 0.0, "positive": 0.0}
