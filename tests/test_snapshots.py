"""Which snapshots of a run are kept, what they take on the disk, and who answers from which."""

import json
import os

import pytest
import torch

from mtl.checkpoint import FROZEN, MARKER, SETTINGS, WEIGHTS, snapshot_name, snapshots
from mtl.errors import CheckpointError, StorageError
from mtl.inference import Predictor, asked
from mtl.model import MultiTaskModel
from mtl.runs.config import Choice
from mtl.runs.selected import FILE, Selected
from mtl.snapshots import Snapshots

TEXT, PAIR = "The soup was lovely in Lima.", "The bread was superb."


class Stub:
    """A model that saves itself as a marker alone."""

    def save_pretrained(self, folder, like=None):
        folder.mkdir(parents=True)
        (folder / MARKER).write_text("{}")


def steps(folder):
    return [int(path.name.partition("-")[2]) for path in snapshots(folder)]


def test_the_first_and_the_newest_two_are_kept(tmp_path):
    for step in (0, 5, 10, 15, 20):
        assert Snapshots(tmp_path).save(Stub(), step, Selected()) == snapshot_name(step)
    assert steps(tmp_path) == [0, 15, 20]
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, *(snapshot_name(step) for step in (0, 15, 20))]


def test_the_best_are_kept_as_long_as_they_are_the_best(tmp_path):
    kept = Snapshots(tmp_path)
    for step, selected in (
        (0, Selected(0, {"a": 0, "b": 0})),
        (5, Selected(5, {"a": 5, "b": 0})),
        (10, Selected(5, {"a": 5, "b": 10})),
        (15, Selected(5, {"a": 5, "b": 10})),
        (20, Selected(20, {"a": 5, "b": 20})),
        (25, Selected(20, {"a": 5, "b": 20})),
        (30, Selected(20, {"a": 5, "b": 20})),
    ):
        kept.save(Stub(), step, selected)
        assert selected.steps <= set(steps(tmp_path))
        assert Selected.read(tmp_path) == selected
    assert steps(tmp_path) == [0, 5, 20, 25, 30]


def test_there_are_never_more_than_the_tasks_and_four(tmp_path):
    names = "abc"
    for step in range(40):
        best = {name: max(at for at in range(step + 1) if at % (5 + index) == 0) for index, name in enumerate(names)}
        Snapshots(tmp_path).save(Stub(), step, Selected(step - step % 9, best))
        assert len(steps(tmp_path)) <= len(names) + 4


def test_snapshots_are_listed_in_the_order_of_their_steps(tmp_path):
    for step in (100, 20, 3):
        Stub().save_pretrained(tmp_path / snapshot_name(step))
    assert steps(tmp_path) == [3, 20, 100]
    assert snapshots(tmp_path / "nowhere") == []


