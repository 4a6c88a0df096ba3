"""Where heads err: losses one row at a time, parts that add up, and what a run tells of it at its end."""

import json
from collections import Counter

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix

from mtl.analysis.mistakes import by_label, by_length, confusion, hardest, mean_loss
from mtl.errors import ConfigError
from mtl.runs import events
from mtl.runs.mistakes import HARDEST, MAX_ROWS, MAX_SAID, MAX_TEXT, Mistakes
from mtl.training import evaluation
from mtl.training.examining import examine, mistakes
from tests.training.said import of

SOURCES = {
    "texts": ("topic", "stars", "entities", "aspects", "type", "headline"),
    "pairs": ("relation",),
    "passages": ("answers",),
}
EVERY = [(source, task) for source, tasks in SOURCES.items() for task in tasks]
MEANS = {"accuracy", "closeness", "f1", "word_accuracy"}
"""Scores that are means over rows (that of words over words)."""


@pytest.fixture
def examined(make_model, rows):
    """`examined("texts")`: the model, its rows, and what its heads said about them."""

    def look(source, count=21, **changes):
        model = make_model(SOURCES[source])
        content = [{**row, **changes} for row in rows(source, count)]
        return model, content, examine(model, source, content, batch_size=5)

    return look


@pytest.mark.parametrize("source", SOURCES)
def test_losses_are_those_of_one_row_at_a_time(source, examined, make_batch):
    model, content, found = examined(source)
    for name in SOURCES[source]:
        wanted = []
        for row in content:
            batch = make_batch(model, source, [row])
            logits = model(batch, [name])[name]
            wanted.append(model.tasks[name].loss(logits, batch.labels[name]).item())
        rows = found[name].rows
        assert [row.loss for row in rows] == pytest.approx(wanted, rel=1e-4, abs=1e-5)
        order = sorted(range(len(wanted)), key=lambda at: -wanted[at])
        assert [rows[at].loss for at in hardest(rows, 5)] == pytest.approx([wanted[at] for at in order[:5]], rel=1e-4)


@pytest.mark.parametrize("source", SOURCES)
def test_parts_add_up_to_the_whole(source, examined):
    model, _, found = examined(source)
    for name in SOURCES[source]:
        each, task = found[name], model.tasks[name]
        whole = each.score(range(len(each.rows)))
        for slices in (by_length(each), by_label(each)):
            if sum(len(part.rows) for part in slices) != len(each.rows):
                continue  # rows with several labels, or none
            weights = [part.labels if task.slice_metric == "word_accuracy" else len(part.rows) for part in slices]
            if task.slice_metric in MEANS:
                mean = sum(part.score * weight for part, weight in zip(slices, weights, strict=True)) / sum(weights)
                assert mean == pytest.approx(whole)
            losses = sum(part.loss * part.labels for part in slices) / sum(part.labels for part in slices)
            assert losses == pytest.approx(mean_loss(each.rows), rel=1e-5)


def test_the_mean_of_all_rows_is_the_loss_that_curves_show(make_trainer):
    trainer = make_trainer(["topic", "entities", "headline"])
    (source,) = trainer.sources.values()
    for name, found in evaluation.evaluate(
        trainer.model, source, "validation", 3, trainer.accelerator.autocast
    ).items():
        assert mean_loss(found.examination.rows) == pytest.approx(found.loss, rel=1e-5), name
        assert found.examination.metric == trainer.model.tasks[name].slice_metric


def test_the_matrix_of_classes_is_that_of_scikit_learn(examined):
    model, content, found = examined("texts")
    gold, said = [row["topic"] for row in content], [row.said for row in found["topic"].rows]
    labels = model.tasks["topic"].spec.labels
    assert [row.gold for row in found["topic"].rows] == gold
    assert confusion(found["topic"]).counts == confusion_matrix(gold, said, labels=labels).tolist()
    assert found["topic"].score(range(len(gold))) == accuracy_score(gold, said)


def test_the_matrix_of_tags_counts_every_word_by_its_type(examined):
    _, content, found = examined("texts")
    matrix = confusion(found["entities"])
    types = Counter(tag.partition("-")[2] or "O" for row in content for tag in row["entities"])
    assert [sum(row) for row in matrix.counts] == [types[label] for label in matrix.labels]
    for cases in matrix.cells.values():
        for at, case in cases:
            assert found["entities"].rows[at].text[slice(*case.word)] in content[at]["tokens"]
    forms = Counter(form for row in content for form in row["forms"])
    plain = confusion(found["type"])
    assert [sum(row) for row in plain.counts] == [forms[label] for label in plain.labels]


