"""One run in this process, made of toy parts. What needs a process of its own is in tests/runs."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from mtl import worker
from mtl.errors import LossNotFinite, StorageError
from mtl.runs import control, failure, journal
from mtl.runs.config import RunConfig
from mtl.runs.events import Finished, Phase, Snapshot, Stopped
from mtl.runs.presence import LastWords, last_words
from mtl.runs.record import Record
from mtl.runs.store import RunStore


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "checkpoints")


@pytest.fixture
def run_id(store):
    return store.create(RunConfig.from_dict({"training": {"per_device_train_batch_size": 48}}))


@pytest.fixture
def folder(store, run_id):
    return store.folder(run_id)


@pytest.fixture(autouse=True)
def keep_signals():
    """A worker takes the process's signals over."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Probed(Exception):
    """A probe was cancelled."""


def parts(train, assemble=None):
    """Parts whose trainer does what `train(report, control, save)` does."""

    def build(config, *, report):
        report(Phase(step=0, phase="tokenising"))
        return SimpleNamespace(run=train)

    def snapshots(folder):
        def save(model, step):
            (folder / f"step-{step}").mkdir(parents=True)
            return f"step-{step}"

        return save

    return lambda: worker.Parts(
        assemble or build, snapshots, lambda *_: {}, Probed, lambda folder: lambda model, step: None
    )


def outcome(reason=None):
    return SimpleNamespace(stopped=reason is not None, reason=reason, peak_memory_bytes=123)


def raising(error):
    def train(report, control, save):
        report(Phase(step=4, phase="training"))
        raise error

    return train


def events_of(folder):
    return journal.read(folder / "events.jsonl", 0)[0]


def test_a_run_leaves_its_events_in_order_and_its_snapshot(folder, store, run_id):
    def train(report, control, save):
        report(Phase(step=0, phase="training"))
        report(Snapshot(step=5, name=save(None, 5)))
        return outcome()

    assert worker.run(folder, parts(train)) == 0
    events = events_of(folder)
    assert [event["type"] for event in events] == ["phase", "phase", "phase", "snapshot", "finished"]
    assert [event.get("phase") for event in events[:3]] == ["loading", "tokenising", "training"]
    assert (events[-1]["step"], events[-1]["peak_memory_bytes"]) == (5, 123)
    assert 0 <= events[0]["t"] <= events[-1]["t"] == pytest.approx(events[-1]["elapsed_s"], abs=0.05)
    assert (folder / "snapshots" / "step-5").is_dir()
    assert store.status(run_id).state == "finished"


def test_a_second_worker_leaves_the_run_alone(folder):
    assert worker.run(folder, parts(lambda *_: outcome())) == 0
    before = events_of(folder)
    assert worker.run(folder, parts(lambda *_: outcome())) == worker.TAKEN
    assert events_of(folder) == before


def test_a_typed_error_keeps_its_name_and_details(folder, store, run_id):
    error = LossNotFinite("NaN.", task="topic", step=4, loss=float("nan"))
    assert worker.run(folder, parts(raising(error))) == worker.FAILED
    final = events_of(folder)[-1]
    assert (final["type"], final["error"], final["message"], final["step"]) == ("failed", "LossNotFinite", "NaN.", 4)
    assert final["details"] == {"task": "topic", "step": 4, "loss": "nan"}
    assert "LossNotFinite: NaN." in final["traceback"]
    assert 'File "mtl/worker.py"' in final["traceback"]
    assert str(failure.PROJECT) not in final["traceback"]
    assert store.status(run_id).state == "failed"


def test_an_error_nobody_foresaw_is_told_by_its_own_name(folder):
    assert worker.run(folder, parts(raising(KeyError("surprise" * 10_000)))) == worker.FAILED
    final = events_of(folder)[-1]
    assert (final["error"], final["details"]) == ("KeyError", {})
    assert len(final["message"]) <= failure.MESSAGE
    assert len(final["traceback"]) <= failure.TRACEBACK


TORCH_OOM = type("OutOfMemoryError", (RuntimeError,), {})


@pytest.mark.parametrize(
    "error",
    [TORCH_OOM("CUDA out of memory."), MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't …")],
)
def test_every_way_to_run_out_of_memory_is_one_error(folder, error):
    worker.run(folder, parts(raising(error)))
    final = events_of(folder)[-1]
    assert final["error"] == "OutOfMemory"
    assert final["details"] == {"step": 4, "per_device_train_batch_size": 48}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left", "/secret/place/model.safetensors"), "full"),
        (OSError(errno.EROFS, "Read-only file system"), "read_only"),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), "full"),
    ],
)
def test_every_way_a_disk_refuses_is_one_error(folder, error, reason):
    worker.run(folder, parts(raising(error)))
    final = events_of(folder)[-1]
    assert (final["error"], final["details"]["reason"]) == ("StorageError", reason)
    assert "/secret" not in final["message"]


