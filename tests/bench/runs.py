"""Real runs in worker processes, as the page starts them, for the measurements that need finished ones."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mtl.runs import journal
from mtl.runs.config import RunConfig
from mtl.runs.launcher import LocalLauncher
from mtl.runs.store import RunStore


@dataclass(frozen=True)
class Score:
    """A task's primary score on unseen rows, and that of its best constant answer."""

    metric: str
    test: float
    naive: float


@dataclass(frozen=True)
class Finished:
    """What a run has come to."""

    elapsed_s: float
    peak_memory_bytes: int
    scores: Mapping[str, Score]


def read_finished(folder: Path) -> Finished:
    """Reads a finished run.

    Raises:
        RuntimeError: It has not finished.
    """
    events = read_events(folder)
    last = events[-1] if events else {}
    if last.get("type") != "finished":
        raise RuntimeError(f"The run did not finish: {last}")
    started = next(event for event in events if event["type"] == "run_started")
    tasks = {task["name"]: task for task in started["tasks"]}
    scores = {
        event["task"]: Score(
            event["metric"], event["scores"][event["metric"]], tasks[event["task"]]["baseline"][event["metric"]]
        )
        for event in events
        if event["type"] == "scores" and event["split"] == "test"
    }
    return Finished(last["elapsed_s"], last["peak_memory_bytes"], scores)


def read_events(folder: Path) -> list[dict[str, Any]]:
    """All events of a run so far."""
    events: list[dict[str, Any]] = []
    cursor = 0
    while True:
        more, after = journal.read(folder / "events.jsonl", cursor)
        events += more
        if after == cursor:
            return events
        cursor = after


class Bench:
    """Starts runs and probes one after the other."""

    def __init__(self, root: Path) -> None:
        self._store = RunStore(root)
        self._launcher = LocalLauncher(os.environ)
        self._launcher.warm()

    def run(self, config: RunConfig) -> Finished:
        """Trains to the end."""
        run_id = self._store.create(config)
        ended = threading.Event()
        self._launcher.start(self._store.folder(run_id), lambda _: ended.set())
        ended.wait()
        return read_finished(self._store.folder(run_id))

    def probe(self, config: RunConfig) -> dict[str, Any]:
        """What the page would estimate."""
        answers: list[dict[str, Any]] = []
        answered = threading.Event()

        def take(answer: dict[str, Any]) -> None:
            answers.append(answer)
            answered.set()

        self._launcher.warm()
        if not self._launcher.probe(config.to_dict(), take):
            raise RuntimeError("There is no standby process to measure with.")
        answered.wait()
        return answers[0]

    def close(self) -> None:
        """Ends every process."""
        self._launcher.close()


@contextmanager
def bench() -> Iterator[Bench]:
    """A bench with a folder of runs of its own."""
    with TemporaryDirectory() as root:
        made = Bench(Path(root))
        try:
            yield made
        finally:
            made.close()
