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
    class Full:
        def save(self, model, step, selected):
            raise StorageError("full", reason="full", file="x")

    with pytest.raises(StorageError):
        make_trainer(["topic"]).run(lambda event: None, never, Full())


def break_loss(monkeypatch, trainer, name, when):
    """The task's loss is NaN in the steps for which ``when`` says so."""
    healthy = trainer.model.tasks[name].loss

    def loss(logits, labels):
        return healthy(logits, labels) * (math.nan if logits.requires_grad and when(trainer.step) else 1)

    monkeypatch.setattr(trainer.model.tasks[name], "loss", loss)


@pytest.mark.parametrize("balancer", ["equal", "log_loss", "upgrad"])
def test_a_task_without_a_finite_loss_is_left_out_of_the_step_and_said(balancer, make_trainer, train, monkeypatch):
    trainer = make_trainer(["topic", "stars"], max_steps=5, parts={"balancer": {"name": balancer}})
    break_loss(monkeypatch, trainer, "stars", lambda step: step in (2, 3, 5))
    said, _, outcome = train(trainer)
    assert not outcome.stopped
    assert [(event.step, event.task) for event in of(said, events.Skipped)] == [
        (2, "stars"),
        (3, "stars"),
        (5, "stars"),
    ]
    assert [event.step for event in of(said, events.Loss, split="train", task="stars")] == [1, 4]
    assert [event.step for event in of(said, events.Loss, split="train", task="topic")] == [1, 2, 3, 4, 5]
    assert all(value.isfinite().all() for value in trainer.model.state_dict().values())


def test_a_step_without_weights_from_the_balancer_is_made_with_equal_ones_and_said(make_trainer, train, monkeypatch):
    trainer = make_trainer(["topic", "stars"], max_steps=3, parts={"balancer": {"name": "upgrad"}})
    balancer, asked = trainer._stepper._balancer, []
    find = balancer._ask

    def fail_once(*arguments):
        asked.append(arguments)
        return None if len(asked) == 2 else find(*arguments)

    monkeypatch.setattr(balancer, "_ask", fail_once)
    said, _, _ = train(trainer)
    assert [event.step for event in of(said, events.Unbalanced)] == [2]
    assert {event.weight for event in of(said, events.Loss, split="train") if event.step == 2} == {1.0}


def test_the_step_is_then_that_of_the_other_tasks(make_trainer, monkeypatch):
    both, alone = make_trainer(["topic", "stars"]), make_trainer(["topic", "stars"])
    monkeypatch.setattr(alone.model.tasks["stars"], "labelled", lambda labels: False)
    break_loss(monkeypatch, both, "stars", lambda step: True)
    batches = next(both.batches())
    for trainer in (both, alone):
        trainer.model.train()
        trainer.train_step(batches)
    for ours, theirs in zip(both.model.parameters(), alone.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_loss_that_stays_broken_ends_the_run_with_the_weights_it_had(make_trainer, never, monkeypatch):
    trainer = make_trainer(["stars"], max_steps=9)
    break_loss(monkeypatch, trainer, "stars", lambda step: step >= 3)
    before = {}

    def remember(event):
        if isinstance(event, events.Optimizer) and event.step == 2:
            before.update({name: value.clone() for name, value in trainer.model.state_dict().items()})

    with pytest.raises(LossNotFinite) as caught:
        trainer.run(remember, never, None)
    details = caught.value.details
    assert (details["task"], details["step"], details["loss"], details["times"]) == ("stars", 5, "nan", 3)
    assert details["learning_rate"] == trainer.config.learning_rate
    for name, value in trainer.model.state_dict().items():
        assert torch.equal(value, before[name]), name


class Steep(torch.autograd.Function):
    """A loss whose gradient overflows."""

    @staticmethod
    def forward(ctx, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * math.inf


def test_an_infinite_gradient_of_a_finite_loss_is_left_out_too(make_trainer, monkeypatch):
    trainer = make_trainer(["topic", "stars"])
    task = trainer.model.tasks["topic"]
    healthy = task.loss
    monkeypatch.setattr(task, "loss", lambda logits, labels: Steep.apply(healthy(logits, labels)))
    before = [parameter.clone() for parameter in trainer.model.heads["topic"].parameters()]
    done = trainer.train_step(next(trainer.batches()))
    assert set(done.tasks) == {"stars"}
    assert done.gradients.skipped["topic"].isfinite()
    assert done.applied
    after = trainer.model.heads["topic"].parameters()
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_a_sum_that_overflows_is_not_applied(make_trainer, monkeypatch):
    trainer = make_trainer(["topic", "stars"])
    before = [parameter.clone() for parameter in trainer.model.parameters()]
    first = next(trainer.model.encoder.parameters())
    first.register_hook(lambda gradient: gradient * math.inf)
    for number in (1, 2):
        done = trainer.train_step(next(trainer.batches()))
        assert not done.applied, number
    with pytest.raises(LossNotFinite):
        trainer.train_step(next(trainer.batches()))
    assert all(torch.equal(old, new) for old, new in zip(before, trainer.model.parameters(), strict=True))


def test_a_step_that_does_not_fit_says_how_large_it_was(make_trainer, train, monkeypatch):
    trainer = make_trainer(["topic"], per_device_train_batch_size=8)

    def backward(batches, measure):
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(trainer._stepper._engine, "backward", backward)
    with pytest.raises(OutOfMemory) as caught:
        train(trainer)
    assert caught.value.details["per_device_train_batch_size"] == 8
