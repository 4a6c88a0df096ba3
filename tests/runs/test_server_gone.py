"""What happens to workers when their server ends, by whatever means."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mtl.runs.presence import Claim
from mtl.runs.process import Process, start_time

HERE = Path(__file__).resolve().parent
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGKILL]


@pytest.fixture
def serve(tmp_path, environment):
    """Starts a server process on the runs named; it is gone at the end."""
    servers = []

    def start(*arguments, **more):
        popen = subprocess.Popen(
            [sys.executable, HERE / "toy_server.py", tmp_path / "checkpoints", HERE / "toy_worker.py", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | more,
        )
        servers.append(popen)
        assert popen.stdout.readline() == b"serving\n"
        return popen

    yield start
    for popen in servers:
        popen.kill()
        popen.communicate()


def children_of(pid):
    """The live children of a process."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [Process(int(child), start_time(int(child))) for child in found if start_time(int(child))]


def end(server, number):
    server.send_signal(number)
    server.wait(5)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_saves_and_ends_when_its_server_is_gone(store, toy_config, serve, until, number):
    run_id = store.create(toy_config(100_000))
    server = serve(run_id)
    until(lambda: store.status(run_id).step > 3)
    worker = Claim.read(store.folder(run_id)).process
    end(server, number)
    until(lambda: not worker.alive(), 6)
    now = store.status(run_id)
    assert (now.state, now.reason) == ("interrupted", "server_stopped")
    assert store.newest_snapshot(run_id).name == f"step-{now.step:08d}"


@pytest.mark.parametrize("stuck", ["python", "interpreter"])
def test_a_worker_that_hangs_is_gone_in_time_too(store, toy_config, serve, until, stuck):
    run_id = store.create(toy_config(10, stuck=stuck))
    server = serve(run_id)
    until(lambda: store.status(run_id).step == 2)
    worker = Claim.read(store.folder(run_id)).process
    end(server, signal.SIGKILL)
    until(lambda: not worker.alive(), 6)
    now = store.status(run_id)
    assert now.state == "interrupted"
    # A worker whose interpreter hangs cannot say why any more.
    assert now.reason == ("server_stopped" if stuck == "python" else "killed")


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("load", ["0", "30"], ids=["ready", "importing"])
def test_a_standby_ends_with_its_server(store, serve, until, number, load):
    server = serve("--warm", TOY_LOAD=load)
    (standby,) = until(lambda: children_of(server.pid))
    end(server, number)
    until(lambda: not standby.alive(), 6)


def test_a_restarted_server_goes_on_with_what_waited(store, toy_config, serve, until):
    first, second = store.create(toy_config(100_000)), store.create(toy_config(3))
    server = serve(first, second)
    until(lambda: store.status(first).step > 3)
    end(server, signal.SIGKILL)
    assert store.status(second).state == "queued"
    serve()
    until(lambda: store.status(second).state == "finished", 15)
    assert store.status(first).state == "interrupted"


def test_a_killed_worker_is_seen_within_three_seconds_and_the_next_run_starts(store, toy_config, serve, until):
    first, second = store.create(toy_config(100_000)), store.create(toy_config(3))
    serve(first, second)
    until(lambda: store.status(first).step > 3)
    step = store.status(first).step
    assert Claim.read(store.folder(first)).process.signal(signal.SIGKILL)
    until(lambda: store.status(first).final, 3)
    now = store.status(first)
    assert (now.state, now.reason) == ("interrupted", "killed")
    assert now.step >= step
    until(lambda: store.status(second).state == "finished")
