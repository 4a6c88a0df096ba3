import json
import os
import time

import pytest

from mtl.runs import process
from mtl.runs.presence import Claim
from mtl.runs.process import Process
from mtl.runs.status import Progress, RunReader, RunStatus

ID = "A" * 22
START = {"type": "run_started", "t": 2.0, "step": 0, "max_steps": 100, "eval_steps": 50, "device": "cpu"}
START |= {"device_name": "toy"}
NOW = 1000.0


def phase(name, step=0, t=3.0):
    return {"type": "phase", "t": t, "step": step, "phase": name}


def step(number, t):
    return {"type": "optimizer", "t": t, "step": number}


class Run:
    """A run folder written by hand, and its reader."""

    def __init__(self, folder, clock=lambda: NOW):
        self.folder = folder
        folder.mkdir()
        self.reader = RunReader(folder, clock)

    def write(self, *events):
        with open(self.folder / "events.jsonl", "a") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)

    def claim(self, worker=None, created=NOW - 10):
        assert Claim(worker or Process.current(), created).write(self.folder)

    def status(self, position=None):
        return self.reader.status(position)


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / ID)


def test_a_run_without_a_worker_waits_in_the_queue(run):
    assert run.status(3) == RunStatus(run_id=ID, state="queued", queue_position=3)
    assert run.status() == RunStatus(run_id=ID, state="queued")


def test_a_run_that_is_being_started_does_not_wait_any_more(run):
    assert run.status(0) == RunStatus(run_id=ID, state="starting")


@pytest.mark.parametrize(
    ("name", "state"),
    [("loading", "starting"), ("tokenising", "starting"), ("training", "training"), ("evaluating", "evaluating"),
     ("saving", "saving")],
)  # fmt: skip
def test_a_live_run_is_in_the_state_of_its_phase(run, name, state):
    run.claim()
    assert run.status().state == "starting"
    run.write(START, phase(name))
    now = run.status()
    assert (now.state, now.phase, now.max_steps, now.device, now.device_name) == (state, name, 100, "cpu", "toy")
    assert now.elapsed_s == 10.0


def test_a_step_after_an_evaluation_is_training_again(run):
    run.claim()
    run.write(START, phase("evaluating", 50), step(51, 9.0))
    assert (run.status().state, run.status().step) == ("training", 51)


def test_a_status_follows_what_is_appended_and_ignores_a_torn_line(run):
    run.claim()
    run.write(START, step(1, 3.0))
    assert run.status().step == 1
    with open(run.folder / "events.jsonl", "a") as file:
        file.write('{"type":"optimizer","t":4.0,')
        file.flush()
        assert run.status().step == 1
        file.write('"step":2}\n')
    assert run.status().step == 2


def test_a_finished_run_keeps_its_state_and_time_when_its_worker_is_gone(run):
    run.claim(Process(os.getpid(), "1"))
    run.write(START, step(100, 9.0), {"type": "finished", "t": 9.5, "step": 100, "elapsed_s": 9.4})
    now = run.status()
    assert (now.state, now.step, now.elapsed_s, now.eta_s, now.error) == ("finished", 100, 9.4, None, None)
    assert now.final


def test_a_failed_run_says_why_and_keeps_the_traceback_to_itself(run):
    error = {"error": "LossNotFinite", "message": "NaN", "details": {"task": "topic"}}
    run.claim()
    run.write({"type": "failed", "t": 1, "step": 3, "elapsed_s": 1, "traceback": "long", **error})
    assert (run.status().state, run.status().error) == ("failed", error)


@pytest.mark.parametrize(
    ("reason", "state"), [("requested", "stopped"), ("signal", "stopped"), ("server_stopped", "interrupted")]
)
def test_a_stopped_run_says_who_stopped_it(run, reason, state):
    run.claim()
    run.write({"type": "stopped", "t": 4.0, "step": 3, "elapsed_s": 4.0, "reason": reason})
    now = run.status()
    assert (now.state, now.reason) == (state, reason)
    assert (now.error is not None) == (state == "interrupted")


def test_a_worker_that_is_gone_without_a_word_was_killed(run):
    run.claim(Process(os.getpid(), "1"))  # this pid is alive, but it began at another time
    run.write(START, phase("training"), step(7, 4.0))
    now = run.status()
    assert (now.state, now.reason, now.step, now.elapsed_s) == ("interrupted", "killed", 7, 4.0)
    assert now.error["error"] == "WorkerLost"
    assert now.error["details"] == {"reason": "killed"}


