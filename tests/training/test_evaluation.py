"""Losses and scores on held-out rows: the same for every batch size and order."""

from contextlib import nullcontext

import pytest

from mtl.data.batches import encode_rows
from mtl.data.corpus import TASKS
from mtl.training.evaluation import EncodedSource, baselines, evaluate

TEXTS = ("topic", "stars", "entities")


@pytest.fixture
def make_source(make_model, rows):
    """`make_source(rows)`: a model and these rows as its source, with the same rows in every split."""
    model = make_model(TEXTS)

    def make(content):
        tasks = list(model.tasks.values())
        examples = encode_rows(model.tokenizer, content, tasks, model.max_length)
        return model, EncodedSource("texts", tasks, {"train": examples, "validation": examples, "test": examples})

    return make


def results(model, source, batch_size):
    return evaluate(model, source, "validation", batch_size, nullcontext)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 64])
def test_batch_size_and_order_change_nothing(batch_size, make_source, rows):
    content = rows("texts", 20)
    wanted = results(*make_source(content), 20)
    found = results(*make_source(content[::-1]), batch_size)
    for name in TEXTS:
        assert found[name].loss == pytest.approx(wanted[name].loss, rel=1e-5)
        assert found[name].scores == pytest.approx(wanted[name].scores, abs=1e-5)


def test_the_loss_is_that_of_all_labels_at_once(make_source, make_batch, rows):
    content = rows("texts", 9)
    model, source = make_source(content)
    batch = make_batch(model, "texts", content)
    found = results(model, source, 2)
    for name, logits in model(batch).items():
        assert found[name].loss == pytest.approx(model.tasks[name].loss(logits, batch.labels[name]).item(), rel=1e-5)


def test_rows_without_a_label_do_not_count(make_source, rows):
    content = rows("texts", 8)
    unlabelled = [{**row, "topic": None, "stars": None, "entities": None} for row in rows("texts", 5, seed=9)]
    wanted = results(*make_source(content), 4)
    found = results(*make_source([*unlabelled[:2], *content, *unlabelled[2:]]), 4)
    for name in TEXTS:
        assert found[name].loss == pytest.approx(wanted[name].loss, rel=1e-5)
        assert found[name].scores == pytest.approx(wanted[name].scores, abs=1e-5)


def test_a_task_without_any_label_is_left_out(make_source, rows):
    content = [{**row, "stars": None} for row in rows("texts", 4)]
    assert results(*make_source(content), 4).keys() == {"topic", "entities"}


def test_an_evaluation_leaves_the_model_as_it_was(make_source, rows):
    model, source = make_source(rows("texts", 4))
    for training in (True, False):
        model.train(training)
        results(model, source, 2)
        assert model.training is training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_baselines_are_worked_out_on_the_test_rows(make_source, rows):
    content = rows("texts", 12)
    _, source = make_source(content)
    found = baselines(source)
    most = max(sum(row["topic"] == label for row in content) for label in TASKS["topic"].labels)
    assert found["topic"]["accuracy"] == pytest.approx(most / 12)
    assert found["stars"]["pearson"] == 0
    assert found["entities"]["recall"] == 0
