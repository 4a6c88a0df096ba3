"""The wizard: columns and kind guessed, labels with counts, rows as the task will see them, problems counted."""

import json
from dataclasses import replace

import pytest

from mtl.data.guess import guess
from mtl.data.label_names import label_names
from mtl.data.sources import SPLITS, TaskSpec
from mtl.data.table import make_table
from mtl.data.wizard import inspect, preview

SQUAD = {"text": ["context"], "answer_start": [2]}
MOODS = ("bad", "good")
NLI = {"premise": "p {}", "hypothesis": "h {}", "label": (0, 1, 2)}
SENTENCES = {"sentence1": "p {}", "sentence2": "h {}"}


def filled(template, at):
    """A row of a template: texts are formatted with the row's number, of a tuple the values take turns."""
    if isinstance(template, dict):
        return {key: filled(value, at) for key, value in template.items()}
    if isinstance(template, tuple):
        return template[at % len(template)]
    return template.format(at) if isinstance(template, str) else template


TABLES = [
    # kind, what is guessed, and the rows
    ("classification", {"text": "text", "label": "label"}, {"label": MOODS, "text": "text {}"}),
    (
        "classification",
        {"text": "review", "label": "category", "labels": ("1", "2", "3")},
        {"id": "{}", "review": "text {}", "category": (1, 2, 3)},
    ),
    (
        "regression",
        {"text": "review", "label": "stars", "low": 1, "high": 3},
        {"review": "text {}", "stars": (1, 2, 3)},
    ),
    ("classification", {"text": "文本", "label": "标签"}, {"标签": ("好", "坏"), "文本": "这是第{}句话"}),
    ("classification", {"text": "sentence", "label": "label"}, {"idx": "{}", "sentence": "text {}", "label": (0, 1)}),
    ("classification", {"text": "premise", "text_pair": "hypothesis", "label": "label"}, NLI),
    (
        "classification",
        {"text": "sentence1", "text_pair": "sentence2", "label": "label"},
        {**SENTENCES, "label": (0, 1), "idx": "{}"},
    ),
    (
        "classification",
        {"text": "question1", "text_pair": "question2", "label": "is_duplicate"},
        {"id": "{}", "question1": "p {}", "question2": "h {}", "is_duplicate": (0, 1)},
    ),
    (
        "classification",
        {"text": "note", "label": "mood"},
        {
            "uid": "a-long-identifier-of-row-{}",
            "note": "n {}",
            "mood": MOODS,
            "place": ("in Lima, the capital", "in Rome"),
        },
    ),
    ("classification", {"text": "v2", "label": "v1"}, {"v1": ("ham", "spam"), "v2": "a message of some length {}"}),
    (
        "regression",
        {"text": "sentence1", "text_pair": "sentence2", "label": "score", "low": 0.5, "high": 4.5},
        {**SENTENCES, "score": (0.5, 1.5, 2.5, 4.5)},
    ),
    ("regression", {"text": "text", "label": "rating", "low": 0.0, "high": 39.0}, {"text": "text {}", "rating": "{}"}),
    ("multilabel", {"text": "text", "label": "labels"}, {"text": "text {}", "labels": (["a"], [], ["a", "b"])}),
    (
        "tagging",
        {"tokens": "tokens", "label": "ner_tags", "scheme": "bio", "labels": ("LOC",)},
        {"id": "{}", "tokens": ["in", "Lima"], "ner_tags": ["O", "B-LOC"]},
    ),
    (
        "tagging",
        {"tokens": "tokens", "label": "upos", "text": "text", "scheme": "plain"},
        {"text": "in Lima", "tokens": ["in", "Lima"], "upos": ["ADP", "PROPN"]},
    ),
    (
        "question_answering",
        {"text": "question", "text_pair": "context", "label": "answers"},
        {"id": "{}", "title": "t", "context": "a context {}", "question": "q {}?", "answers": (SQUAD,)},
    ),
    (
        "question_answering",
        {"text": "问题", "text_pair": "段落", "label": "答案"},
        {"段落": "这是一段文字{}", "问题": "什么{}？", "答案": "文字"},
    ),
    (
        "generation",
        {"text": "document", "label": "summary"},
        {"document": "a long text with many words {}", "summary": "short {}"},
    ),
    (
        "generation",
        {"text": "email_body", "label": "subject_line"},
        {"email_body": "a long text {}", "subject_line": "short {}"},
    ),
    ("generation", {"text": "en", "label": "de"}, {"en": "hello {}", "de": "hallo {}"}),
    (
        "generation",
        {"text": "translation.en", "label": "translation.zh"},
        {"translation": {"en": "hello {}", "zh": "你好 {}"}},
    ),
]