def test_a_final_event_written_just_before_the_end_counts(run, monkeypatch):
    run.claim()
    run.write(START)

    def finish_and_go(self):
        run.write({"type": "finished", "t": 5.0, "step": 100, "elapsed_s": 5.0})
        return False

    monkeypatch.setattr(Process, "alive", finish_and_go)
    assert run.status().state == "finished"


def test_last_words_beside_the_journal_are_believed_once_the_worker_is_gone(run):
    run.claim(Process(os.getpid(), "1"))
    words = {"type": "failed", "error": "StorageError", "message": "full", "details": {"reason": "full"}}
    (run.folder / "error.json").write_text(json.dumps(words).ljust(4096))
    assert (run.status().state, run.status().error["error"]) == ("failed", "StorageError")


def test_a_note_is_believed_where_nothing_could_be_written(run):
    run.reader.note({"type": "failed", "error": "StorageError", "message": "", "details": {}})
    assert run.status().state == "failed"


def test_a_journal_that_was_replaced_is_read_anew(run):
    run.claim()
    run.write(START, *[step(number, 3.0) for number in range(1, 9)])
    assert run.status().step == 8
    (run.folder / "events.jsonl").unlink()
    run.write(START, step(1, 3.0))
    assert run.status().step == 1


def test_without_proc_a_fresh_heartbeat_is_life_and_an_old_one_is_asked_about(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "HAS_PROC", False)
    asked = []
    monkeypatch.setattr(Process, "alive", lambda self: bool(asked.append(self)))
    run = Run(tmp_path / ID, time.time)
    run.claim(created=time.time())
    (run.folder / "heartbeat").touch()
    assert run.status().state == "starting"
    assert run.status().heartbeat_age_s < 1
    assert not asked
    os.utime(run.folder / "heartbeat", (0, 0))
    assert run.status().state == "interrupted"
    assert asked


def test_the_dict_of_a_status_is_small_and_rounded(run):
    run.claim(created=NOW - 3.14159)
    run.write(START, phase("training"))
    values = run.status().to_dict()
    assert values["elapsed_s"] == 3.14
    assert len(json.dumps(values)) < 400


def replay(*events):
    progress = Progress()
    for event in events:
        progress.take(event)
    return progress


def test_no_time_is_foretold_before_two_steps_are_known():
    assert replay(START, phase("training")).eta(3.0) is None
    assert replay(START, phase("training"), step(1, 4.0)).eta(4.0) is None
    assert replay(step(1, 4.0), step(2, 5.0)).eta(5.0) is None


def test_the_time_left_is_the_pace_of_the_steps_times_the_steps_left():
    progress = replay(START, phase("training"), step(1, 4.0), step(2, 4.5), step(3, 5.0))
    assert progress.eta(5.0) == pytest.approx(97 * 0.5)
    assert progress.eta(7.0) == pytest.approx(97 * 0.5 - 2)
    assert progress.eta(1e6) == 0.0


def test_the_time_of_evaluations_is_measured_apart_and_added_for_those_left():
    events = [START, phase("evaluating", 0, 2.0), phase("training", 0, 12.0)]  # 10 s
    events += [step(number, 12.0 + number) for number in range(1, 51)]  # 1 s each
    assert replay(*events[:-1]).eta(61.0) == pytest.approx(51 + 20)
    events += [phase("evaluating", 50, 62.0)]
    assert replay(*events).eta(62.0) == pytest.approx(50 + 10 + 10)  # this one and that after step 100
    assert replay(*events).eta(66.0) == pytest.approx(50 + 6 + 10)
    events += [phase("saving", 50, 82.0), phase("training", 50, 92.0), step(51, 93.0)]  # 30 s with its saving
    assert replay(*events).eta(93.0) == pytest.approx(49 + 20)


def test_a_download_is_told_until_the_next_phase():
    progress = Progress()
    progress.take({"type": "phase", "step": 0, "phase": "downloading", "t": 0.1})
    progress.take({"type": "download", "step": 0, "encoder": "a/b", "bytes_done": 5, "bytes_total": 9, "t": 0.2})
    assert (progress.phase, progress.download) == ("downloading", {"bytes_done": 5, "bytes_total": 9})
    progress.take({"type": "phase", "step": 0, "phase": "loading", "t": 0.3})
    assert progress.download is None
