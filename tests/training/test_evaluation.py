"""Losses and scores on held-out rows: the same for every batch size and order."""

from contextlib import nullcontext

import pytest

from mtl.data.batches import collate, encode_rows
from mtl.data.corpus import TASKS
from mtl.data.sources import SPLITS
from mtl.training.evaluation import EncodedSource, baselines, evaluate

TEXTS = ("topic", "stars", "entities", "aspects", "headline")


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
    unlabelled = [{**row, **dict.fromkeys(TEXTS)} for row in rows("texts", 5, seed=9)]
    wanted = results(*make_source(content), 4)
    found = results(*make_source([*unlabelled[:2], *content, *unlabelled[2:]]), 4)
    for name in TEXTS:
        assert found[name].loss == pytest.approx(wanted[name].loss, rel=1e-5)
        assert found[name].scores == pytest.approx(wanted[name].scores, abs=1e-5)


def test_a_task_without_any_label_is_left_out(make_source, rows):
    content = [{**row, "stars": None} for row in rows("texts", 4)]
    assert results(*make_source(content), 4).keys() == {*TEXTS} - {"stars"}


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


@pytest.fixture
def long_passages(make_model, rows):
    """A model, and rows with passages of several windows, also one without a label."""
    model = make_model(["answers"], max_length=32)
    content = [
        {**row, "context": "soup and bread " * at + row["context"]} for at, row in enumerate(rows("passages", 9))
    ]
    for row in content:
        row["answers"] = {
            **row["answers"],
            "answer_start": [row["context"].index(text) for text in row["answers"]["text"]],
        }
    content[3]["answers"] = None
    return model, content


def source_of(model, content):
    tasks = list(model.tasks.values())
    return EncodedSource("passages", tasks, dict.fromkeys(SPLITS, encode_rows(model.tokenizer, content, tasks, 32)))


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64])
def test_the_windows_of_a_row_are_one_prediction(batch_size, long_passages, monkeypatch):
    model, content = long_passages
    source = source_of(model, content)
    assert len(source.splits["validation"]) > 2 * len(content)
    seen = {}
    task = model.tasks["answers"]
    plain = task.score
    monkeypatch.setattr(
        task, "score", lambda given, labels: seen.update(given=given, labels=labels) or plain(given, labels)
    )
    found = results(model, source, batch_size)["answers"]
    known = [row for row in content if row["answers"] is not None]
    assert [label.passage for label in seen["labels"]] == [row["context"] for row in known]
    assert [given.passage for given in seen["given"]] == [row["context"] for row in known]
    for given, row in zip(seen["given"], known, strict=True):
        examples = encode_rows(model.tokenizer, [row], [task], 32)
        features = model.read(collate("passages", examples, [task], 0), ["answers"])["answers"]
        said = task.say(model.heads["answers"], features)
        wanted = task.merge(task.predict(said, [example.view for example in examples]))
        assert given.spans[0] == wanted.spans[0]
        assert (*given.scores, given.nowhere) == pytest.approx((*wanted.scores, wanted.nowhere), abs=1e-4)
    wanted = results(model, source, 1)["answers"]
    assert found.loss == pytest.approx(wanted.loss, rel=1e-5)
    assert found.scores == pytest.approx(wanted.scores)


def test_a_threshold_is_chosen_on_validation_and_kept_for_the_test(long_passages):
    model, content = long_passages
    source, task = source_of(model, content), model.tasks["answers"]
    task.threshold = 123.0
    evaluate(model, source, "test", 4, nullcontext)
    assert task.threshold == 123.0
    evaluate(model, source, "validation", 4, nullcontext)
    chosen = task.threshold
    assert chosen != 123.0
    assert evaluate(model, source, "test", 4, nullcontext)["answers"].samples
    assert task.threshold == chosen
