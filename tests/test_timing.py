"""How long a question takes: which texts are asked, what their times come to, and that nothing else changes by it."""

from types import SimpleNamespace

import pytest

from mtl.runs import events
from mtl.timing import LIMIT_S, QUESTIONS, QuestionTimer, questions
from tests.training.said import of

ROWS = {
    "single": {"train": [{"text": "not this"}], "test": [{"text": f"s{n}"} for n in range(50)]},
    "pairs": {"test": [{"first": f"p{n}", "second": f"q{n}"} for n in range(3)]},
}
SPECS = [
    SimpleNamespace(source="single", text="text", text_pair=None),
    SimpleNamespace(source="pairs", text="first", text_pair="second"),
    SimpleNamespace(source="single", text="text", text_pair=None),
]


def test_sources_are_asked_in_turn_and_only_test_texts() -> None:
    found = questions(ROWS, SPECS)
    assert found[:5] == [("s0", None), ("p0", "q0"), ("s1", None), ("p1", "q1"), ("s2", None)]
    assert len(found) == QUESTIONS == len(set(found))


@pytest.mark.parametrize("text", ["", " \n", "\u200b\ufeff", "\ud800"])
def test_a_text_without_a_visible_character_is_no_question(text) -> None:
    assert questions({"single": {"test": [{"text": text}, {"text": "a"}]}}, SPECS[:1]) == [("a", None)]


def test_the_time_is_the_mean_of_the_faster_of_two(make_trainer, never) -> None:
    model = make_trainer(["topic", "relation"], max_steps=1).model.train()
    # Begin; of each question first whether time is left (not before the first), then begin and end twice.
    ticks = iter([0.0, 0.0, 0.5, 1.0, 1.2, 1.2, 1.2, 1.3, 1.3, 1.7])
    [event] = QuestionTimer([("A text.", None), ("One.", "Two.")], lambda: next(ticks))(model, 7)
    assert (event.step, event.questions) == (7, 2)
    assert event.seconds == pytest.approx((0.2 + 0.1) / 2)
    assert model.training


def test_slow_questions_end_early_and_none_tells_nothing(make_trainer) -> None:
    model = make_trainer(["topic"], max_steps=1).model
    ticks = iter([0.0, 0.0, 1.0, 1.0, 2.0, LIMIT_S + 0.1])
    [event] = QuestionTimer([("A.", None), ("B.", None)], lambda: next(ticks))(model, 1)
    assert (event.seconds, event.questions) == (1.0, 1)
    assert list(QuestionTimer([])(model, 1)) == []


def test_a_run_tells_it_once_at_its_end_and_asks_what_its_twin_asks(make_trainer, never, monkeypatch) -> None:
    asked: list[list[tuple[str, str | None]]] = []
    real = QuestionTimer.__init__
    monkeypatch.setattr(QuestionTimer, "__init__", lambda self, texts: (asked.append(texts), real(self, texts))[1])
    for parts in ({}, {"within": ["topic", "relation"]}):
        said = []
        trainer = make_trainer(["topic"] if parts else ["topic", "relation"], max_steps=2, parts=parts)
        trainer.run(said.append, never, None)
        [event] = of(said, events.QuestionTime)
        assert event.seconds > 0 and event.step == 2
        assert [type(each) for each in said].index(events.QuestionTime) == len(said) - 1
    assert asked[0] == asked[1] != []
