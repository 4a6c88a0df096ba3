"""What holds for every kind of task."""

import pytest
import torch

from mtl.data.corpus import TASKS
from mtl.errors import DataError
from mtl.model import build_task
from mtl.tasks import TASK_KINDS

NAMES = ("topic", "stars", "entities", "relation", "question_type", "sentiment")
ROWS = {
    "topic": [{"topic": label} for label in TASKS["topic"].labels],
    "sentiment": [{"sentiment": label} for label in TASKS["sentiment"].labels],
    "relation": [{"relation": label} for label in TASKS["relation"].labels],
    "question_type": [{"question_type": label} for label in TASKS["question_type"].labels],
    "stars": [{"stars": value} for value in (1, 1.5, 2.0, 3.25, 5.0)],
    "entities": [
        {"tokens": ["a", "b", "c"], "entities": ["O", "B-PER", "I-PER"]},
        {"tokens": ["a", "b"], "entities": ["I-LOC", "B-LOC"]},
        {"tokens": [], "entities": []},
    ],
}


def test_every_kind_is_tested_here():
    assert {TASKS[name].kind for name in NAMES} == set(TASK_KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_label_survives_encoding(name):
    task = build_task(TASKS[name])
    for row in ROWS[name]:
        assert task.decode_label(task.encode(row)) == row[TASKS[name].label]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_label_is_none(name):
    task = build_task(TASKS[name])
    assert task.encode({"text": "x", "tokens": ["x"]}) is None
    assert task.encode({"text": "x", TASKS[name].label: None}) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["nonsense", 17, -1, ["Q"], [5], [["O"]], {}, True, float("nan"), "4"], ids=str)
def test_a_label_that_is_none_of_the_tasks_is_refused(name, value):
    task = build_task(TASKS[name])
    with pytest.raises(DataError) as caught:
        task.encode({TASKS[name].label: value, "tokens": ["x"]})
    assert caught.value.details["source"] == TASKS[name].source


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_of_nothing_is_zero_with_a_gradient_of_zero(name, make_model, make_batch, rows):
    model = make_model([name])
    source, label = TASKS[name].source, TASKS[name].label
    batch = make_batch(model, source, [{**row, label: None} for row in rows(source, 3)])
    task = model.tasks[name]
    assert task.count(batch.labels[name]) == 0
    assert not task.labelled(batch.labels[name])
    loss = task.loss(model(batch)[name], batch.labels[name])
    loss.backward()
    assert loss.item() == 0
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_missing_labels_change_neither_loss_nor_gradient(name, make_model, make_batch, rows):
    model = make_model([name])
    source, label = TASKS[name].source, TASKS[name].label
    labelled = rows(source, 4)
    unlabelled = [{**row, label: None} for row in rows(source, 3, seed=5)]

    def loss_and_gradient(content):
        batch = make_batch(model, source, content)
        model.zero_grad()
        loss = model.tasks[name].loss(model(batch)[name], batch.labels[name])
        loss.backward()
        found = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        return loss.item(), torch.cat([gradient.flatten() for gradient in found])

    loss, gradient = loss_and_gradient(labelled)
    mixed_loss, mixed_gradient = loss_and_gradient([unlabelled[0], *labelled, *unlabelled[1:]])
    assert mixed_loss == pytest.approx(loss, abs=1e-6)
    torch.testing.assert_close(mixed_gradient, gradient, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_falls_on_eight_examples(name, make_model, make_batch, rows):
    model = make_model([name]).train()
    task = model.tasks[name]
    batch = make_batch(model, task.spec.source, rows(task.spec.source, 8))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = task.loss(model(batch)[name], batch.labels[name])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_predictions_and_baselines_have_the_form_of_labels(name, make_model, make_batch, rows):
    model = make_model([name])
    task = model.tasks[name]
    content = rows(task.spec.source, 5)
    batch = make_batch(model, task.spec.source, content)
    labels = [task.encode(row) for row in content]
    predicted = task.predict(model(batch)[name], batch.word_starts)
    constant = task.baseline(labels, labels[:3])
    assert len(predicted) == 5
    assert len(constant) == 3
    assert {type(value) for value in (*predicted, *constant)} == {type(labels[0])}
    scores = task.score(predicted, labels)
    assert task.metric in scores
    assert all(-1 <= value <= 1 for value in scores.values())
    assert task.score(labels, labels)[task.metric] == pytest.approx(1)
    assert task.baseline([], labels[:2])


@pytest.mark.parametrize("name", NAMES)
def test_a_scaled_loss_is_the_loss_in_other_units(name, make_model, make_batch, rows):
    model = make_model([name])
    batch = make_batch(model, TASKS[name].source, rows(TASKS[name].source, 3))
    logits, labels = model(batch)[name], batch.labels[name]
    plain, scaled = build_task(TASKS[name]), build_task(TASKS[name], loss_scale=100.0)
    torch.testing.assert_close(scaled.scaled_loss(logits, labels), 100 * plain.loss(logits, labels))