def test_a_disk_that_takes_no_choice_is_a_typed_error_and_drops_nothing(tmp_path, monkeypatch):
    for step in (0, 5, 10):
        Snapshots(tmp_path).save(Stub(), step, Selected())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mtl.runs.selected.write_json", full)
    with pytest.raises(StorageError) as caught:
        Snapshots(tmp_path).save(Stub(), 15, Selected(15, {}))
    assert caught.value.details["reason"] == "full"
    assert steps(tmp_path) == [0, 5, 10, 15]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"best": "x", "each": {}}',
        '{"best": 1, "each": 3}',
        '{"best": 1, "each": {"a": null}}',
    ],
)
def test_a_damaged_choice_is_no_choice(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    assert Selected.read(tmp_path) == Selected()


@pytest.mark.parametrize("sharing", ["hard", "soft", "lora"])
def test_what_training_never_changes_is_written_once_and_every_snapshot_is_whole(make_model, tmp_path, sharing):
    kept = Snapshots(tmp_path)
    models = [make_model(["topic", "stars"], seed, sharing=Choice(sharing), freeze_layers=1) for seed in (1, 2)]
    for number, model in enumerate(models):
        kept.save(model, number, Selected())
    files = [tmp_path / snapshot_name(number) / FROZEN for number in (0, 1)]
    assert os.path.samefile(*files)
    whole = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert kept.disk_bytes() == whole - files[1].stat().st_size
    for number, model in enumerate(models):
        wanted, found = model.state_dict(), kept.load(number).state_dict()
        assert all(torch.equal(wanted[name], found[name]) for name in wanted)


def test_other_frozen_weights_are_not_taken_for_the_same(make_model, tmp_path):
    Snapshots(tmp_path).save(make_model(["topic"], freeze_layers=2), 0, Selected())
    Snapshots(tmp_path).save(make_model(["topic"], freeze_layers=1), 1, Selected())
    assert not os.path.samefile(*(tmp_path / snapshot_name(number) / FROZEN for number in (0, 1)))


def test_without_links_the_weights_are_written_again(make_model, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", fail)
    for number in (0, 1):
        Snapshots(tmp_path).save(make_model(["topic"], freeze_layers=1), number, Selected())
    assert Snapshots(tmp_path).load(1).tasks.keys() == {"topic"}


def test_a_snapshot_of_the_format_before_is_read(make_model, tmp_path):
    model = make_model(["topic"])
    model.save_pretrained(tmp_path / "old")
    settings = json.loads((tmp_path / "old" / SETTINGS).read_text())
    (tmp_path / "old" / SETTINGS).write_text(json.dumps(settings | {"format": 2}))
    marker = json.loads((tmp_path / "old" / MARKER).read_text())
    assert FROZEN not in marker["files"] and WEIGHTS in marker["files"]
    marker["files"][SETTINGS] = (tmp_path / "old" / SETTINGS).stat().st_size
    (tmp_path / "old" / MARKER).write_text(json.dumps(marker))
    assert MultiTaskModel.from_pretrained(tmp_path / "old").tasks.keys() == {"topic"}


@pytest.fixture
def several(make_model, tmp_path):
    """Three snapshots: topic is best in the first, stars and relation in the second, all together in the third."""
    for step, seed in ((0, 5), (4, 6), (8, 7)):
        selected = Selected(8, {"topic": 0, "stars": 4, "relation": 4})
        Snapshots(tmp_path).save(make_model(["topic", "stars", "relation", "entities"], seed), step, selected)
    return tmp_path


def test_each_head_answers_by_its_own_best_weights(several):
    found = Predictor(several, which="each").answer(TEXT, PAIR)
    assert found.steps == {"topic": 0, "stars": 4, "relation": 4, "entities": 8}
    assert list(found.answers) == ["topic", "stars", "relation", "entities"]
    for name, step in found.steps.items():
        together = [other for other in found.steps if found.steps[other] == step]  # one pass, in the last digit too
        wanted = asked(Snapshots(several).load(step), step, TEXT, PAIR, together)
        assert found.answers[name] == wanted.answers[name], name
    assert Predictor(several, which="each").answer(TEXT).missing_pair == ("relation",)


def test_the_best_of_all_and_the_first_answer_whole(several):
    Selected(4, {}).write(several)
    assert Predictor(several, which="best").answer(TEXT).step == 4
    assert Predictor(several, which="first").answer(TEXT).step == 0
    assert Predictor(several).answer(TEXT).step == 8


def test_before_any_validation_the_newest_is_the_best(several):
    (several / FILE).unlink()
    assert Predictor(several, which="best").answer(TEXT).step == 8
    assert set(Predictor(several, which="each").answer(TEXT).steps.values()) == {8}


def test_a_best_snapshot_that_is_gone_is_said(several):
    Selected(4, {"topic": 4}).write(several)
    (several / snapshot_name(4) / MARKER).unlink()
    for which in ("best", "each"):
        with pytest.raises(CheckpointError) as caught:
            Predictor(several, which=which).answer(TEXT)
        assert caught.value.details["reason"] == "missing"


def test_a_snapshot_that_is_dropped_while_one_asks_is_asked_for_again(several, monkeypatch):
    Selected(4, {}).write(several)
    load = MultiTaskModel.from_pretrained

    def drop(folder):
        if folder.name == snapshot_name(4):
            (folder / MARKER).unlink()
            Selected(8, {}).write(several)
        return load(folder)

    monkeypatch.setattr(MultiTaskModel, "from_pretrained", drop)
    assert Predictor(several, which="best").answer(TEXT).step == 8
