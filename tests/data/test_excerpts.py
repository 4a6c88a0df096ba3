"""Rows as a page shows them: short, and marked where the answer or the tags are."""

import pytest

from mtl.data.excerpts import AROUND, LONGEST, excerpt
from mtl.data.rows import SHAPES
from mtl.data.sources import TaskSpec


def spec(kind, **more):
    return TaskSpec("task", kind, "mine", "label", **more)


QA = spec("question_answering", text_pair="passage")


def answered(passage, answer):
    label = {"text": [answer], "answer_start": [passage.index(answer)]} if answer else {"text": [], "answer_start": []}
    return excerpt({"text": "Who?", "passage": passage, "label": label}, QA)


@pytest.mark.parametrize(
    ("kind", "label", "shown"),
    [
        ("classification", "good", {"labels": ["good"]}),
        ("multilabel", ["a", "b"], {"labels": ["a", "b"]}),
        ("multilabel", [], {"labels": []}),
        ("regression", 2.5, {"number": 2.5}),
        ("generation", "A title", {"target": "A title"}),
    ],
)
def test_each_kind_shows_its_answer(kind, label, shown):
    found = excerpt({"text": "t", "label": label}, spec(kind))
    assert found == {"text": "t", "pair": None, **shown}


def test_every_kind_can_be_shown():
    rows = {"tagging": (["a"], ["O"]), "question_answering": (None, {"text": [], "answer_start": []})}
    for kind in SHAPES:
        tokens, label = rows.get(kind, (None, ["x"] if kind == "multilabel" else "x"))
        more = {"tokens": "tokens"} if kind == "tagging" else {"text_pair": "pair"} if kind.endswith("ing") else {}
        assert excerpt({"text": "t", "pair": "p", "tokens": tokens, "label": label}, spec(kind, **more))["text"] == "t"


def test_the_passage_is_shown_around_its_answer():
    passage = "x" * 1000 + " Ada Byron " + "y" * 1000
    parts = answered(passage, "Ada Byron")["parts"]
    assert parts[1] == ("Ada Byron", "")
    assert all(len(text) <= AROUND + 2 for text, _ in parts)
    assert "".join(text for text, _ in answered("It was Ada.", "Ada")["parts"]) == "It was Ada."
    assert answered("x" * 900, None) == {
        "text": "Who?", "pair": "x" * (LONGEST - 2) + " …", "parts": [("x" * (LONGEST - 2) + " …", None)], "none": True,
    }  # fmt: skip


def test_entities_are_one_piece_and_neighbours_stay_apart():
    row = {"text": "-", "tokens": ["Ada", "Byron", "met", "Acme", "Lima"]}
    row["label"] = ["B-PER", "I-PER", "O", "B-ORG", "B-ORG"]
    found = excerpt(row, spec("tagging", tokens="tokens"))
    assert found["parts"] == [("Ada Byron", "PER"), ("met", None), ("Acme", "ORG"), ("Lima", "ORG")]
    plain = excerpt({**row, "label": ["N", "N", "V", "N", "N"]}, spec("tagging", tokens="tokens", scheme="plain"))
    assert plain["parts"] == [("Ada", "N"), ("Byron", "N"), ("met", "V"), ("Acme", "N"), ("Lima", "N")]


def test_a_row_without_a_label_shows_its_text():
    assert excerpt({"text": "t" * 1000, "label": None}, spec("classification")) == {
        "text": "t" * (LONGEST - 2) + " …",
        "pair": None,
    }