@pytest.mark.parametrize(
    ("kind", "fields", "template"), TABLES, ids=[f"{each[0]}-{at}" for at, each in enumerate(TABLES)]
)
def test_kind_and_columns_are_guessed(kind, fields, template):
    spec = guess(make_table([filled(template, at) for at in range(40)]), "task", "mine")
    assert spec is not None
    assert spec.kind == kind
    assert {name: getattr(spec, name) for name in fields} == fields
    if "text_pair" not in fields:
        assert spec.text_pair is None


@pytest.mark.parametrize(
    "row", [lambda at: {"id": at}, lambda at: {"text": f"text {at}"}, lambda at: {"a": None, "b": None}]
)
def test_nothing_is_guessed_where_nothing_fits(row):
    assert guess(make_table([row(at) for at in range(40)]), "task", "mine") is None


LINES = [{"text": f"text {at}", "label": MOODS[at % 2]} for at in range(40)]


def test_an_upload_is_shown_with_its_columns_and_a_suggestion(uploads, upload):
    source = upload("a.csv", "label,text\n" + "".join(f"{row['label']},{row['text']}\n" for row in LINES))
    found = inspect(source, uploads, "moods")
    assert found.rows == {"train": 40}
    assert found.layout == {"format": "delimited", "separator": ",", "header": "yes", "encoding": "utf-8"}
    assert [(column["name"], column["type"], column["different"], column["example"]) for column in found.columns] == [
        ("label", "text", 2, "bad"),
        ("text", "text", 40, "text 0"),
    ]
    assert found.suggestion == TaskSpec("moods", "classification", "mine", "label", ("bad", "good"))
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_preview_shows_rows_as_the_task_sees_them(uploads, upload):
    rows = [*LINES, {"text": "odd", "label": "fine"}, {"text": " ", "label": "good"}, {"text": "x", "label": None}]
    source = upload("a.jsonl", "\n".join(map(json.dumps, rows)), bad_rows="stop")
    spec = TaskSpec("moods", "classification", "mine", "label", ("good", "bad"))
    found = preview(source, spec, uploads)
    assert found.rows == {"train": 32, "validation": 4, "test": 4}
    assert found.made == ["validation", "test"]
    assert found.labels == {"good": 16, "bad": 16}
    assert found.problems == {"unknown_label": 1, "empty_text": 1, "missing_label": 1}
    assert [(each["row"], each["reason"]) for each in found.first_problems] == [
        (41, "unknown_label"),
        (42, "empty_text"),
        (43, "missing_label"),
    ]
    assert found.first_problems[0] == {
        "split": "train", "row": 41, "reason": "unknown_label", "column": "label", "found": "fine",
    }  # fmt: skip
    assert all(row.keys() == {"text", "label"} for row in found.examples)
    assert sum(found.rows[split] for split in SPLITS) == 40
    json.dumps(found.to_dict(), allow_nan=False)


