"""Real run folders with real journals, without a trainer, and real servers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from demo.comparing import Comparing
from demo.feed import Feed
from demo.starting import Limits, Starter
from demo.text import Text
from demo.text.en import EN
from mtl.runs.config import RunConfig
from mtl.runs.events import Event, Finished, Loss, Optimizer, Phase, RunStarted, Scores, Snapshot
from mtl.runs.journal import Journal
from mtl.runs.store import RunStore
from tests import races

ROOT = Path(__file__).resolve().parents[2]
TASKS = ("sentiment", "topic", "stars", "entities", "relation", "question_type")


class Writer:
    """Writes the journal of one run, a second a step."""

    def __init__(self, store: RunStore, tasks: tuple[str, ...]) -> None:
        self.store, self.tasks, self.step, self.t = store, tasks, 0, 0.0
        self.run_id = store.create(RunConfig.from_dict({"tasks": list(tasks)}))
        self.path = store.folder(self.run_id) / "events.jsonl"
        self._journal = Journal(self.path, lambda: self.t)

    def say(self, *events: Event) -> None:
        for event in events:
            self._journal.append(event)

    def begin(self, max_steps: int = 100) -> "Writer":
        tasks = [{"name": task, "kind": "classification", "baseline": {"accuracy": 1 / 3}} for task in self.tasks]
        self.say(Phase(step=0, phase="loading"))
        self.say(
            RunStarted(
                device="cpu",
                device_name="AMD EPYC · 2 cores",
                precision="fp32",
                max_steps=max_steps,
                eval_steps=10,
                conflict_steps=4,
                tasks=tasks,
                parameters={"total": 22_713_216, "shared": 22_565_376, "trainable": 22_713_216},
            )
        )
        self.say(Phase(step=0, phase="training"))
        return self

    def train(self, steps: int = 1) -> "Writer":
        for _ in range(steps):
            self.step, self.t = self.step + 1, self.t + 1.0
            for number, task in enumerate(self.tasks):
                self.say(
                    Loss(
                        step=self.step,
                        task=task,
                        split="train",
                        loss=2 / (self.step + number),
                        examples=32 * self.step,
                        weight=1.0,
                        grad_norm=0.123456789,
                    )
                )
            self.say(Optimizer(step=self.step, learning_rate=2e-4, grad_norm=1.23456, clipped=True, examples=192))
        return self

    def validate(self, split: str = "validation") -> "Writer":
        for task in self.tasks:
            self.say(Loss(step=self.step, task=task, split="validation", loss=0.98765432, examples=160))
            scores = {"accuracy": 0.8765432, "macro_f1": 0.7654321}
            self.say(Scores(step=self.step, task=task, split=split, metric="accuracy", scores=scores))
        self.say(Snapshot(step=self.step, name=f"step-{self.step:08d}"))
        return self

    def finish(self) -> "Writer":
        self.say(Finished(step=self.step, elapsed_s=self.t, peak_memory_bytes=1 << 30))
        return self

    def close(self) -> None:
        self._journal.close()


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def write(store: RunStore):
    """Makes writers of new runs."""
    writers: list[Writer] = []

    def new(tasks: tuple[str, ...] = TASKS) -> Writer:
        writers.append(Writer(store, tasks))
        return writers[-1]

    made: Callable[..., Writer] = new
    yield made
    for writer in writers:
        writer.close()


@pytest.fixture
def unlaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Widgets without a page around them: nothing is laid out. Making a page leaves event loops open."""
    from gradio.blocks import BlockContext

    monkeypatch.setattr(BlockContext, "fill_expected_parents", lambda self: None)


class Server:
    """A real ``python app.py``."""

    def __init__(self, runs: Path, *flags: str) -> None:
        self.runs = runs
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        environment = {
            name: value for name, value in os.environ.items() if name not in ("GRADIO_SERVER_PORT", "SPACE_ID")
        }
        command = [sys.executable, "app.py", "--port", str(self.port), "--runs-dir", str(runs), *flags]
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def wait(self, deadline_s: float = 120) -> None:
        """Waits until the page answers."""
        while time.monotonic() - self.began < deadline_s:
            if self.process.poll() is not None:
                raise AssertionError(f"app.py ended: {self.process.stdout.read()}")
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url, timeout=5) as page:
                page.read()
                return
            time.sleep(0.05)
        raise AssertionError("app.py did not answer in time")

    def seconds_worked(self) -> float:
        """Processor time of the server, without its children: what its start costs, whoever else is at work."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def libraries(self) -> str:
        """The files mapped into the server's memory."""
        return Path(f"/proc/{self.process.pid}/maps").read_text()

    def children(self) -> set[int]:
        """The processes the server has started."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return {int(pid) for task in tasks for pid in task.read_text().split()}

    def end(self, number: signal.Signals = signal.SIGTERM, deadline_s: float = 30) -> tuple[int, str]:
        """Sends a signal, and returns the exit code and all that was printed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            printed, _ = self.process.communicate(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, printed


@pytest.fixture(scope="session")
def serve():
    """Starts servers, and ends them when the session does."""
    servers: list[Server] = []

    def start(runs: Path, *flags: str) -> Server:
        servers.append(Server(runs, *flags))
        return servers[-1]

    yield start
    for server in servers:
        with contextlib.suppress(ValueError):  # its output has been read
            server.end()


@pytest.fixture
def make(store: RunStore):
    """`make(limits)`: the Compare tab's side of the server; the queue only takes runs in."""

    def new(limits: Limits | None = None, text: Text = EN) -> Comparing:
        queue = SimpleNamespace(submit=lambda run_id: None)
        starter = Starter(store, queue, lambda config: None, limits=limits)
        return Comparing(store, starter, Feed(store), text)

    return new


@pytest.fixture
def comparing(make) -> Comparing:
    return make()


@pytest.fixture
def finish(store: RunStore):
    """`finish(run_id, topic=0.5)`: the run trains four steps and gets these scores on test rows."""
    return lambda run_id, **scores: races.finish(store, run_id, scores)
