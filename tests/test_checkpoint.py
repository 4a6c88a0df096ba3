"""Snapshots: identical after loading, whole or not there, and every damage named."""

import errno
import json
import os
import shutil
import subprocess

import pytest
import torch

from mtl import checkpoint
from mtl.checkpoint import FROZEN, MARKER, SETTINGS, WEIGHTS, snapshot_name, snapshots
from mtl.errors import CheckpointError, StorageError
from mtl.model import MultiTaskModel
from mtl.runs.selected import Selected
from mtl.snapshots import Snapshots


@pytest.fixture
def saved(every_task, make_model, tmp_path):
    """A model with heads of every kind, and the folder it is saved in."""
    model = make_model(list(every_task), freeze_layers=1)
    model.save_pretrained(tmp_path / "model")
    return model, tmp_path / "model"


def refused(folder):
    with pytest.raises(CheckpointError) as caught:
        MultiTaskModel.from_pretrained(folder)
    return caught.value.details


@pytest.mark.parametrize(
    "encoder",
    [{}, {"num_hidden_layers": 1}, {"freeze_layers": 1}, {"num_hidden_layers": 1, "freeze_layers": 1}],
    ids=str,
)
def test_a_loaded_model_gives_identical_logits(encoder, every_task, make_model, make_batch, rows, tmp_path):
    model = make_model(list(every_task), **encoder)
    model.save_pretrained(tmp_path / "model")
    loaded = MultiTaskModel.from_pretrained(tmp_path / "model")
    assert not loaded.training
    assert list(loaded.tasks) == list(every_task)
    assert [task.state() for task in loaded.tasks.values()] == [task.state() for task in model.tasks.values()]
    assert [task.spec for task in loaded.tasks.values()] == [task.spec for task in model.tasks.values()]
    assert loaded.encoder_config == model.encoder_config
    trained = [parameter.requires_grad for parameter in model.parameters()]
    assert [parameter.requires_grad for parameter in loaded.parameters()] == trained
    for source in ("texts", "pairs", "questions", "passages"):
        names = [name for name, spec in every_task.items() if spec.source == source]
        wanted = model(make_batch(model, source, rows(source, 5)), names)
        found = loaded(make_batch(loaded, source, rows(source, 5)), names)
        for name in names:
            assert torch.equal(wanted[name], found[name]), name
        for name in names:
            said = [
                each.tasks[name].say(
                    each.heads[name], each.read(make_batch(each, source, rows(source, 5)), [name])[name]
                )
                for each in (model, loaded)
            ]
            assert torch.equal(*said), name


def test_the_files_are_safetensors_and_json_only(saved):
    _, folder = saved
    assert {path.suffix for path in folder.iterdir()} == {".safetensors", ".json"}


def test_saving_again_replaces_the_folder(saved, make_model):
    _, folder = saved
    other = make_model(("topic",), seed=3)
    other.save_pretrained(folder)
    assert list(MultiTaskModel.from_pretrained(folder).tasks) == ["topic"]
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("name", [WEIGHTS, FROZEN, SETTINGS, "config.json", "tokenizer.json"])
def test_a_missing_file_is_named(saved, name):
    (saved[1] / name).unlink()
    assert refused(saved[1]) == {"reason": "missing", "file": name}


@pytest.mark.parametrize("name", [WEIGHTS, FROZEN, SETTINGS, "config.json", "tokenizer.json"])
def test_a_cut_file_is_named(saved, name):
    path = saved[1] / name
    path.write_bytes(path.read_bytes()[:-10])
    assert refused(saved[1]) == {"reason": "cut", "file": name}


@pytest.mark.parametrize("place", ["nowhere", "config.json"])
def test_no_folder_is_no_snapshot(saved, place):
    assert refused(saved[1] / place)["reason"] == "missing"


def test_a_folder_without_the_marker_is_not_read(saved):
    (saved[1] / MARKER).unlink()
    assert refused(saved[1]) == {"reason": "missing", "file": MARKER}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"files": []}', '{"files": 3}', "\x00"])
def test_a_damaged_marker_is_a_typed_error(saved, content):
    (saved[1] / MARKER).write_text(content)
    assert refused(saved[1])["reason"] in ("cut", "format")


def rewrite(folder, name, content):
    """Replaces a file and has the marker know its size: damage that sizes do not show."""
    (folder / name).write_bytes(content)
    marker = json.loads((folder / MARKER).read_text())
    marker["files"][name] = len(content)
    (folder / MARKER).write_text(json.dumps(marker))


