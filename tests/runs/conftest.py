"""Runs without torch: stores in a temporary folder, and toy workers in real processes."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mtl.runs.config import RunConfig
from mtl.runs.launcher import LocalLauncher
from mtl.runs.queue import RunQueue
from mtl.runs.store import RunStore

HERE = Path(__file__).resolve().parent
TOY = HERE / "toy_worker.py"


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "checkpoints")


@pytest.fixture
def toy_config():
    """A config for the toy worker: `toy_config(steps, stuck="python")`."""

    def make(steps=5, **options):
        training = {"max_steps": steps, "eval_steps": 1000}
        return RunConfig.from_dict({"sharing": {"name": "toy", "options": options}, "training": training})

    return make


@pytest.fixture
def environment():
    """What toy processes need to find the library."""
    return {**os.environ, "PYTHONPATH": str(HERE.parents[1])}


@pytest.fixture
def make_launcher(environment):
    """Launchers of toy workers that leave no process behind."""
    launchers = []

    def make(**more):
        launchers.append(LocalLauncher(environment | more, [sys.executable, str(TOY)]))
        return launchers[-1]

    yield make
    for launcher in launchers:
        for name in list(launcher._runs):
            launcher.kill(name, grace=0)
        launcher.close()


@pytest.fixture
def launcher(make_launcher):
    return make_launcher()


@pytest.fixture
def make_queue():
    """Queues that are closed at the end."""
    queues = []

    def make(*args, **kwargs):
        queues.append(RunQueue(*args, **kwargs))
        return queues[-1]

    yield make
    for queue in queues:
        queue.close()


@pytest.fixture
def until():
    """`until(lambda: fact, 5)` returns the fact as soon as it is true, and fails after so many seconds."""

    def wait(fact, seconds=10.0):
        deadline = time.monotonic() + seconds
        while not (value := fact()):
            assert time.monotonic() < deadline, f"not true within {seconds} s"
            time.sleep(0.01)
        return value

    return wait


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a file system of its own: `small_disk("size=256k")`."""
    mounted = []

    def mount(options):
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True)
        if done.returncode:
            pytest.skip("this user may not mount a file system")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


class Ending:
    """Remembers exit codes, and waits for them."""

    def __init__(self):
        self.codes = []
        self.event = threading.Event()

    def __call__(self, code):
        self.codes.append(code)
        self.event.set()

    def code(self, seconds=20):
        assert self.event.wait(seconds), f"not ended within {seconds} s"
        assert len(self.codes) == 1
        return self.codes[0]


@pytest.fixture
def ending():
    return Ending()
