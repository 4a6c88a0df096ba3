"""Several labels: losses, thresholds, scores and answers against values worked out by hand and by scikit-learn."""

import math
import random

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn import functional as F

from mtl.data.sources import TaskSpec
from mtl.errors import DataError
from mtl.model import build_task
from mtl.tasks.multilabel import best_threshold
from mtl.tasks.task import TextView

VIEW = TextView("soup", [(0, 4)], [1])


@pytest.fixture
def task():
    return build_task(TaskSpec("aspects", "multilabel", "texts", "aspects", ("food", "staff", "price")))


def test_the_loss_is_that_of_the_reference(task):
    logits, labels = torch.randn(4, 3), torch.tensor([[1.0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    torch.testing.assert_close(task.loss(logits, labels), F.binary_cross_entropy_with_logits(logits, labels))
    half = task.loss(torch.zeros(4, 3), labels)
    assert half.item() == pytest.approx(math.log(2))


def test_a_text_without_any_label_is_labelled_and_a_missing_label_is_not(task):
    assert task.encode({"aspects": []}) == [0, 0, 0]
    labels = task.collate([[0.0, 0.0, 0.0], None], [], 5)
    assert task.count(labels) == 1


@pytest.mark.parametrize(
    "value", ["food", ["food", "food"], ["drink"], [1], {"food": 1}, [["food"], ["food"]]], ids=str
)
def test_what_is_no_list_of_labels_is_refused(task, value):
    with pytest.raises(DataError):
        task.encode({"aspects": value})


def test_the_threshold_is_the_best_of_all():
    """Against every threshold there is, on random scores with many ties."""
    rng = random.Random(0)
    for _ in range(200):
        size = rng.randrange(1, 12)
        given = np.array([rng.randrange(6) / 6 for _ in range(size)])
        true = np.array([rng.random() < 0.4 for _ in range(size)])
        found = best_threshold(given, true)
        if not true.any():
            assert found == 0.5
            continue
        every = [f1_score(true, given >= value, zero_division=0) for value in (0.0, *(given - 1e-6), *(given + 1e-6))]
        assert f1_score(true, given >= found) == pytest.approx(max(every))


def test_thresholds_decide_scores_and_answers(task):
    labels = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    given = [[0.4, 0.9, 0.1], [0.3, 0.8, 0.1], [0.2, 0.99, 0.1], [0.1, 0.95, 0.1]]
    before = task.score(given, labels)
    task.calibrate(given, labels)
    assert task.thresholds == pytest.approx([0.25, 0.925, 0.5])
    after = task.score(given, labels)
    # Before: two right of four true, four taken.
    assert before["micro_f1"] == pytest.approx(2 * 2 / (4 + 4))
    assert before["macro_f1"] == pytest.approx((0 + 2 * 2 / (4 + 2)) / 2)
    assert after["micro_f1"] == after["macro_f1"] == after["average_precision"] == 1
    # The true label comes second in the first two texts, first in the last two.
    assert before["ranking_precision"] == after["ranking_precision"] == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    answer = task.answer(torch.tensor([0.3, 0.9, 0.2]).logit(), VIEW)
    assert answer.labels == ("food",)
    assert answer.probabilities == pytest.approx({"food": 0.3, "staff": 0.9, "price": 0.2})
    plain = answer.to_dict()
    assert plain["type"] == "labels"
    assert plain["labels"] == ["food"]
    assert plain["thresholds"]["staff"] == pytest.approx(0.925)


def test_labels_that_never_occur_do_not_break_the_scores(task):
    nothing = [[0.0, 0.0, 0.0]] * 2
    assert task.score([[0.1, 0.1, 0.1]] * 2, nothing)["micro_f1"] == 0
    task.calibrate([[0.1, 0.1, 0.1]] * 2, nothing)
    assert task.thresholds == [0.5, 0.5, 0.5]


def test_the_baseline_takes_the_frequent_labels(task):
    assert task.baseline([[1, 1, 0], [1, 0, 0], [1, 1, 1], [1, 0, 0]], [None]) == [[1.0, 1.0, 0.0]]
    assert task.baseline([], [None]) == [[0.0, 0.0, 0.0]]


def test_the_thresholds_are_saved_with_the_head(make_model, tmp_path):
    from mtl.model import MultiTaskModel

    model = make_model(["aspects"])
    model.tasks["aspects"].thresholds = [0.1, 0.2, 1 / 3, 0.4, 0.5]
    model.save_pretrained(tmp_path / "model")
    assert MultiTaskModel.from_pretrained(tmp_path / "model").tasks["aspects"].thresholds == [0.1, 0.2, 1 / 3, 0.4, 0.5]
