"""Exact match and F1 against what the official scripts of SQuAD 1.1, SQuAD 2.0 and CMRC 2018 give."""

import pytest

from mtl.tasks.answer_scores import chinese, cmrc, normalised, segmented, squad1, squad2


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The Cat's   hat.", "cats hat"),
        ("An apple, a pear & the plum", "apple pear plum"),
        ("a", ""),
        ("Anthem", "anthem"),
        ("the-end", "theend"),
        ("U.S.A.", "usa"),
        ("$3.5 million", "35 million"),
        ("你好，the 世界", "你好， 世界"),
        ("l’été", "l’été"),
        ("\u00a0x\n\ty ", "x y"),
    ],
)
def test_texts_are_normalised_as_by_the_script(text, wanted):
    assert normalised(text) == wanted


# (answer, right answers, SQuAD 1.1, SQuAD 2.0): values of the official scripts.
SQUAD = [
    ("the Eiffel Tower", ["Eiffel Tower"], (1, 1), (1, 1)),
    ("in the Eiffel Tower", ["Eiffel Tower", "tower"], (0, 0.8), (0, 0.8)),
    ("Denver Broncos", ["The Denver Broncos of Denver"], (0, 2 / 3), (0, 2 / 3)),
    ("Denver Denver", ["Denver Broncos"], (0, 0.5), (0, 0.5)),
    ("x", ["y"], (0, 0), (0, 0)),
    ("", ["y"], (0, 0), (0, 0)),
    ("the", ["a"], (1, 0), (1, 1)),
    ("the", ["a", "b"], (1, 0), (0, 0)),
    ("", [], (1, 1), (1, 1)),
    ("x", [], (0, 0), (0, 0)),
]


@pytest.mark.parametrize(("answer", "right", "first", "second"), SQUAD, ids=str)
def test_scores_are_those_of_the_script(answer, right, first, second):
    assert squad1(answer, right) == pytest.approx(first)
    assert squad2(answer, right) == pytest.approx(second)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("你好世界", ["你", "好", "世", "界"]),
        ("在1990年，NBA联赛", ["在", "1990", "年", "nba", "联", "赛"]),
        ("《红楼梦》", ["红", "楼", "梦"]),
        ("iPhone 6s Plus", ["iphone", "6s", "plus"]),
        ("don't", ["do", "n't"]),
        ("", []),
    ],
)
def test_chinese_is_counted_by_characters(text, wanted):
    assert segmented(text) == wanted


@pytest.mark.parametrize(
    ("answer", "right", "wanted"),
    [
        ("光荣和ω-force", ["光荣和ω-force"], (1, 1)),
        ("光荣", ["光荣和ω-force", "光荣"], (1, 1)),
        ("《红楼梦》", ["红楼梦"], (1, 1)),
        # A run of two in four and in three segments.
        ("北京大学", ["在北京"], (0, 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3))),
        # Both characters are there, but not side by side: the longest run is one.
        ("北大京", ["北京"], (0, 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))),
        ("上海", ["北京"], (0, 0)),
        ("", ["北京"], (0, 0)),
        ("", [], (1, 1)),
        ("北京", [], (0, 0)),
    ],
    ids=str,
)
def test_chinese_answers_are_scored_as_by_the_cmrc_script(answer, right, wanted):
    assert cmrc(answer, right) == pytest.approx(wanted)


def test_chinese_is_told_from_the_characters():
    assert chinese(["北京", "NBA"])
    assert not chinese(["the word 北京 in English"])
    assert not chinese([])
    assert not chinese(["한국어", "日本"][:1])
