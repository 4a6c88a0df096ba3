"""The bundled tasks need an encoder: counting words is not enough, and the tuned encoder is good but not perfect."""

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline

from mtl import assembly
from mtl.data.corpus import TASKS, read_split
from mtl.runs.config import DEFAULT_TASKS

CLASSIFICATIONS = [name for name in DEFAULT_TASKS if TASKS[name].kind == "classification"]
MARGIN = 0.06
"""How far word counts stay below the encoder at least."""


def column(spec, split):
    rows = read_split(spec.source, split)
    texts = [" ".join(row[side] for side in (spec.text, spec.text_pair) if side) for row in rows]
    return texts, [row[spec.label] for row in rows]


def word_counts(name):
    """Accuracy and macro F1 on test of tf-idf and logistic regression, the better of two strengths."""
    texts, labels = column(TASKS[name], "train")
    unseen, truth = column(TASKS[name], "test")
    scores = []
    for strength in (1.0, 10.0):
        classifier = LogisticRegression(C=strength, max_iter=2000)
        answers = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), classifier).fit(texts, labels).predict(unseen)
        scores.append((accuracy_score(truth, answers), f1_score(truth, answers, average="macro")))
    return max(scores)


@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_counting_words_is_better_than_chance_and_not_enough(name):
    accuracy, _ = word_counts(name)
    assert 1 / len(TASKS[name].labels) - 0.05 < accuracy < 0.75


@pytest.fixture(scope="module")
def tuned():
    """Test scores of the encoder after about one pass over all tasks."""
    scores = {}

    def note(event):
        if event.type == "scores" and event.split == "test":
            scores[event.task] = event.scores

    assembly.train({"training": {"max_steps": 120, "eval_steps": 120}}, report=note)
    return scores


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_the_fine_tuned_encoder_is_well_above_counting_words_and_not_perfect(tuned, name):
    accuracy = tuned[name]["accuracy"]
    assert accuracy - word_counts(name)[0] >= MARGIN
    assert accuracy <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_the_fine_tuned_encoder_reaches_two_thirds(tuned, name):
    assert tuned[name]["accuracy"] >= 2 / 3


@pytest.mark.slow
def test_numbers_and_entities_are_learnt(tuned):
    assert 0.60 <= tuned["stars"]["pearson"] <= 0.95
    assert 0.40 <= tuned["entities"]["entity_f1"] <= 0.95
