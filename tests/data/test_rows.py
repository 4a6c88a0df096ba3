"""Rows as the tasks take them, and every problem named with its row."""

import pytest

from mtl.data.refusals import PROBLEMS
from mtl.data.rows import SHAPES, complete, count_labels, count_problems, read_rows
from mtl.data.sources import TaskSpec
from mtl.data.table import Limits, make_table
from mtl.data.tags import join_words
from mtl.errors import DataError
from tests.data.specs import ANSWERS, CLASSES, ENTITIES, NUMBER, SEVERAL, TARGET


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
