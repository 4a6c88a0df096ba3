"""Labels, read in every way people write them."""

import pytest

from mtl.data.labels import BadValue, as_list, read_answers, read_class, read_classes, read_number, read_target
from mtl.data.sources import TaskSpec
from mtl.data.tags import read_tags, to_bio
from tests.data.specs import CLASSES, ENTITIES, NUMBER, SEVERAL, UPOS


@pytest.mark.parametrize(
    ("cell", "names", "label"),
    [
        ("good", (), "good"),
        (" good ", (), "good"),
        (1, ("bad", "good"), "good"),
        (1.0, ("bad", "good"), "good"),
        (1, ("0", "1"), "good"),
        (0, ("Negative", "Positive"), "bad"),
        (-1, ("bad", "good"), None),
        (None, (), None),
        ("  ", (), None),
        (float("nan"), (), None),
    ],
)
def test_a_class_is_read_by_name_or_number(cell, names, label):
    assert read_class(cell, CLASSES, names) == label


@pytest.mark.parametrize(
    ("cell", "names"),
    [("fine", ()), (1, ()), ("0", ()), (7, ("bad", "good")), ({"a": 1}, ()), ("good", ("x", "y", "z")), (True, ())],
)
def test_what_is_no_class_is_refused(cell, names):
    if cell == "good":
        assert read_class(cell, CLASSES, names) == "good"  # a name of the task's own needs no number
        return
    with pytest.raises(BadValue) as caught:
        read_class(cell, CLASSES, names)
    assert caught.value.reason == "unknown_label"


def test_truth_values_are_classes_too():
    spec = TaskSpec("task", "classification", "mine", "label", ("false", "true"))
    assert [read_class(value, spec, ()) for value in (True, False)] == ["true", "false"]


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        (["a", "c"], ["a", "c"]),
        ([], []),
        ("a;c", ["a", "c"]),
        ("a, c", ["a", "c"]),
        ("a|c", ["a", "c"]),
        ("a", ["a"]),
        ("", []),
        ("['a', 'c']", ["a", "c"]),
        ('["a", "c"]', ["a", "c"]),
        (["a", "a"], ["a"]),
        (None, None),
    ],
)
def test_several_classes_in_every_way_they_are_listed(cell, labels):
    assert read_classes(cell, SEVERAL, ()) == labels


def test_code_in_a_list_is_never_run():
    with pytest.raises(BadValue):
        read_classes("[__import__('os').getcwd()]", SEVERAL, ())
    assert as_list("[" * 5000 + "]" * 5000) == ["[" * 5000 + "]" * 5000]


@pytest.mark.parametrize(
    ("cell", "number"), [(3, 3.0), ("3.5", 3.5), ("3,5", 3.5), (" 5 ", 5.0), ("1e0", 1.0), (None, None), ("", None)]
)
def test_numbers(cell, number):
    assert read_number(cell, NUMBER) == number


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("three", "not_a_number"),
        ("1,000.5", "not_a_number"),
        ("１", "not_a_number"),
        (True, "not_a_number"),
        (float("inf"), "not_a_number"),
        (6, "out_of_range"),
        ("-1", "out_of_range"),
    ],
)
def test_what_is_no_number_of_the_task(cell, reason):
    with pytest.raises(BadValue) as caught:
        read_number(cell, NUMBER)
    assert caught.value.reason == reason


PASSAGE = "Paris is in France. Paris, Texas is not. 巴黎在法国。😀 Paris"


@pytest.mark.parametrize(
    ("cell", "text", "start"),
    [
        ({"text": ["France"], "answer_start": [12]}, ["France"], [12]),
        ({"text": ["France"], "answer_start": [10]}, ["France"], [12]),
        ({"text": ["Paris"], "answer_start": [22]}, ["Paris"], [20]),
        ({"text": ["Paris"], "answer_start": [50]}, ["Paris"], [PASSAGE.rindex("Paris")]),
        ({"text": ["法国"], "answer_start": [-1]}, ["法国"], [PASSAGE.index("法国")]),
        ({"text": "France", "answer_start": 12}, ["France"], [12]),
        ([{"text": "France", "answer_start": 12}], ["France"], [12]),
        ("France", ["France"], [12]),
        (["France", "Texas"], ["France", "Texas"], [12, PASSAGE.index("Texas")]),
        ({"text": [], "answer_start": []}, [], []),
        (None, [], []),
        ("", [], []),
    ],
)
def test_answers_and_their_places(cell, text, start):
    found = read_answers(cell, PASSAGE)
    assert found == {"text": text, "answer_start": start}
    for each, at in zip(found["text"], found["answer_start"], strict=True):
        assert PASSAGE[at : at + len(each)] == each


@pytest.mark.parametrize(
    ("cell", "reason"), [("London", "answer_outside"), (7, "not_an_answer"), ([3], "not_an_answer")]
)
def test_what_is_no_answer(cell, reason):
    with pytest.raises(BadValue) as caught:
        read_answers(cell, PASSAGE)
    assert caught.value.reason == reason


def test_a_target_must_say_something():
    assert read_target(" so ") == " so "
    assert read_target(None) is None
    for cell in ("  ", 5):
        with pytest.raises(BadValue):
            read_target(cell)


@pytest.mark.parametrize(
    ("tags", "bio"),
    [
        ("O B-PER I-PER O", "O B-PER I-PER O"),
        ("I-PER I-PER I-LOC", "B-PER I-PER B-LOC"),
        ("I-PER B-PER I-PER", "B-PER B-PER I-PER"),
        ("B-PER E-PER S-LOC O", "B-PER I-PER B-LOC O"),
        ("B-PER M-PER E-PER B-PER E-PER", "B-PER I-PER I-PER B-PER I-PER"),
        ("B-PER I-PER L-PER U-LOC", "B-PER I-PER I-PER B-LOC"),
        ("S-PER I-PER", "B-PER B-PER"),
        ("B_PER I_PER", "B-PER I-PER"),
        ("O I-PER", "O B-PER"),
    ],
)
def test_every_way_of_writing_entities_becomes_one(tags, bio):
    assert to_bio(tags.split()) == bio.split()
    assert to_bio(to_bio(tags.split())) == bio.split()


@pytest.mark.parametrize(
    ("cell", "names", "tags"),
    [
        (["O", "B-LOC"], (), ["O", "B-LOC"]),
        ("O B-LOC", (), ["O", "B-LOC"]),
        ("['O', 'B-LOC']", (), ["O", "B-LOC"]),
        ([0, 1], ("O", "B-LOC"), ["O", "B-LOC"]),
        (None, (), None),
    ],
)
def test_tags_in_every_way_they_are_listed(cell, names, tags):
    assert read_tags(cell, ENTITIES, names, ["in", "Lima"]) == tags


@pytest.mark.parametrize(
    ("spec", "cell", "reason"),
    [
        (ENTITIES, ["O"], "tag_count"),
        (ENTITIES, ["O", "B-ORG"], "unknown_label"),
        (ENTITIES, ["O", "NOUN"], "unknown_label"),
        (ENTITIES, 5, "not_a_list"),
        (UPOS, ["NOUN", "ADJ"], "unknown_label"),
    ],
)
def test_what_are_no_tags_of_the_task(spec, cell, reason):
    with pytest.raises(BadValue) as caught:
        read_tags(cell, spec, (), ["in", "Lima"])
    assert caught.value.reason == reason
