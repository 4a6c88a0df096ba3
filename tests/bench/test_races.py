"""The bench of races: what is there is not trained again, and the plain side is read and scored right."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mtl.data.sources import TaskSpec
from mtl.encoders import local_weights
from mtl.runs.config import DEFAULT_ENCODER, RunConfig
from mtl.runs.store import RunStore
from tests.bench import plain_trainer, race_runs, races
from tests.bench.real_runs import Run

TAGS = TaskSpec("slots", "tagging", "snips", "slots", tokens="tokens", labels=("place", "thing"), scheme="bio")


@pytest.mark.parametrize("name", race_runs.RACES)
def test_every_race_has_tasks_to_train_alone_and_spends_nothing_on_the_side(name) -> None:
    run = race_runs.RACES[name]
    assert len(run.tasks) > 1
    assert run.training["conflict_steps"] == 0
    plain = {"tasks": list(run.tasks), "training": run.training, **run.more}
    sources = [{"kind": "file", "name": table, "splits": {"train": f"{'0' * 22}.parquet"}} for table in run.tables]
    RunConfig.from_dict(json.loads(json.dumps({**plain, "sources": sources})))


def test_the_small_tasks_are_small() -> None:
    limits = {task["name"]: task.get("max_train_samples") for task in race_runs.RACES["small"].tasks}
    assert limits == {"sentiment": None, "coarse": None, "paraphrase": 300, "similarity": 300}


def test_entities_that_are_right_score_one_and_others_less() -> None:
    labels = np.array([[plain_trainer.IGNORED, 1, 2, 0], [0, 3, plain_trainer.IGNORED, 0]])
    said = np.eye(5)[np.where(labels < 0, 4, labels)]
    assert plain_trainer.entity_f1(said, labels, TAGS) == 1
    said[1, 1] = np.eye(5)[0]
    assert plain_trainer.entity_f1(said, labels, TAGS) == pytest.approx(2 / 3)


def test_a_word_has_its_tag_at_its_first_token(tiny_encoder) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(local_weights(DEFAULT_ENCODER).folder)
    row = {"tokens": ["unbelievably", "in", "Lima"], "slots": ["B-thing", "O", "B-place"]}
    found = plain_trainer.words(tokenizer, [row], TAGS, 32)
    told = [label for label in found["labels"][0] if label != plain_trainer.IGNORED]
    assert [plain_trainer.tag_names(TAGS)[label] for label in told] == row["slots"]
    assert len(found["labels"][0]) == len(found["input_ids"][0])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_race_is_trained_once_and_told(tables, brief: Run, tmp_path, monkeypatch, capsys) -> None:
    few = replace(brief, more=brief.more | {"sampling": {"name": "uniform", "options": {}}})
    monkeypatch.setattr(races, "RACES", {"snips": few})
    monkeypatch.setenv("MTL_DATA", str(tables))
    store = tmp_path / "store"
    command = [str(store), "snips", "--seeds", "1", "--threads", "1"]
    assert races.main(command) == 0
    told = capsys.readouterr().out
    runs = set(RunStore(store).ids())
    assert len(runs) == 3
    assert set(races.plain_scores(store, "snips")) == {"intent", "slots"}
    assert "alone: 2 model(s)" in told and "| Δm" in told
    assert all(score in told for score in ("accuracy", "entity_f1"))
    assert races.main(command) == 0
    assert set(RunStore(store).ids()) == runs
    assert capsys.readouterr().out == told
