"""Per-task model selection: which steps are the best, and that they are the ones that are scored on test rows."""

import math

import pytest

from mtl.errors import ConfigError
from mtl.runs import events
from mtl.runs.selected import Selected
from mtl.snapshots import Snapshots
from mtl.training.evaluation import evaluate
from mtl.training.selection import Selection, steps_to_score
from tests.training.said import of


def follow(*validations):
    """What is selected after these validations, at steps 0, 10, 20, …"""
    selection = Selection()
    for number, scores in enumerate(validations):
        for task, score in scores.items():
            selection.see(task, score)
        selection.close(10 * number)
    return selection.selected


def test_each_task_has_its_own_best_step_and_all_have_one_together():
    found = follow({"a": 0.1, "b": 0.2}, {"a": 0.9, "b": 0.3}, {"a": 0.5, "b": 0.8}, {"a": 0.2, "b": 0.7})
    assert found == Selected(20, {"a": 10, "b": 20})
    assert found.steps == {10, 20}


def test_of_equal_scores_the_first_is_the_best():
    assert follow({"a": 0.5}, {"a": 0.5}, {"a": 0.5}) == Selected(0, {"a": 0})


def test_a_score_that_is_no_number_is_never_the_best():
    assert follow({"a": math.nan, "b": 0.1}, {"a": 0.2, "b": 0.1}) == Selected(10, {"a": 10, "b": 0})
    assert follow({"a": math.nan}) == Selected()


def test_a_validation_that_was_cut_short_is_no_mean_of_all():
    assert follow({"a": 0.4, "b": 0.1}, {"a": 0.5}) == Selected(0, {"a": 10, "b": 0})


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("last", {40: ["a", "b", "c"]}),
        ("best", {20: ["a", "b", "c"]}),
        ("each", {10: ["a"], 30: ["b"], 40: ["c"]}),
    ],
)
def test_the_rule_says_whose_weights_are_scored(rule, wanted):
    assert steps_to_score(rule, Selected(20, {"a": 10, "b": 30}), ["a", "b", "c"], 40) == wanted


def test_without_a_validation_the_last_weights_are_scored():
    for rule in ("last", "best", "each"):
        assert steps_to_score(rule, Selected(), ["a"], 7) == {7: ["a"]}


@pytest.fixture
def peaks(make_trainer, monkeypatch):
    """`peaks(rule)`: a trainer whose validation scores say that topic is best at step 2, stars at 4, both at 2."""

    def make(rule):
        trainer = make_trainer(["topic", "stars"], max_steps=6, eval_steps=2, model_selection=rule)
        said = {"topic": {0: 0.1, 2: 0.9, 4: 0.2, 6: 0.3}, "stars": {0: 0.2, 2: 0.6, 4: 0.7, 6: 0.1}}
        see = trainer._scorer.selection.see
        monkeypatch.setattr(trainer._scorer.selection, "see", lambda task, _: see(task, said[task][trainer.step]))
        return trainer

    return make


def test_every_snapshot_says_of_whom_it_is_the_best(peaks, never, tmp_path):
    said = []
    peaks("last").run(said.append, never, Snapshots(tmp_path))
    saved = of(said, events.Snapshot)
    assert [(event.step, event.best_of, event.best) for event in saved] == [
        (0, ["topic", "stars"], True),
        (2, ["topic", "stars"], True),
        (4, ["stars"], False),
        (6, [], False),
    ]
    assert all(event.disk_bytes > 0 for event in saved)
    assert Selected.read(tmp_path) == Selected(2, {"topic": 2, "stars": 4})


@pytest.mark.parametrize(
    ("rule", "steps"),
    [("last", {"topic": 6, "stars": 6}), ("best", {"topic": 2, "stars": 2}), ("each", {"topic": 2, "stars": 4})],
)
def test_test_rows_are_scored_with_the_selected_weights_and_the_scores_say_so(peaks, never, tmp_path, rule, steps):
    said, trainer = [], peaks(rule)
    trainer.run(said.append, never, Snapshots(tmp_path))
    tests = of(said, events.Scores, split="test")
    assert {event.task: event.of_step or event.step for event in tests} == steps
    assert {event.step for event in tests} == {6}
    for event in tests:
        model = Snapshots(tmp_path).load(steps[event.task])
        source = next(each for each in trainer.sources.values() if event.task in [task.name for task in each.tasks])
        wanted = evaluate(model, source, "test", 64, trainer.accelerator.autocast)
        assert event.scores == wanted[event.task].scores


def test_the_rule_changes_no_loss(make_trainer, never, tmp_path):
    runs = []
    for rule in ("last", "each"):
        said = []
        make_trainer(["topic", "stars"], max_steps=6, eval_steps=2, model_selection=rule).run(
            said.append, never, Snapshots(tmp_path / rule)
        )
        runs.append([(event.step, event.task, event.loss) for event in of(said, events.Loss)])
    assert runs[0] == runs[1]


def test_without_snapshots_the_best_cannot_be_scored(make_trainer, never):
    with pytest.raises(ConfigError, match=r"`training\.model_selection` should be 'last' where no snapshots are kept"):
        make_trainer(["topic"], max_steps=2, model_selection="each").run(lambda event: None, never, None)
