"""Rows as the tasks take them: labels read in every way people write them, and every problem named with its row."""

import pytest

from mtl.data.labels import BadValue, as_list, read_answers, read_class, read_classes, read_number, read_target
from mtl.data.refusals import PROBLEMS
from mtl.data.rows import SHAPES, complete, count_labels, count_problems, read_rows
from mtl.data.sources import TaskSpec
from mtl.data.table import Limits, make_table
from mtl.data.tags import join_words, read_tags, to_bio
from mtl.errors import DataError

CLASSES = TaskSpec("task", "classification", "mine", "label", ("bad", "good"))
SEVERAL = TaskSpec("several", "multilabel", "mine", "labels", ("a", "b", "c"))
NUMBER = TaskSpec("number", "regression", "mine", "score", low=0.0, high=5.0)
ENTITIES = TaskSpec("names", "tagging", "mine", "tags", ("LOC", "PER"), tokens="tokens")
UPOS = TaskSpec("upos", "tagging", "mine", "tags", ("NOUN", "VERB"), tokens="tokens", scheme="plain")
ANSWERS = TaskSpec("answers", "question_answering", "mine", "answer", text="question", text_pair="context")
TARGET = TaskSpec("write", "generation", "mine", "summary")


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


@pytest.mark.parametrize(
    ("words", "text"),
    [(["Do", "n't"], "Do n't"), (["北", "京", "。"], "北京。"), (["用", "GPU", "训", "练"], "用 GPU 训练"), ([], "")],
)
def test_words_are_joined_as_their_script_is_written(words, text):
    assert join_words(words) == text


DAMAGE = [
    (CLASSES, {"label": "good"}, "missing_text"),
    (CLASSES, {"text": "\u200b \n", "label": "good"}, "empty_text"),
    (CLASSES, {"text": "a"}, "missing_label"),
    (CLASSES, {"text": "a", "label": "fine"}, "unknown_label"),
    (NUMBER, {"text": "a", "score": "x"}, "not_a_number"),
    (NUMBER, {"text": "a", "score": 9}, "out_of_range"),
    (ENTITIES, {"tokens": 5, "tags": ["O"]}, "not_a_list"),
    (ENTITIES, {"tokens": ["a", "b"], "tags": ["O"]}, "tag_count"),
    (ENTITIES, {"tokens": [], "tags": []}, "missing_text"),
    (ANSWERS, {"question": "q?", "context": "c", "answer": "x"}, "answer_outside"),
    (ANSWERS, {"question": "q?", "context": "c", "answer": 7}, "not_an_answer"),
    (TARGET, {"text": "a", "summary": " "}, "empty_target"),
]
GOOD = {
    "classification": {"text": "fine", "label": "good"},
    "regression": {"text": "fine", "score": 1},
    "tagging": {"tokens": ["in", "Lima"], "tags": ["O", "B-LOC"]},
    "question_answering": {"question": "q?", "context": "a context", "answer": "context"},
    "generation": {"text": "fine", "summary": "so"},
}


@pytest.mark.parametrize(("spec", "row", "reason"), DAMAGE, ids=lambda each: each if isinstance(each, str) else "")
def test_a_bad_row_is_told_by_its_number_and_left_out(spec, row, reason):
    good = GOOD[spec.kind]
    table = make_table([good, {**dict.fromkeys(good), **row}, good])
    rows, problems = read_rows(table, [spec], "mine")
    assert len(rows) == 2
    assert [(problem.row, problem.reason) for problem in problems] == [(2, reason)]
    assert count_problems(problems) == {reason: 1}


def test_every_problem_has_its_row_here():
    told = {reason for _, _, reason in DAMAGE}
    assert told | {"cell_count", "not_a_row"} == set(PROBLEMS)  # those two are found when a file is read


def test_a_row_that_is_wrong_for_one_task_still_serves_the_others():
    cells = [("a", "good", 9), ("b", None, 2), ("c", "x", None)]
    rows = [dict(zip(("text", "label", "score"), each, strict=True)) for each in cells]
    found, problems = read_rows(make_table(rows), [CLASSES, NUMBER], "mine")
    assert found == [{"text": "a", "label": "good", "score": None}, {"text": "b", "label": None, "score": 2.0}]
    assert [(problem.row, problem.reason) for problem in problems] == [(1, "out_of_range"), (3, "unknown_label")]


def test_a_column_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(DataError) as caught:
        read_rows(make_table([{"text": "a", "y": "good"}]), [CLASSES], "mine")
    assert caught.value.details == {"reason": "column", "source": "mine", "found": "label", "known": ["text", "y"]}


def test_a_text_is_made_of_words_where_there_is_none():
    table = make_table([{"tokens": ["In", "Lima"], "tags": ["O", "B-LOC"]}])
    rows, problems = read_rows(table, [ENTITIES], "mine")
    assert rows == [{"tokens": ["In", "Lima"], "tags": ["O", "B-LOC"], "text": "In Lima"}]
    assert not problems


def test_the_labels_are_those_the_data_have():
    table = make_table([{"text": "a", "label": label} for label in ("10", "9", "b", "a", "9")])
    spec = complete(TaskSpec("task", "classification", "mine", "label"), [table], "mine")
    assert spec.labels == ("9", "10", "a", "b")
    named = make_table([{"text": "a", "label": 1}], names={"label": ("bad", "good", "never")})
    assert complete(TaskSpec("task", "classification", "mine", "label"), [named], "mine").labels == (
        "bad",
        "good",
        "never",
    )
    assert count_labels([named], CLASSES, "mine") == {"bad": 0, "good": 1, "never": 0}


@pytest.mark.parametrize(
    ("tags", "scheme", "labels"),
    [
        (["O", "B-PER", "I-PER", "B-LOC"], "bio", ("LOC", "PER")),
        (["O", "S-PER", "B-LOC", "E-LOC"], "bio", ("LOC", "PER")),
        (["NOUN", "VERB", "X", "_"], "plain", ("NOUN", "VERB", "X", "_")),
        (["O", "B-PER", "NOUN"], "plain", ("B-PER", "NOUN", "O")),
    ],
)
def test_the_scheme_of_tags_is_told_by_them(tags, scheme, labels):
    table = make_table([{"tokens": ["w"] * len(tags), "tags": tags}])
    spec = complete(TaskSpec("task", "tagging", "mine", "tags", tokens="tokens"), [table], "mine")
    assert (spec.scheme, set(spec.labels)) == (scheme, set(labels))


@pytest.mark.parametrize(("count", "reason"), [(501, "too_many_labels"), (1, "one_label")])
def test_too_many_labels_and_too_few(count, reason):
    table = make_table([{"text": "a", "label": f"l{at}"} for at in range(count)])
    with pytest.raises(DataError) as caught:
        complete(TaskSpec("task", "classification", "mine", "label"), [table], "mine", Limits())
    assert caught.value.details["reason"] == reason
    assert caught.value.details["found"] == count


def test_every_kind_with_a_shape_reads_its_good_row():
    for spec in (CLASSES, NUMBER, ENTITIES, ANSWERS, TARGET):
        assert len(read_rows(make_table([GOOD[spec.kind]]), [spec], "mine")[0]) == 1
    assert {spec.kind for spec in (CLASSES, SEVERAL, NUMBER, ENTITIES, ANSWERS, TARGET)} == set(SHAPES)


def test_surrogates_and_endless_texts_are_tamed():
    rows, _ = read_rows(make_table([{"text": "a\ud800" + "b" * 200_000, "label": "good"}]), [CLASSES], "mine")
    assert rows[0]["text"].startswith("a?b")
    assert len(rows[0]["text"]) == 100_000