def test_another_format_is_refused_by_its_number(saved):
    settings = json.loads((saved[1] / SETTINGS).read_text())
    rewrite(saved[1], SETTINGS, json.dumps(settings | {"format": 99}).encode())
    assert refused(saved[1])["reason"] == "format"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tasks", []),
        ("tasks", None),
        ("tasks", [{"name": "x"}]),
        ("tasks", [5]),
        ("encoder", {"name": ""}),
        ("encoder", {"colour": 1}),
        ("sharing", {"name": "magic"}),
        ("sharing", None),
        ("states", None),
        ("states", {}),
        ("states", {"headline": {}, "answers": {}}),
    ],
)
def test_settings_that_fit_nothing_are_a_typed_error(saved, key, value):
    settings = json.loads((saved[1] / SETTINGS).read_text())
    rewrite(saved[1], SETTINGS, json.dumps(settings | {key: value}).encode())
    assert refused(saved[1])["reason"] == "format"


def test_a_kind_of_task_that_is_not_known_here_is_a_typed_error(saved):
    settings = json.loads((saved[1] / SETTINGS).read_text())
    settings["tasks"][0]["kind"] = "juggling"
    rewrite(saved[1], SETTINGS, json.dumps(settings).encode())
    assert refused(saved[1])["reason"] == "format"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (WEIGHTS, b"not weights at all"),
        (WEIGHTS, b"\x80\x04\x95pickle"),
        ("config.json", b'{"model_type": "abacus"}'),
        ("config.json", b"{"),
        ("tokenizer.json", b"{}"),
    ],
)
def test_foreign_content_is_a_typed_error(saved, name, content):
    rewrite(saved[1], name, content)
    assert refused(saved[1])["reason"] == "format"


def test_a_marker_that_points_outside_is_not_followed(saved):
    marker = json.loads((saved[1] / MARKER).read_text())
    marker["files"]["../../../etc/passwd"] = 1
    (saved[1] / MARKER).write_text(json.dumps(marker))
    assert refused(saved[1]) == {"reason": "missing", "file": "passwd"}


@pytest.mark.parametrize("fault", ["weights", "settings", "rename"])
def test_a_fault_while_saving_leaves_the_old_snapshot_alone(fault, saved, make_model, monkeypatch):
    (model, folder), other = saved, make_model(("topic",))
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")

    def fail(*args, **kwargs):
        raise error

    if fault == "weights":
        monkeypatch.setattr(checkpoint, "save_file", fail)
    elif fault == "settings":
        monkeypatch.setattr(checkpoint.Path, "write_text", fail)
    else:
        plain = checkpoint.Path.rename

        def rename(self, target):
            return fail() if target == folder and self.name.endswith(str(os.getpid())) else plain(self, target)

        monkeypatch.setattr(checkpoint.Path, "rename", rename)
    with pytest.raises(StorageError) as caught:
        other.save_pretrained(folder)
    monkeypatch.undo()
    assert caught.value.details["reason"] == "full"
    assert list(MultiTaskModel.from_pretrained(folder).tasks) == list(model.tasks)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_fault_at_the_first_save_leaves_nothing(make_model, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("power cut")

    monkeypatch.setattr(checkpoint, "save_file", fail)
    with pytest.raises(RuntimeError):
        Snapshots(tmp_path / "snapshots").save(make_model(("topic",)), 5, Selected())
    assert snapshots(tmp_path / "snapshots") == []
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_a_killed_save_is_not_taken_for_a_snapshot(make_model, tmp_path):
    """What a process leaves that was killed while it wrote."""
    model = make_model(("topic",))
    Snapshots(tmp_path).save(model, 1, Selected())
    shutil.copytree(tmp_path / snapshot_name(1), tmp_path / f".{snapshot_name(2)}.123")
    shutil.copytree(tmp_path / snapshot_name(1), tmp_path / snapshot_name(3))
    (tmp_path / snapshot_name(3) / MARKER).unlink()
    assert [path.name for path in snapshots(tmp_path)] == [snapshot_name(1)]


def test_a_full_disk_is_a_typed_error(make_model, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        with pytest.raises(StorageError) as caught:
            Snapshots(place / "snapshots").save(make_model(("topic",)), 0, Selected())
        assert caught.value.details["reason"] == "full"
        assert list((place / "snapshots").iterdir()) == []
    finally:
        subprocess.run(["umount", "-l", place], check=True)
