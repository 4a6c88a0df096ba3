"""From what was said to where it errs: equal to scikit-learn's matrix, and parts that add up to the whole."""

import math
import random

import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from mtl.analysis.mistakes import (
    Case,
    Examination,
    ExaminedRow,
    by_label,
    by_length,
    confusion,
    folded,
    hardest,
    mean_loss,
)


def examined(count, labels, seed=0):
    """Rows of a classification with random answers, and their golds and answers."""
    rng = random.Random(seed)
    gold, said = ([rng.choice(labels) for _ in range(count)] for _ in range(2))
    rows = [
        ExaminedRow(
            f"text {at}", None, right, given, rng.random(), rng.choice((1, 3)), rng.randrange(4, 30),
            (Case(right, given),), (right,),
        )
        for at, (right, given) in enumerate(zip(gold, said, strict=True))
    ]  # fmt: skip

    def score(places):
        return accuracy_score([gold[at] for at in places], [said[at] for at in places])

    return Examination("task", "accuracy", rows, score, labels), gold, said


@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c", "never"), tuple(map(str, range(30)))])
def test_the_matrix_is_that_of_scikit_learn(labels):
    found, gold, said = examined(200, labels)
    matrix = confusion(found)
    assert matrix.counts == confusion_matrix(gold, said, labels=labels).tolist()
    for (row, column), cases in matrix.cells.items():
        assert len(cases) == matrix.counts[row][column] > 0
        assert all((gold[at], said[at]) == (labels[row], labels[column]) for at, _ in cases)


def test_a_folded_matrix_keeps_the_labels_that_are_in_most_mistakes_and_every_count():
    labels = tuple(map(str, range(30)))
    found, gold, said = examined(300, labels)
    whole, small = confusion(found), folded(confusion(found), 5)
    assert len(small.labels) == len(small.counts) == 6 and small.labels[-1] == ""
    assert sum(map(sum, small.counts)) == 300 == sum(len(cases) for cases in small.cells.values())
    wrong = {
        label: sum((label in pair) and pair[0] != pair[1] for pair in zip(gold, said, strict=True)) for label in labels
    }
    assert min(wrong[label] for label in small.labels[:-1]) >= max(
        wrong[label] for label in set(labels) - set(small.labels)
    )
    kept = [labels.index(label) for label in small.labels[:-1]]
    assert [row[:-1] for row in small.counts[:-1]] == [[whole.counts[a][b] for b in kept] for a in kept]


def test_labels_that_never_occur_are_left_out_of_a_folded_matrix():
    found, _, _ = examined(50, ("a", "b"))
    matrix = folded(confusion(Examination("t", "accuracy", found.rows, found.score, ("a", "never", "b"))), 20)
    assert matrix.labels == ["a", "b"]
    assert matrix.counts == confusion(found).counts


@pytest.mark.parametrize("cut", [by_length, by_label])
@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_slices_add_up_to_the_whole(cut, count):
    found, _, _ = examined(count, ("a", "b", "c"))
    slices = cut(found)
    assert sorted(at for each in slices for at in each.rows) == list(range(count))
    mean = sum(each.score * len(each.rows) for each in slices) / count
    assert mean == pytest.approx(found.score(range(count)))
    labels = sum(each.labels for each in slices)
    assert sum(each.loss * each.labels for each in slices) / labels == pytest.approx(mean_loss(found.rows))


def test_lengths_are_thirds_in_order():
    found, _, _ = examined(300, ("a", "b"))
    short, middle, long = by_length(found)
    assert (short.name, middle.name, long.name) == ("short", "middle", "long")
    assert short.tokens[1] < middle.tokens[0] <= middle.tokens[1] < long.tokens[0]
    assert all(60 <= len(each.rows) <= 140 for each in (short, middle, long))


def test_texts_of_one_length_are_one_slice_and_no_rows_are_none():
    row = ExaminedRow("x", None, "a", "a", 0.5, 1, 7)
    assert [(each.name, each.tokens) for each in by_length(Examination("t", "m", [row] * 4, len))] == [
        ("short", (7, 7))
    ]
    assert by_length(Examination("t", "m", [], len)) == by_label(Examination("t", "m", [], len)) == []


def test_the_hardest_rows_have_the_highest_losses_and_what_is_no_number_is_harder():
    losses = [0.5, 3.0, math.nan, 0.1, 3.0, math.inf]
    rows = [ExaminedRow("x", None, "a", "b", loss, 1, 5) for loss in losses]
    assert hardest(rows, 5) == [2, 5, 1, 4, 0]
