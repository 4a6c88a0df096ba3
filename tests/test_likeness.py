"""How alike the encoders of single-task runs are: the same as by hand, kept beside the run, and in an errand."""

import errno
import json

import pytest

from mtl import errands, worker
from mtl.checkpoint import snapshots
from mtl.data.origins import RunData
from mtl.data.selection import rows_of_run
from mtl.errors import CheckpointError, StorageError
from mtl.likeness import TEXTS, compare_encoders
from mtl.model import MultiTaskModel
from mtl.representations import encoder_similarities
from mtl.runs.config import RunConfig
from mtl.runs.race import LIKENESS
from mtl.runs.store import RunStore
from mtl.runs.twins import heats
from mtl.timing import questions


@pytest.fixture
def race(tiny_encoder, corpus, tmp_path):
    """The folder of a run, untrained, and those of its trained twins."""
    store = RunStore(tmp_path / "runs")
    config = RunConfig.from_dict({"tasks": ["topic", "relation"], "training": {"max_steps": 3, "eval_steps": 2}})
    [heat] = heats(config)
    alone = {task: store.folder(store.create(each)) for task, each in heat.alone.items()}
    for folder in alone.values():
        assert worker.run(folder) == 0
    return store.folder(store.create(config)), alone


def test_it_is_that_of_the_models_on_texts_of_all_tasks(race, tmp_path) -> None:
    folder, alone = race
    found = compare_encoders(folder, alone)
    config = RunStore(folder.parent).config(folder.name)
    data = RunData(config)
    texts = [text for text, _ in questions(rows_of_run(config, data, data.specs()), data.specs(), "validation", TEXTS)]
    newest = {task: snapshots(each / "snapshots")[-1] for task, each in alone.items()}
    models = {task: MultiTaskModel.from_pretrained(snapshot) for task, snapshot in newest.items()}
    wanted = encoder_similarities(models, texts)
    assert found["texts"] == len(texts)
    assert {level: each["values"] for level, each in found["levels"].items()} == {
        level: [list(row) for row in each.values] for level, each in wanted.items()
    }
    assert 0 < found["levels"]["2"]["values"][0][1] < 1
    assert json.loads((folder / LIKENESS).read_text()) == found
    assert found["runs"] == {task: each.name for task, each in alone.items()}


def test_a_full_disk_is_told_and_leaves_what_was_there(race, monkeypatch) -> None:
    folder, alone = race
    (folder / LIKENESS).write_text("before")

    def full(path, values):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mtl.likeness.write_json", full)
    with pytest.raises(StorageError):
        compare_encoders(folder, alone)
    assert (folder / LIKENESS).read_text() == "before"


def test_an_errand_tells_it_too_and_a_run_without_snapshots_is_refused(race, tmp_path) -> None:
    folder, alone = race
    asked = {"do": "liken", "folder": str(folder), "uploads": str(tmp_path)}
    told = errands.run({**asked, "alone": {task: str(each) for task, each in alone.items()}})
    assert told["done"]["texts"] > 1
    told = errands.run({**asked, "alone": {"topic": str(folder), "relation": str(alone["relation"])}})
    assert (told["error"]["type"], told["error"]["details"]["reason"]) == (CheckpointError.__name__, "missing")
