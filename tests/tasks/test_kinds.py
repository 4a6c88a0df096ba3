"""What holds for every kind of task."""

import pytest
import torch

from mtl.data.corpus import TASKS
from mtl.errors import DataError
from mtl.tasks import TASK_KINDS

NAMES = ("topic", "stars", "entities", "relation", "question_type", "sentiment", "aspects", "answers", "headline")
ROWS = {
    "topic": [{"topic": label} for label in TASKS["topic"].labels],
    "sentiment": [{"sentiment": label} for label in TASKS["sentiment"].labels],
    "relation": [{"relation": label} for label in TASKS["relation"].labels],
    "question_type": [{"question_type": label} for label in TASKS["question_type"].labels],
    "aspects": [{"aspects": []}, {"aspects": ["food"]}, {"aspects": ["travel", "negative", "positive"]}],
    "answers": [
        {"context": "你好 Ada 你好", "answers": {"text": ["你好", "你好 Ada"], "answer_start": [7, 0]}},
        {"context": "Ada", "answers": {"text": [], "answer_start": []}},
    ],
    "headline": [{"headline": text} for text in ("Ada", " a\n b ", "你好，世界 😀 e\u0301", "</s><pad>")],
    "stars": [{"stars": value} for value in (1, 1.5, 2.0, 3.25, 5.0)],
    "entities": [
        {"tokens": ["a", "b", "c"], "entities": ["O", "B-PER", "I-PER"]},
        {"tokens": ["a", "b"], "entities": ["I-LOC", "B-LOC"]},
        {"tokens": [], "entities": []},
    ],
}


@pytest.fixture
def task_of(every_task, make_model):
    """`task_of("topic")`: a task that knows what it takes from training rows."""
    return lambda name: make_model([name]).tasks[name]


def test_every_kind_is_tested_here(every_task):
    assert {every_task[name].kind for name in NAMES} == set(TASK_KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_label_survives_encoding(name, every_task, task_of):
    task = task_of(name)
    for row in ROWS[name]:
        assert task.decode_label(task.encode(row)) == row[every_task[name].label]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_label_is_none(name, every_task, task_of):
    task = task_of(name)
    assert task.encode({"text": "x", "tokens": ["x"]}) is None
    assert task.encode({"text": "x", every_task[name].label: None}) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["nonsense", 17, -1, ["Q"], [5], [["O"]], {}, True, float("nan"), "4"], ids=str)
def test_a_label_that_is_none_of_the_tasks_is_refused(name, value, every_task, task_of):
    task = task_of(name)
    if every_task[name].kind == "generation" and isinstance(value, str):
        pytest.skip("any text may be written")
    with pytest.raises(DataError) as caught:
        task.encode({every_task[name].label: value, "tokens": ["x"]})
    assert caught.value.details["source"] == every_task[name].source


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_of_nothing_is_zero_with_a_gradient_of_zero(name, every_task, make_model, make_batch, rows):
    model = make_model([name])
    source, label = every_task[name].source, every_task[name].label
    batch = make_batch(model, source, [{**row, label: None} for row in rows(source, 3)])
    task = model.tasks[name]
    assert task.count(batch.labels[name]) == 0
    assert not task.labelled(batch.labels[name])
    loss = task.loss(model(batch)[name], batch.labels[name])
    loss.backward()
    assert loss.item() == 0
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_missing_labels_change_neither_loss_nor_gradient(name, every_task, make_model, make_batch, rows):
    model = make_model([name])
    source, label = every_task[name].source, every_task[name].label
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
def test_the_loss_falls_on_eight_examples(name, every_task, make_model, make_batch, rows):
    model = make_model([name]).train()
    task = model.tasks[name]
    batch = make_batch(model, task.spec.source, rows(task.spec.source, 8))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = task.loss(model(batch)[name], batch.labels[name])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_predictions_and_baselines_have_the_form_of_labels(name, every_task, make_model, make_batch, rows):
    model = make_model([name])
    task = model.tasks[name]
    content = rows(task.spec.source, 5)
    batch = make_batch(model, task.spec.source, content)
    labels = [task.encode(row) for row in content]
    features = model.read(batch, [name])[name]
    predicted = task.predict(task.say(model.heads[name], features), batch.views)
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
def test_a_scaled_loss_is_the_loss_in_other_units(name, every_task, make_model, make_batch, rows):
    model = make_model([name])
    batch = make_batch(model, every_task[name].source, rows(every_task[name].source, 3))
    logits, labels = model(batch)[name], batch.labels[name]
    task = model.tasks[name]
    plain = task.loss(logits, labels)
    task.loss_scale = 100.0
    torch.testing.assert_close(task.scaled_loss(logits, labels), 100 * plain)