def test_another_os_error_is_not_taken_for_a_full_disk(folder):
    worker.run(folder, parts(raising(ConnectionResetError(errno.ECONNRESET, "reset"))))
    assert events_of(folder)[-1]["error"] == "ConnectionResetError"


def test_parts_that_cannot_be_imported_fail_the_run(folder):
    def load():
        raise ImportError("no torch")

    assert worker.run(folder, load) == worker.FAILED
    assert events_of(folder)[-1]["error"] == "ImportError"


@pytest.mark.parametrize("content", ["", '{"tasks": []}'])
def test_a_damaged_config_fails_the_run(folder, content):
    (folder / "config.json").write_text(content)
    worker.run(folder, parts(lambda *_: outcome()))
    assert events_of(folder)[-1]["error"] == "ConfigError"


def test_a_stop_asked_for_before_the_start_loads_nothing(folder):
    control.request_stop(folder)

    def load():
        raise AssertionError("loaded")

    assert worker.run(folder, load) == 0
    final = events_of(folder)[-1]
    assert (final["type"], final["reason"], final["step"]) == ("stopped", "requested", 0)


def test_a_stop_asked_for_while_loading_is_heard_before_training(folder):
    def assemble(config, *, report):
        control.request_stop(folder)
        time.sleep(control.CHECK_EVERY)
        report(Phase(step=0, phase="tokenising"))
        raise AssertionError("went on")

    assert worker.run(folder, parts(None, assemble)) == 0
    assert events_of(folder)[-1]["type"] == "stopped"


def test_a_stopped_trainer_ends_the_run_as_stopped(folder):
    assert worker.run(folder, parts(lambda *_: outcome("requested"))) == 0
    final = events_of(folder)[-1]
    assert (final["type"], final["reason"], final["peak_memory_bytes"]) == ("stopped", "requested", 123)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_a_request_to_stop_and_a_second_one_is_meant(folder, number):
    def train(report, control, save):
        os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
        return outcome(control.stop_requested())

    worker.run(folder, parts(train))
    assert events_of(folder)[-1]["reason"] == "signal"


def test_the_heart_beats_while_a_phase_takes_long(folder, store, run_id):
    def assemble(config, *, report):
        os.utime(folder / "heartbeat", (0, 0))
        deadline = time.monotonic() + 5
        while (folder / "heartbeat").stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert store.status(run_id).heartbeat_age_s < 2
        return SimpleNamespace(run=lambda *_: outcome())

    assert worker.run(folder, parts(None, assemble)) == 0


def test_a_journal_on_a_full_disk_leaves_last_words(folder, store, run_id, monkeypatch):
    def train(report, control, save):
        monkeypatch.setattr(os, "write", refuse)
        report(Phase(step=9, phase="training"))

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert worker.run(folder, parts(train)) == worker.FAILED
    words = last_words(folder)
    assert (words["type"], words["error"], words["step"]) == ("failed", "StorageError", 9)
    assert "traceback" not in words


def test_a_disk_that_takes_not_even_last_words_ends_the_worker_with_its_own_code(folder, monkeypatch):
    monkeypatch.setattr(worker, "SETTINGS", {})

    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    def train(report, control, save):
        monkeypatch.setattr(os, "write", refuse)
        monkeypatch.setattr(LastWords, "say", refuse)
        return outcome()

    assert worker.main([str(folder)], parts(train)) == worker.UNWRITABLE


def test_a_run_has_one_final_event(folder):
    record = Record(folder)
    record.end(Stopped(step=1, elapsed_s=1.0, reason="server_stopped"))
    record.end(Finished(step=2, elapsed_s=2.0))
    assert [event["type"] for event in events_of(folder)] == ["stopped"]
    assert record.ended.is_set()


def test_the_time_of_events_comes_from_the_clock_that_is_given(folder):
    now = [100.0]
    record = Record(folder, lambda: now[0])
    now[0] = 102.5
    record.report(Phase(step=0, phase="loading"))
    assert events_of(folder)[0]["t"] == 2.5


def test_a_record_that_cannot_be_begun_is_a_typed_error(tmp_path):
    with pytest.raises(StorageError):
        Record(tmp_path / "missing")


@pytest.mark.parametrize("arguments", [[], ["x", "--standby"]])
def test_a_worker_needs_a_folder_or_waits_for_one(arguments, capsys):
    with pytest.raises(SystemExit):
        worker.main(arguments)
    assert "--standby" in capsys.readouterr().err


def test_the_worker_itself_is_light_and_parts_are_loaded_late():
    program = "import sys, mtl.worker, json; print(json.dumps(sorted(sys.modules)))"
    root = Path(worker.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    assert not {"torch", "transformers", "numpy"} & set(json.loads(done.stdout))
