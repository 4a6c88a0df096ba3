"""The training loop: what it reports and when."""

import math
from itertools import islice

import pytest
import torch

from mtl.inference import answer
from mtl.runs import events
from tests.training.said import of

TASKS = ("sentiment", "topic", "stars", "entities", "relation", "question_type")


class Asks:
    """Asks the model something whenever it may, and leaves it as a question does."""

    def __init__(self):
        self.steps = []

    def stop_requested(self):
        return None

    def attend(self, model, step):
        was_training = model.training
        answer(model.eval(), "The soup was lovely", "bread was superb", step)
        model.train(was_training)
        self.steps.append(step)


def losses(said):
    return [(event.step, event.task, event.loss) for event in of(said, events.Loss, split="train")]


def test_a_run_tells_everything_that_happens(make_trainer, train):
    trainer = make_trainer(max_steps=5, eval_steps=2, per_device_train_batch_size=16)
    said, saved, outcome = train(trainer)
    (started,) = of(said, events.RunStarted)
    assert said.index(started) == 0
    assert [task["name"] for task in started.tasks] == list(TASKS)
    for step, batches in zip(
        range(1, 6), make_trainer(max_steps=5, per_device_train_batch_size=16).batches(), strict=False
    ):
        labelled = [name for batch in batches for name in batch.labels]
        assert [event.task for event in of(said, events.Loss, split="train", step=step)] == labelled
    assert [event.step for event in of(said, events.Optimizer)] == [1, 2, 3, 4, 5]
    for step in (0, 2, 4, 5):
        assert {event.task for event in of(said, events.Loss, split="validation", step=step)} == set(TASKS)
        assert {event.task for event in of(said, events.Scores, split="validation", step=step)} == set(TASKS)
    assert [event.step for event in of(said, events.Loss, split="validation", task="topic")] == [0, 2, 4, 5]
    assert {(event.task, event.step) for event in of(said, events.Scores, split="test")} == {
        (name, 5) for name in TASKS
    }
    assert {event.split for event in of(said, events.Loss)} == {"train", "validation"}
    assert saved == [event.step for event in of(said, events.Snapshot)] == [0, 2, 4, 5]
    assert not outcome.stopped
    assert outcome.peak_memory_bytes > 0
    phases = [event.phase for event in of(said, events.Phase)]
    assert phases[:3] == ["evaluating", "saving", "training"]
    assert phases[-3:] == ["evaluating", "saving", "evaluating"]


def test_the_start_tells_rows_baselines_and_parameters(make_trainer, train):
    trainer = make_trainer(["topic", {"name": "entities", "max_train_samples": 7}], max_steps=1)
    (started,) = of(train(trainer)[0], events.RunStarted)
    topic, entities = started.tasks
    assert (topic["train_rows"], topic["validation_rows"], topic["test_rows"]) == (40, 10, 8)
    assert entities["train_rows"] == 7
    assert entities["baseline"]["entity_f1"] == 0
    assert topic["baseline"]["accuracy"] >= 0.25
    assert (topic["kind"], topic["metric"], topic["source"]) == ("classification", "accuracy", "texts")
    counts = started.parameters
    assert counts["total"] == counts["trainable"] == sum(each.numel() for each in trainer.model.parameters())
    assert counts["total"] == counts["shared"] + sum(each.numel() for each in trainer.model.heads.parameters())


def test_examples_count_the_texts(make_trainer, train):
    said, _, _ = train(make_trainer(max_steps=3, per_device_train_batch_size=12))
    assert [event.examples for event in of(said, events.Optimizer)] == [12, 24, 36]


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(make_trainer, train):
    first, _, _ = train(make_trainer(seed=5))
    again, _, _ = train(make_trainer(seed=5))
    other, _, _ = train(make_trainer(seed=6))
    assert losses(first) == losses(again)
    assert losses(first) != losses(other)
    assert [event.scores for event in of(first, events.Scores)] == [event.scores for event in of(again, events.Scores)]


