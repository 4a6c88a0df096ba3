"""How a run ends before its last step: asked to stop, out of room, or with a loss that is no number."""

import math

import pytest
import torch

from mtl.errors import LossNotFinite, OutOfMemory, StorageError
from mtl.runs import events
from tests.training.said import of

TASKS = ("sentiment", "topic", "stars", "entities", "relation", "question_type")


class StopAt:
    """Asks for a stop once the step is reached, as a person would while the step runs."""

    def __init__(self, trainer, step):
        self.trainer, self.step = trainer, step

    def stop_requested(self):
        return "requested" if self.trainer.step >= self.step else None

    def attend(self, model, step):
        pass


def test_a_stop_finishes_the_step_and_saves_once(make_trainer, train):
    trainer = make_trainer(max_steps=50, eval_steps=20)
    said, saved, outcome = train(trainer, StopAt(trainer, 3))
    assert outcome.stopped
    assert outcome.reason == "requested"
    assert trainer.step == 3
    assert saved == [0, 3]
    assert [event.step for event in of(said, events.Optimizer)] == [1, 2, 3]
    assert not of(said, events.Scores, split="test")


def test_a_stop_while_validating_saves_once(make_trainer, train):
    trainer = make_trainer(max_steps=50, eval_steps=3)
    _, saved, outcome = train(trainer, StopAt(trainer, 3))
    assert outcome.stopped
    assert saved == [0, 3]


def test_a_stop_before_the_first_step_leaves_the_first_snapshot(make_trainer, train):
    trainer = make_trainer()
    said, saved, outcome = train(trainer, StopAt(trainer, 0))
    assert outcome.stopped
    assert saved == [0]
    assert {event.task for event in of(said, events.Loss, split="validation", step=0)} == set(TASKS)


def test_a_stop_after_the_last_step_is_too_late_and_loses_nothing(make_trainer, train):
    trainer = make_trainer(max_steps=2)
    said, saved, outcome = train(trainer, StopAt(trainer, 2))
    assert not outcome.stopped
    assert saved == [0, 2]
    assert {event.task for event in of(said, events.Scores, split="test")} == set(TASKS)


def test_a_run_without_snapshots_says_nothing_of_them(make_trainer, never):
    said = []
    make_trainer(["topic"], max_steps=1).run(said.append, never, None)
    assert not of(said, events.Snapshot)
    assert of(said, events.Scores, split="test")


def test_a_full_disk_ends_the_run(make_trainer, never):
    def save(model, step):
        raise StorageError("full", reason="full", file="x")

    with pytest.raises(StorageError):
        make_trainer(["topic"]).run(lambda event: None, never, save)


def test_a_loss_that_is_not_a_number_stops_before_it_reaches_the_weights(make_trainer, never, monkeypatch):
    trainer = make_trainer(["topic", "stars"], max_steps=5)
    healthy = trainer.model.tasks["stars"].loss

    def loss(logits, labels):
        return healthy(logits, labels) * (math.nan if trainer.step >= 2 and logits.requires_grad else 1)

    monkeypatch.setattr(trainer.model.tasks["stars"], "loss", loss)
    before = {}

    def remember(event):
        if isinstance(event, events.Optimizer):
            before.update({name: value.clone() for name, value in trainer.model.state_dict().items()})

    with pytest.raises(LossNotFinite) as caught:
        trainer.run(remember, never, None)
    details = caught.value.details
    assert (details["task"], details["step"], details["loss"]) == ("stars", 3, "nan")
    assert details["learning_rate"] == trainer.config.learning_rate
    for name, value in trainer.model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_an_infinite_gradient_of_a_finite_loss_is_refused_and_named(make_trainer, monkeypatch):
    trainer = make_trainer(["topic", "stars"])
    task = trainer.model.tasks["topic"]

    class Steep(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value):
            return value.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * math.inf

    healthy = task.loss
    monkeypatch.setattr(task, "loss", lambda logits, labels: Steep.apply(healthy(logits, labels)))
    before = [parameter.clone() for parameter in trainer.model.parameters()]
    with pytest.raises(LossNotFinite) as caught:
        trainer.train_step(next(trainer.batches()))
    assert caught.value.details["task"] == "topic"
    assert math.isfinite(float(caught.value.details["loss"]))
    assert all(torch.equal(old, new) for old, new in zip(before, trainer.model.parameters(), strict=True))


def test_a_step_that_does_not_fit_says_how_large_it_was(make_trainer, train, monkeypatch):
    trainer = make_trainer(["topic"], per_device_train_batch_size=8)

    def backward(batches):
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(trainer._engine, "backward", backward)
    with pytest.raises(OutOfMemory) as caught:
        train(trainer)
    assert caught.value.details["per_device_train_batch_size"] == 8
