"""Splits that are made: in proportion, seeded, and no text in two of them."""

import random
from collections import Counter

import pytest

from mtl.data.sources import TaskSpec
from mtl.data.splitting import group_by_text, make_splits, same_text

CLASSES = TaskSpec("task", "classification", "mine", "label", ("a", "b", "c"))
PAIRS = TaskSpec("task", "classification", "mine", "label", ("a", "b"), text_pair="other")
NUMBERS = TaskSpec("task", "regression", "mine", "label", low=0.0, high=9.0)
SEVERAL = TaskSpec("task", "multilabel", "mine", "label", ("a", "b", "c"))
ANSWERS = TaskSpec("task", "question_answering", "mine", "label", text="question", text_pair="passage")


def labelled(count, weights=(70, 25, 5), seed=0):
    chance = random.Random(seed)
    return [{"text": f"text {at}", "label": chance.choices("abc", weights)[0]} for at in range(count)]


def test_every_row_lies_in_exactly_one_split():
    rows = labelled(500)
    splits = make_splits(rows, ["validation", "test"], [CLASSES], 0, "mine")
    found = [row["text"] for part in splits.values() for row in part]
    assert sorted(found) == sorted(row["text"] for row in rows)
    assert {name: len(part) for name, part in splits.items()} == {"train": 400, "validation": 50, "test": 50}


@pytest.mark.parametrize("count", [10, 37, 200, 1000])
def test_each_label_is_divided_in_proportion(count):
    rows = labelled(count)
    splits = make_splits(rows, ["validation", "test"], [CLASSES], 3, "mine")
    total = Counter(row["label"] for row in rows)
    for name, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        found = Counter(row["label"] for row in splits[name])
        for label, number in total.items():
            assert abs(found[label] - share * number) < 1.5


@pytest.mark.parametrize("count", range(10, 40))
def test_no_split_is_empty_however_few_rows_there_are(count):
    splits = make_splits(labelled(count), ["validation", "test"], [CLASSES], count, "mine")
    assert all(splits.values())


def test_many_rare_labels_leave_no_split_empty():
    rows = [{"text": f"text {at}", "label": f"label {at // 3}"} for at in range(300)]
    splits = make_splits(rows, ["validation", "test"], [CLASSES], 0, "mine")
    assert {name: len(part) for name, part in splits.items()} == {"train": 240, "validation": 30, "test": 30}


def test_the_seed_decides_and_nothing_else():
    rows = labelled(200)
    first, again, other = (make_splits(rows, ["test"], [CLASSES], seed, "mine") for seed in (1, 1, 2))
    assert first == again
    assert first["test"] != other["test"]


@pytest.mark.parametrize("seed", range(5))
def test_no_text_is_in_two_splits_even_if_it_comes_again(seed):
    chance = random.Random(seed)
    texts = [f"sentence number {at}" for at in range(80)]
    forms = (str, str.upper, str.title, "  {}!".format, "{} .".format)
    rows = [{"text": chance.choice(forms)(chance.choice(texts)), "label": chance.choice("abc")} for _ in range(300)]
    splits = make_splits(rows, ["validation", "test"], [CLASSES], seed, "mine")
    sets = [{same_text(row["text"]) for row in part} for part in splits.values()]
    assert sum(map(len, sets)) == len(set.union(*sets))
    assert sum(len(part) for part in splits.values()) == 300


def test_a_pair_stays_with_every_pair_that_shares_a_text():
    chance = random.Random(0)
    texts = [f"text {at}" for at in range(400)]
    rows = [{"text": chance.choice(texts[:200]), "other": chance.choice(texts[200:]), "label": "a"} for _ in range(90)]
    splits = make_splits(rows, ["validation", "test"], [PAIRS], 0, "mine")
    sets = [{row[column] for row in part for column in ("text", "other")} for part in splits.values()]
    assert sum(map(len, sets)) == len(set.union(*sets))


def test_questions_that_chain_everything_do_not_make_one_lump():
    rows = [
        {
            "question": ("What is it?", "Who was that?", f"Question {at}?")[at % 3],
            "passage": f"A long passage {at // 4}",
        }
        for at in range(400)
    ]
    assert max(map(len, group_by_text(rows, ["question", "passage"]))) == 4
    rows = [{**row, "label": {"text": []}} for row in rows]
    splits = make_splits(rows, ["validation"], [ANSWERS], 0, "mine")
    assert not {row["passage"] for row in splits["train"]} & {row["passage"] for row in splits["validation"]}


def test_numbers_are_divided_over_their_whole_range():
    rows = [{"text": f"text {at}", "label": float(at % 10)} for at in range(200)]
    chosen = make_splits(rows, ["test"], [NUMBERS], 0, "mine")["test"]
    assert set(Counter(row["label"] for row in chosen).values()) == {2}


def test_a_rare_label_among_several_is_divided_too():
    rows = [{"text": f"text {at}", "label": ["a", "c"] if at < 20 else ["a"] if at % 2 else []} for at in range(200)]
    splits = make_splits(rows, ["validation", "test"], [SEVERAL], 0, "mine")
    assert [sum("c" in row["label"] for row in splits[name]) for name in ("train", "validation", "test")] == [16, 2, 2]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The Soup", "the soup!", True),
        ("ＦＵＬＬ width", "full WIDTH", True),
        ("你好。", "你好", True),
        ("你好", "您好", False),
        (":)", ":(", False),
        ("1.5", "15", True),
    ],
)
def test_what_counts_as_the_same_text(one, other, same):
    assert (same_text(one) == same_text(other)) is same