def test_the_learning_rate_warms_up_and_decays_to_zero(make_trainer, train):
    said, _, _ = train(make_trainer(["topic"], max_steps=10, warmup_ratio=0.25, learning_rate=0.01, eval_steps=100))
    rates = [event.learning_rate for event in of(said, events.Optimizer)]
    # Three steps of warm-up: 0, 1/3, 2/3 of the rate; then down by sevenths.
    wanted = [0, 1 / 3, 2 / 3, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7]
    assert rates == pytest.approx([0.01 * share for share in wanted])


def test_clipping_is_reported(make_trainer, train):
    tight, _, _ = train(make_trainer(["topic"], max_grad_norm=1e-3))
    off, _, _ = train(make_trainer(["topic"], max_grad_norm=0))
    assert all(event.clipped for event in of(tight, events.Optimizer))
    assert not any(event.clipped for event in of(off, events.Optimizer))
    first = [of(said, events.Optimizer)[0].grad_norm for said in (tight, off)]
    assert first[0] == first[1] > 1e-3


def test_a_loss_scale_scales_the_curve(make_trainer, train):
    plain, _, _ = train(make_trainer([{"name": "stars"}, "topic"], max_steps=1))
    scaled, _, _ = train(make_trainer([{"name": "stars", "loss_scale": 40.0}, "topic"], max_steps=1))

    def first(said, split, task):
        return of(said, events.Loss, split=split, task=task)[0]

    for split in ("train", "validation"):
        assert first(scaled, split, "stars").loss == pytest.approx(40 * first(plain, split, "stars").loss)
        assert first(scaled, split, "topic").loss == pytest.approx(first(plain, split, "topic").loss)
    assert first(scaled, "train", "stars").grad_norm == pytest.approx(40 * first(plain, "train", "stars").grad_norm)
    scores = [of(said, events.Scores, task="stars")[0].scores for said in (plain, scaled)]
    assert scores[0] == pytest.approx(scores[1])


def test_logging_steps_thin_the_curve_but_keep_its_ends(make_trainer, train):
    said, _, _ = train(make_trainer(["topic"], max_steps=8, logging_steps=3, eval_steps=100))
    assert [event.step for event in of(said, events.Optimizer)] == [1, 3, 6, 8]


def test_training_makes_the_losses_fall(make_trainer, train):
    settings = {"learning_rate": 5e-3, "head_learning_rate": 5e-3, "per_device_train_batch_size": 16}
    said, _, _ = train(make_trainer(max_steps=40, eval_steps=100, **settings))
    for name in TASKS:
        curve = [event.loss for event in of(said, events.Loss, split="train", task=name)]
        assert sum(curve[-5:]) < 0.8 * sum(curve[:5]), name


def test_batches_are_seeded_and_shared_among_the_sources(make_trainer):
    steps = [
        [(batch.source, batch.input_ids.tolist()) for batch in step]
        for trainer in (make_trainer(), make_trainer())
        for step in islice(trainer.batches(), 6)
    ]
    assert steps[:6] == steps[6:]
    assert all(sum(len(ids) for _, ids in step) == 8 for step in steps)
    texts = sum(len(ids) for step in steps[:6] for source, ids in step if source == "texts")
    assert abs(texts - 48 * 40 / 80) <= 1


def test_a_batch_larger_than_the_corpus_still_trains(make_trainer, train):
    said, _, _ = train(make_trainer(["question_type"], max_steps=2, per_device_train_batch_size=50))
    assert all(math.isfinite(loss) for _, _, loss in losses(said))


def test_questions_in_between_change_no_loss(make_trainer, train):
    def with_dropout():
        trainer = make_trainer(max_steps=4, eval_steps=2)
        for module in trainer.model.modules():  # a random number drawn by an answer would change what is dropped
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.1
        return trainer

    asks = Asks()
    asked, _, _ = train(with_dropout(), asks)
    silent, _, _ = train(with_dropout())
    assert set(asks.steps) == {0, 1, 2, 3, 4}
    assert losses(asked) == losses(silent)
    plain, _, _ = train(make_trainer(max_steps=4, eval_steps=2))
    assert losses(asked) != losses(plain)
