"""A worker as a process of its own, started by hand."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mtl.runs import journal
from mtl.runs.presence import Claim

TOY = Path(__file__).resolve().parent / "toy_worker.py"


@pytest.fixture
def by_hand(store, environment):
    """Starts `toy_worker.py FOLDER` as a person would; it is gone at the end."""
    started = []

    def start(run_id, *arguments, **options):
        command = [sys.executable, TOY, store.folder(run_id), *arguments]
        started.append(subprocess.Popen(command, env=environment, **{"stdin": subprocess.DEVNULL} | options))
        return started[-1]

    yield start
    for popen in started:
        popen.kill()
        popen.communicate()


def test_a_worker_started_by_hand_does_not_look_at_its_standard_input(store, toy_config, by_hand):
    run_id = store.create(toy_config(3))
    assert by_hand(run_id).wait(20) == 0
    assert store.status(run_id).state == "finished"


def test_a_worker_that_watches_its_standard_input_ends_with_it(store, toy_config, by_hand):
    run_id = store.create(toy_config(100_000))
    assert by_hand(run_id, "--watch-stdin").wait(20) == 0
    assert store.status(run_id).reason == "server_stopped"


def test_two_workers_started_at_once_do_one_run(store, toy_config, by_hand):
    run_id = store.create(toy_config(3))
    workers = [by_hand(run_id) for _ in range(3)]
    assert sorted(popen.wait(20) for popen in workers) == [0, 3, 3]
    steps = [event["step"] for event in store.events(run_id)[0] if event["type"] == "optimizer"]
    assert steps == [1, 2, 3]


def test_a_stop_finishes_the_step_saves_and_ends(store, toy_config, by_hand, until):
    run_id = store.create(toy_config(100, step_s=0.5))
    popen = by_hand(run_id)
    until(lambda: store.status(run_id).step == 1)
    began = time.monotonic()
    store.request_stop(run_id)
    assert popen.wait(10) == 0
    assert time.monotonic() - began < 3
    now = store.status(run_id)
    assert (now.state, now.reason, now.step) == ("stopped", "requested", 2)
    assert store.newest_snapshot(run_id).name == "step-00000002"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_and_saves(store, toy_config, by_hand, until, number):
    run_id = store.create(toy_config(100_000))
    popen = by_hand(run_id)
    until(lambda: store.status(run_id).step > 1)
    popen.send_signal(number)
    assert popen.wait(10) == 0
    now = store.status(run_id)
    assert (now.state, now.reason) == ("stopped", "signal")
    assert store.newest_snapshot(run_id).name == f"step-{now.step:08d}"


def test_what_a_killed_worker_had_shown_is_still_there(store, toy_config, by_hand, until):
    run_id = store.create(toy_config(100_000, step_s=0.0))
    popen = by_hand(run_id)
    until(lambda: store.status(run_id).step > 100)
    shown, cursor = journal.read(store.folder(run_id) / "events.jsonl", 0)
    os.kill(popen.pid, signal.SIGKILL)  # not waited for: it stays a zombie, which is not alive
    began = time.monotonic()
    until(lambda: store.status(run_id).state == "interrupted", 3)
    assert time.monotonic() - began < 3
    assert popen.returncode is None
    assert not Claim.read(store.folder(run_id)).process.alive()
    again, _ = journal.read(store.folder(run_id) / "events.jsonl", 0)
    assert again[: len(shown)] == shown
    assert journal.read(store.folder(run_id) / "events.jsonl", cursor)[1] >= cursor


def test_all_that_a_killed_worker_had_started_ends_with_it(environment, until):
    """A worker's own children are found by the guard, which outlives it by a moment."""
    program = (
        "import subprocess, sys, time; from mtl.runs.guard import Guard; Guard(0, 5);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, start_new_session=True, **pipes) as popen:
        child = int(popen.stdout.readline())
        assert alive(child)
        popen.kill()
        until(lambda: not alive(child), 5)


def test_a_guard_ends_its_worker_in_any_session_and_only_its_worker(environment):
    program = "import time; from mtl.runs.guard import Guard; Guard(0, 0.2); print('up', flush=True); time.sleep(600)"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, **pipes) as popen:
        assert os.getpgid(popen.pid) == os.getpgrp()  # a kill of the group would reach these tests
        popen.stdout.readline()
        popen.stdin.close()
        try:
            assert popen.wait(10) == -signal.SIGKILL
        finally:
            popen.kill()


def alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
