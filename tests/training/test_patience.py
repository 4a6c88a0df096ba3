"""An early end: only when no task gets better any more, and then scored as any other run."""

import math

import pytest

from mtl.runs import events
from mtl.training.patience import NO_IMPROVEMENT, Patience
from mtl.training.selection import Selection
from tests.training.said import of


def ends(limit, *validations):
    """At which validation the run would end."""
    patience, selection = Patience(limit), Selection()
    for number, scores in enumerate(validations):
        for task, score in scores.items():
            selection.see(task, score)
        if patience.over(bool(selection.close(number))):
            return number
    return None


def test_one_task_that_still_gets_better_keeps_all_going():
    assert ends(2, *({"a": 0.9 - at / 100, "b": at / 100} for at in range(9))) is None
    # Better on average, by one that falls far and one that rises a little: still somebody learns.
    assert ends(2, {"a": 0.9, "b": 0.1}, {"a": 0.1, "b": 0.2}, {"a": 0.1, "b": 0.3}) is None


def test_so_many_validations_without_any_better_task_end_it():
    flat = {"a": 0.5, "b": 0.5}
    assert ends(2, flat, flat, flat, flat) == 2
    assert ends(3, flat, flat, {"a": 0.5, "b": 0.51}, flat, flat, flat) == 5
    assert ends(0, flat, flat, flat, flat) is None


def test_a_score_that_is_no_number_is_no_improvement():
    assert ends(2, {"a": 0.5}, {"a": math.nan}, {"a": math.nan}) == 2


def test_a_tie_with_the_best_is_no_improvement_and_less_than_the_best_neither():
    assert ends(2, {"a": 0.5}, {"a": 0.4}, {"a": 0.45}) == 2


@pytest.fixture
def stuck(make_trainer, monkeypatch):
    """A trainer whose scores never change."""
    trainer = make_trainer(["topic", "stars"], max_steps=50, eval_steps=2, early_stopping_patience=3)
    for task in trainer.model.tasks.values():
        monkeypatch.setattr(task, "score", lambda *given, plain=task.score: dict.fromkeys(plain(*given), 0.5))
    return trainer


def test_a_run_that_ends_early_is_validated_once_saved_and_tested(stuck, train):
    said, saved, outcome = train(stuck)
    assert (stuck.step, outcome.reason, outcome.stopped) == (6, NO_IMPROVEMENT, False)
    assert saved == [0, 2, 4, 6]
    assert len(of(said, events.Loss, split="validation", step=6)) == 2
    assert {event.task for event in of(said, events.Scores, split="test")} == {"topic", "stars"}
    assert [each.type for each in said[-2:]] == ["scores", "question_time"]


def test_without_patience_it_goes_on(make_trainer, train, monkeypatch):
    trainer = make_trainer(["topic"], max_steps=8, eval_steps=1)
    monkeypatch.setattr(trainer.model.tasks["topic"], "score", lambda *_: {trainer.model.tasks["topic"].metric: 0.5})
    _, _, outcome = train(trainer)
    assert (trainer.step, outcome.reason) == (8, None)
