"""The run folders below one root: made, found by id, read."""

import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from mtl.errors import ConfigError, MtlError, RunNotFound, StorageError, from_os_error
from mtl.runs import control, journal
from mtl.runs.config import RunConfig
from mtl.runs.events import Event, Failed, Stopped
from mtl.runs.selected import Selected
from mtl.runs.status import RunReader, RunStatus

RUN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
SNAPSHOT = re.compile(r"step-([0-9]{6,})")
UPLOADS = "uploads"
"""The folder below the root with the files that visitors brought."""
READERS = 512
"""Runs whose replayed state is kept in memory."""


class Waiting(Protocol):
    """The queue, as the store sees it."""

    def position(self, run_id: str) -> int | None:
        """1 is next to start, 0 is being started, None is not in the queue."""

    def cancel(self, run_id: str) -> bool:
        """Takes a waiting run out for good; returns False if it does not wait."""


@dataclass(frozen=True)
class RunSummary:
    """One line of the list of runs."""

    run_id: str
    created: float
    """Unix time."""
    state: str
    step: int
    max_steps: int | None
    encoder: str
    tasks: tuple[str, ...]
    sharing: str
    balancer: str

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values."""
        return asdict(self) | {"tasks": list(self.tasks)}


Summaries = list[RunSummary]


class RunStore:
    """Everything a person sees about a run comes from its folder, through this class.

    Args:
        root: Where the run folders are; made when the first run is.
        clock: Unix time.
    """

    def __init__(self, root: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._root = root.absolute()
        self._clock = clock
        self._lock = threading.Lock()
        self._readers: OrderedDict[str, RunReader] = OrderedDict()
        self.waiting: Waiting | None = None
        """Set by the queue that starts this store's runs."""

    def create(self, config: RunConfig, owner: str = "") -> str:
        """Writes the folder of a new run and returns its id. The folder appears when it is complete.

        Of ``owner``, whoever asks for the run, only a hash is kept.

        Raises:
            StorageError: The disk is full or cannot be written.
        """
        run_id = secrets.token_urlsafe(16)
        while run_id.startswith("-"):  # would look like an option on a command line
            run_id = secrets.token_urlsafe(16)
        unfinished = self._root / f".new-{run_id}"
        try:
            (unfinished / "control").mkdir(parents=True)
            (unfinished / "owner").write_text(_digest(owner), "utf-8")
            path = unfinished / "config.json"
            path.write_text(json.dumps(config.to_dict(), indent=1), "utf-8")
            os.utime(path, (self._clock(), self._clock()))  # the kernel's own stamps are too coarse to keep an order
            unfinished.rename(self._root / run_id)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise from_os_error(error) from error
        return run_id

    def folder(self, run_id: str) -> Path:
        """Returns the folder of a run. No path is made from an id that does not look like one.

        Raises:
            RunNotFound: The id is malformed or there is no such run.
        """
        if not isinstance(run_id, str) or not RUN_ID.fullmatch(run_id):
            raise RunNotFound(run_id)
        folder = self._root / run_id
        if not os.path.isfile(folder / "config.json"):
            raise RunNotFound(run_id)
        return folder

    def config(self, run_id: str) -> RunConfig:
        """Returns what the run was asked to do.

        Raises:
            RunNotFound: There is no such run.
            ConfigError: ``config.json`` is damaged.
        """
        return read_config(self.folder(run_id))

    def owned_by(self, run_id: str, owner: str) -> bool:
        """Whether the run was created for this owner.

        Raises:
            RunNotFound: There is no such run.
        """
        return self.owner(run_id) == _digest(owner)

    def owner(self, run_id: str) -> str:
        """The hash of the run's owner: equal for runs of one owner; empty if it is not known.

        Raises:
            RunNotFound: There is no such run.
        """
        with suppress(FileNotFoundError):
            return (self.folder(run_id) / "owner").read_text("utf-8")
        return ""

    def ids(self) -> list[str]:
        """Returns the ids of all runs, newest first."""
        return [*self._runs()]

    def events(self, run_id: str, cursor: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Returns the events after byte ``cursor``, and the next cursor."""
        return journal.read(self.folder(run_id) / "events.jsonl", cursor)

    def status(self, run_id: str) -> RunStatus:
        """Returns how the run is now. Cheap: only what is new is read."""
        reader = self._reader(run_id)
        return reader.status(self.waiting.position(run_id) if self.waiting else None)

    def request_stop(self, run_id: str) -> None:
        """Asks a run to stop after its step; one that still waits is stopped at once. Asking again changes nothing.

        Raises:
            RunNotFound: There is no such run.
            StorageError: The disk cannot be written and the worker could not be told otherwise.
        """
        if self.status(run_id).final or (self.waiting and self.waiting.cancel(run_id)):
            return
        try:
            control.request_stop(self.folder(run_id))
        except StorageError:
            claim = self._reader(run_id).claim()
            if claim is None or not claim.process.signal(signal.SIGTERM):
                raise

    def stop_requested(self, run_id: str) -> bool:
        """Whether the run has been asked to stop."""
        return control.stop_file(self.folder(run_id)).exists()

    def claimed(self, run_id: str) -> bool:
        """Whether a worker has ever taken the run."""
        return self._reader(run_id).claim() is not None

    def end(self, run_id: str, error: MtlError | None = None) -> None:
        """Says the last word for a worker that could not: failed with ``error``, or stopped on request.

        If the disk takes no word at all, the store remembers it as long as it lives.
        """
        folder, step = self.folder(run_id), self.status(run_id).step
        elapsed = max(0.0, self._clock() - _created(folder))
        event: Event = Stopped(step=step, elapsed_s=elapsed, reason=control.REQUESTED)
        if error is not None:
            message, details = error.message, error.details
            event = Failed(step=step, error=error.name, message=message, details=details, elapsed_s=elapsed)
        try:
            with closing(journal.Journal(folder / "events.jsonl", lambda: elapsed)) as record:
                record.append(event)
        except StorageError:
            self._reader(run_id).note(event.to_dict())

    def unstarted(self) -> list[str]:
        """Returns the runs that wait for a worker, oldest first."""
        waiting = [run_id for run_id in self._runs() if not self.claimed(run_id) and not self.status(run_id).final]
        return waiting[::-1]

    def active(self) -> list[str]:
        """Returns the runs that have a live worker."""
        claims = ((run_id, self._reader(run_id).claim()) for run_id in self._runs())
        return [run_id for run_id, claim in claims if claim is not None and claim.process.alive()]

    def first_snapshot(self, run_id: str) -> Path | None:
        """Returns the folder of the snapshot taken before training, if there is one."""
        snapshots = self._snapshots(run_id)
        return snapshots[0][1] if snapshots and snapshots[0][0] == 0 else None

    def newest_snapshot(self, run_id: str) -> Path | None:
        """Returns the folder of the newest complete snapshot, if there is one."""
        snapshots = self._snapshots(run_id)
        return snapshots[-1][1] if snapshots else None

    def selected(self, run_id: str) -> Selected:
        """Returns which snapshots are the best of the run, and of each of its tasks."""
        return Selected.read(self.folder(run_id) / "snapshots")

    def list(self, limit: int = 100) -> Summaries:
        """Returns the newest ``limit`` runs, newest first. Folders with a damaged config are left out."""
        summaries = []
        for run_id, created in itertools.islice(self._runs().items(), limit):
            with suppress(RunNotFound, ConfigError):
                summaries.append(self._summary(run_id, created))
        return summaries

    def _summary(self, run_id: str, created: float) -> RunSummary:
        """The line of one run."""
        config, status = self.config(run_id), self.status(run_id)
        return RunSummary(
            run_id=run_id,
            created=created,
            state=status.state,
            step=status.step,
            max_steps=status.max_steps,
            encoder=config.encoder.name,
            tasks=tuple(task.name for task in config.tasks),
            sharing=config.sharing.name,
            balancer=config.balancer.name,
        )

    def _runs(self) -> dict[str, float]:
        """Every run's id and time of creation, newest first."""
        if not self._root.is_dir():
            return {}
        created = {}
        for name in os.listdir(self._root):
            if RUN_ID.fullmatch(name):
                with suppress(FileNotFoundError):
                    created[name] = _created(self._root / name)
        return dict(sorted(created.items(), key=lambda item: (item[1], item[0]), reverse=True))

    def _snapshots(self, run_id: str) -> Sequence[tuple[int, Path]]:
        """Step and folder of every complete snapshot, oldest first."""
        folder = self.folder(run_id) / "snapshots"
        if not folder.is_dir():
            return []
        steps = ((SNAPSHOT.fullmatch(name), folder / name) for name in os.listdir(folder))
        return sorted((int(step[1]), path) for step, path in steps if step and (path / "complete.json").is_file())

    def _reader(self, run_id: str) -> RunReader:
        """The one reader of a run, shared by everybody who asks."""
        folder = self.folder(run_id)
        with self._lock:
            reader = self._readers.get(run_id) or RunReader(folder, self._clock)
            self._readers[run_id] = reader
            self._readers.move_to_end(run_id)
            if len(self._readers) > READERS:
                self._readers.popitem(last=False)
            return reader


def read_config(folder: Path) -> RunConfig:
    """Returns the config in a run folder.

    Raises:
        ConfigError: It is missing, cut off or has impossible values.
    """
    path = folder / "config.json"
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError("config", "be one JSON object", type(error).__name__) from error
    return RunConfig.from_dict(values)


def _digest(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()


def _created(folder: Path) -> float:
    """Unix time at which the run was asked for."""
    return os.stat(folder / "config.json").st_mtime