def test_entities_are_counted_by_what_they_begin(uploads, upload):
    rows = [
        {"tokens": [f"A{at}", "b", "C"], "tags": ["B-PER", "I-PER", "B-LOC" if at % 2 else "O"]} for at in range(40)
    ]
    source = upload("a.jsonl", "\n".join(map(json.dumps, rows)))
    spec = inspect(source, uploads).suggestion
    found = preview(source, spec, uploads)
    assert found.labels["PER"] == 32
    assert found.labels["LOC"] == pytest.approx(16, abs=4)
    assert found.examples[0][spec.text].startswith("A")


def test_a_preview_of_a_task_without_labels_finds_them(uploads, upload):
    source = upload("a.jsonl", "\n".join(map(json.dumps, LINES)))
    assert preview(source, TaskSpec("moods", "classification", "mine", "label"), uploads).spec.labels == ("bad", "good")


def test_names_of_labels_in_every_form_of_features():
    names = {"names": ["a", "b"], "_type": "ClassLabel"}
    features = {
        "label": names, "list": {"feature": names, "_type": "List"}, "large": {"feature": names, "_type": "LargeList"},
        "old": {"feature": names, "_type": "Sequence"}, "older": [names], "inner": {"deep": names},
        "text": {"dtype": "string", "_type": "Value"},
    }  # fmt: skip
    assert label_names(features) == {
        "label": ("a", "b"), "list": ("a", "b"), "large": ("a", "b"), "old": ("a", "b"), "older": ("a", "b"),
        "inner.deep": ("a", "b"),
    }  # fmt: skip


def test_further_labels_of_the_same_texts_are_found(uploads, upload):
    rows = "".join(f"text {at},{MOODS[at % 2]},{at % 5 + 1},id-{at}\n" for at in range(40))
    source = upload("a.csv", "text,mood,stars,uid\n" + rows)
    found = inspect(source, uploads, "reviews")
    specs = [found.suggestion, *found.others]
    assert {spec.label for spec in specs} == {"mood", "stars"}
    assert {spec.text for spec in specs} == {"text"}
    assert found.others[0].name == f"reviews {found.others[0].label}"
    stars = next(spec for spec in specs if spec.label == "stars")
    assert (stars.kind, stars.low, stars.high) == ("regression", 1, 5)
    shown = preview(source, stars, uploads)
    assert shown.labels == {}
    assert {row["number"] for row in shown.shown} <= {1.0, 2.0, 3.0, 4.0, 5.0}


def test_a_number_takes_the_range_of_its_column_only_if_asked(uploads, upload):
    source = upload("a.csv", "text,grade\n" + "".join(f"text {at},{at}\n" for at in range(40)))
    spec = TaskSpec("grades", "regression", "mine", "grade")
    fitted = preview(source, spec, uploads, fit=True)
    assert (fitted.spec.low, fitted.spec.high, fitted.problems) == (0, 39, {})
    assert preview(source, replace(spec, high=20), uploads).problems == {"out_of_range": 19}


def test_each_kind_of_problem_is_shown_with_its_first_rows(uploads, upload):
    lines = [f"text {at},good" if at % 2 else f"text {at},bad" for at in range(30)] + [" ,good"] * 9 + ["x,"] * 2
    source = upload("a.csv", "text,label\n" + "\n".join(lines) + "\n")
    found = preview(source, inspect(source, uploads).suggestion, uploads)
    assert found.problems == {"empty_text": 9, "missing_label": 2}
    assert [(each["reason"], each["row"]) for each in found.first_problems] == [
        *(("empty_text", row) for row in (31, 32, 33, 34)),
        ("missing_label", 40),
        ("missing_label", 41),
    ]


def test_a_test_without_labels_is_made_anew_and_said_so(uploads, upload):
    source = upload("a.csv", "text,label\n")
    unlabelled = make_table([{"text": f"test {at}", "label": None} for at in range(6)])
    spec = TaskSpec("moods", "classification", "mine", "label", ("good", "bad"))
    found = preview(source, spec, uploads, {"train": make_table(LINES), "test": unlabelled})
    assert found.made == ["validation", "test"]
    assert found.rows == {"train": 32, "validation": 4, "test": 4}