def test_kinds_that_do_not_choose_one_of_several_have_no_matrix(examined):
    _, _, found = examined("texts")
    assert {name for name, each in found.items() if each.labels} == {"topic", "entities", "type"}
    told = mistakes(found["stars"], 4, 4)
    assert told.labels is told.counts is told.cells is None
    assert {each["name"] for each in told.groups} <= {"1–2.33", "2.33–3.67", "3.67–5"}
    assert told.metric == "closeness"


def test_rows_of_several_labels_are_in_each_of_their_slices(examined):
    _, content, found = examined("texts")
    wanted = Counter(label for row in content for label in row["aspects"])
    assert {part.name: len(part.rows) for part in by_label(found["aspects"])} == wanted


def test_questions_are_divided_by_whether_they_have_an_answer(examined):
    _, content, found = examined("passages")
    silent = sum(not row["answers"]["text"] for row in content)
    parts = {part.name: len(part.rows) for part in by_label(found["answers"])}
    assert parts == {"answer": len(content) - silent, "no answer": silent}


def test_thresholds_and_mode_stay_as_they_are(make_model, rows):
    model = make_model(["aspects"]).train()
    model.tasks["aspects"].thresholds = [0.123] * 5
    state = torch.get_rng_state()
    examine(model, "texts", rows("texts", 5))
    assert model.training and model.tasks["aspects"].thresholds == [0.123] * 5
    assert torch.equal(torch.get_rng_state(), state)


def test_rows_without_a_label_are_not_examined_and_a_strange_source_is_refused(examined, make_model):
    assert "topic" not in examined("texts", topic=None)[2]
    assert examined("texts", count=0)[2] == {}
    with pytest.raises(ConfigError, match="`source` should be one of texts"):
        examine(make_model(["topic"]), "nothing", [])


def test_a_run_tells_at_its_end_where_each_head_errs(make_trainer, train, monkeypatch):
    passes = []
    plain = evaluation.evaluate
    monkeypatch.setattr("mtl.training.scoring.evaluate", lambda *given: passes.append(given[2]) or plain(*given))
    names = ["topic", "stars", "relation"]
    said, _, _ = train(make_trainer(names, max_steps=4, eval_steps=2))
    told = of(said, Mistakes)
    assert [(event.task, event.step, event.of_step, event.examined) for event in told] == [
        (name, 4, 4, 10) for name in names
    ]
    # Two sources, validated at 0, 2 and 4, and tested once: the examination costs no pass of its own.
    assert Counter(passes) == {"validation": 6, "test": 2}
    last_score = of(said, events.Scores, split="validation", task="topic")[-1].scores["accuracy"]
    topic = told[0]
    assert sum(topic.counts[at][at] for at in range(len(topic.labels))) == round(10 * last_score)
    assert sum(map(sum, topic.counts)) == 10
    for cell in topic.cells:
        for place in cell["rows"]:
            line = topic.rows[place]
            assert (line["gold"], line["said"]) == (topic.labels[cell["gold"]], topic.labels[cell["said"]])
    losses = [topic.rows[place]["loss"] for place in topic.hardest]
    assert losses == sorted(losses, reverse=True) and len(losses) == HARDEST


class StopAfter:
    """A visitor who presses Stop after a step."""

    def __init__(self, step):
        self.step, self.reason = step, None

    def stop_requested(self):
        return self.reason

    def attend(self, model, step):
        if step >= self.step:
            self.reason = "requested"


def test_a_stopped_run_tells_of_its_last_validation(make_trainer, train):
    said, _, outcome = train(make_trainer(["topic"], max_steps=9, eval_steps=2), StopAfter(3))
    assert outcome.stopped
    assert [(event.step, event.of_step) for event in of(said, Mistakes)] == [(3, 2)]


def test_an_event_is_bounded_whatever_the_rows(make_model, rows):
    model = make_model(["entities", "topic"], max_length=64)
    long = "长" * 3000
    content = [{**row, "text": f"{long} {row['text']} {long}"} for seed in range(10) for row in rows("texts", 40, seed)]
    for found in examine(model, "texts", content).values():
        told = mistakes(found, 4, 4)
        assert len(told.rows) <= MAX_ROWS
        for line in told.rows:
            assert len(line["text"]) <= MAX_TEXT and max(len(line["gold"]), len(line["said"])) <= MAX_SAID
            if "word" in line:
                assert line["text"][slice(*line["word"])]
        assert (
            len(json.dumps(told.to_dict(), ensure_ascii=False)) <= MAX_ROWS * (2 * MAX_TEXT + 2 * MAX_SAID + 80) + 6000
        )
