import errno
import json
import os
import time
from pathlib import Path

import pytest

from mtl.errors import ConfigError, RunNotFound, StorageError, WorkerLost
from mtl.runs import control
from mtl.runs.config import RunConfig
from mtl.runs.presence import Claim
from mtl.runs.process import Process
from mtl.runs.store import RUN_ID, RunStore


@pytest.mark.parametrize(
    "run_id",
    ["", "../x", "..", "/etc/passwd", "a" * 21, "a" * 23, "a" * 22 + "\n", "a" * 21 + "é", "a" * 21 + "/", None, 7],
)
def test_an_id_that_is_none_is_refused_before_a_path_is_made(store, run_id, monkeypatch):
    touched = []
    monkeypatch.setattr(os.path, "isfile", touched.append)
    for ask in (store.folder, store.status, store.events, store.config, store.request_stop, store.newest_snapshot):
        with pytest.raises(RunNotFound):
            ask(run_id)
    assert not touched


def test_ten_megabytes_of_letters_are_refused_in_few_words(store):
    began = time.monotonic()
    with pytest.raises(RunNotFound) as caught:
        store.status("a" * 10_000_000)
    assert time.monotonic() - began < 1
    assert len(str(caught.value)) < 200
    assert len(json.dumps(caught.value.details)) < 200


def test_an_unknown_id_is_refused(store):
    with pytest.raises(RunNotFound):
        store.status("a" * 22)


def test_a_folder_without_config_is_no_run(store, tmp_path):
    (tmp_path / "checkpoints" / ("b" * 22)).mkdir(parents=True)
    with pytest.raises(RunNotFound):
        store.status("b" * 22)
    assert store.list() == []


def test_a_created_run_keeps_its_config_and_waits(store):
    config = RunConfig.from_dict({"tasks": ["topic"], "training": {"max_steps": 7}})
    run_id = store.create(config)
    assert RUN_ID.fullmatch(run_id)
    assert not run_id.startswith("-")
    assert store.config(run_id) == config
    assert store.status(run_id).state == "queued"
    assert store.events(run_id) == ([], 0)


def test_another_store_on_the_same_folder_sees_the_run(store, tmp_path):
    run_id = store.create(RunConfig())
    assert RunStore(tmp_path / "checkpoints").status(run_id).state == "queued"


def test_a_run_that_cannot_be_written_is_a_typed_error_and_leaves_nothing(store, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "config.json")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(StorageError) as caught:
        store.create(RunConfig())
    assert caught.value.details["reason"] == "full"
    assert os.listdir(tmp_path / "checkpoints") == []


def test_a_read_only_disk_is_a_typed_error(small_disk):
    with pytest.raises(StorageError) as caught:
        RunStore(small_disk("ro") / "checkpoints").create(RunConfig())
    assert caught.value.details["reason"] == "read_only"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tasks": 3}'])
def test_a_damaged_config_is_a_typed_error_and_does_not_hide_the_other_runs(store, content):
    whole, damaged = store.create(RunConfig()), store.create(RunConfig())
    (store.folder(damaged) / "config.json").write_text(content)
    with pytest.raises(ConfigError):
        store.config(damaged)
    assert [run.run_id for run in store.list()] == [whole]


def test_runs_are_listed_newest_first_with_their_choices(tmp_path):
    times = iter(range(100, 200))
    store = RunStore(tmp_path / "checkpoints", clock=lambda: float(next(times)))
    ids = [store.create(RunConfig.from_dict({"tasks": ["topic"], "balancer": "pcgrad"})) for _ in range(3)]
    assert [run.run_id for run in store.list()] == ids[::-1]
    assert [run.run_id for run in store.list(limit=1)] == [ids[2]]
    first = store.list()[-1]
    assert first.to_dict() == {
        "run_id": ids[0], "created": 101.0, "state": "queued", "step": 0, "max_steps": None,
        "encoder": "sentence-transformers/all-MiniLM-L6-v2", "tasks": ["topic"], "sharing": "hard",
        "balancer": "pcgrad",
    }  # fmt: skip
    assert store.unstarted() == ids


def test_a_stop_is_asked_for_once_however_often(store):
    run_id = store.create(RunConfig())
    store.request_stop(run_id)
    store.request_stop(run_id)
    assert store.stop_requested(run_id)


def test_a_stop_of_an_ended_run_changes_nothing(store):
    run_id = store.create(RunConfig())
    store.end(run_id, WorkerLost("gone", reason="not_started"))
    before = store.status(run_id)
    store.request_stop(run_id)
    assert store.status(run_id) == before
    assert not store.stop_requested(run_id)


def test_a_stop_on_a_full_disk_reaches_the_worker_by_signal(store, monkeypatch):
    run_id, sent = store.create(RunConfig()), []
    Claim(Process.current(), time.time()).write(store.folder(run_id))

    def refuse(_):
        raise StorageError("full", reason="full", file="stop")

    monkeypatch.setattr(control, "request_stop", refuse)
    monkeypatch.setattr(Process, "signal", lambda self, number: sent.append((self, number)) or True)
    store.request_stop(run_id)
    assert sent == [(Process.current(), 15)]
    monkeypatch.setattr(Process, "signal", lambda self, number: False)
    with pytest.raises(StorageError):
        store.request_stop(run_id)


def test_a_word_for_a_worker_that_had_none_is_kept(store, tmp_path):
    failed, stopped = store.create(RunConfig()), store.create(RunConfig())
    store.end(failed, WorkerLost("It never began.", reason="not_started"))
    store.end(stopped)
    for reader in (store, RunStore(tmp_path / "checkpoints")):
        assert reader.status(failed).error == {
            "error": "WorkerLost", "message": "It never began.", "details": {"reason": "not_started"}
        }  # fmt: skip
        assert (reader.status(stopped).state, reader.status(stopped).reason) == ("stopped", "requested")
    assert store.unstarted() == []


def test_a_word_that_no_disk_takes_is_remembered(store, monkeypatch):
    run_id = store.create(RunConfig())

    def refuse(*_):
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "write", refuse)
    store.end(run_id, StorageError("read-only", reason="read_only", file="events.jsonl"))
    assert store.status(run_id).error["error"] == "StorageError"


def test_only_complete_snapshots_count_and_steps_are_compared_as_numbers(store):
    run_id = store.create(RunConfig())
    assert store.newest_snapshot(run_id) is None
    folder = store.folder(run_id) / "snapshots"
    for name in ("step-000000", "step-000050", "step-999999", "step-1000000", "step-2000000", ".step-3000000"):
        (folder / name).mkdir(parents=True)
        if name != "step-2000000":
            (folder / name / "complete.json").write_text("{}")
    assert store.newest_snapshot(run_id) == folder / "step-1000000"
    assert store.first_snapshot(run_id) == folder / "step-000000"
    (folder / "step-000000" / "complete.json").unlink()
    assert store.first_snapshot(run_id) is None


def test_no_more_than_so_many_runs_are_kept_in_memory(store, monkeypatch):
    monkeypatch.setattr("mtl.runs.store.READERS", 2)
    ids = [store.create(RunConfig()) for _ in range(4)]
    assert [store.status(run_id).state for run_id in ids] == ["queued"] * 4
    assert list(store._readers) == ids[2:]


def test_a_run_whose_folder_was_deleted_is_not_found(store):
    run_id = store.create(RunConfig())
    store.status(run_id)
    (store.folder(run_id) / "config.json").unlink()
    with pytest.raises(RunNotFound):
        store.status(run_id)
