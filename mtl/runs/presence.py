"""What a worker leaves in its run folder about itself: who it is, that it lives, and why it could not go on."""

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl.errors import from_os_error
from mtl.runs.process import Process

BEAT_EVERY = 0.5
"""Seconds between two heartbeats."""
LAST_WORDS_BYTES = 4096


@dataclass(frozen=True)
class Claim:
    """The worker of a run, from ``worker.json``."""

    process: Process
    created: float
    """Unix time at which the worker took the run."""

    @classmethod
    def read(cls, folder: Path) -> "Claim | None":
        """Returns who has taken the run, or None if nobody has (or is just writing it down)."""
        record = _read_json(folder / "worker.json")
        if record is None or not {"pid", "start_time", "created"} <= record.keys():
            return None
        return cls(Process(record["pid"], record["start_time"]), record["created"])

    def write(self, folder: Path) -> bool:
        """Takes the run; returns False if it has been taken before: a run has one worker in its life.

        Raises:
            StorageError: The disk refuses it.
        """
        record = {"pid": self.process.pid, "start_time": self.process.start_time, "created": self.created}
        path = folder / "worker.json"
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(json.dumps(record))
        except FileExistsError:
            return False
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise from_os_error(error) from error
        return True


class Heartbeat:
    """Touches ``heartbeat`` twice a second from a thread, also while the worker is in a long phase."""

    def __init__(self, folder: Path, every: float = BEAT_EVERY) -> None:
        self._path = folder / "heartbeat"
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        try:
            self._path.touch()
        except OSError as error:
            raise from_os_error(error) from error
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        """A disk that cannot be written is reported by the journal; the heart just beats on."""
        while not self._ended.wait(self._every):
            with suppress(OSError):
                os.utime(self._path)


class LastWords:
    """``error.json``: 4 kB set aside at the start, so that a full disk can still say why the run ended."""

    def __init__(self, folder: Path) -> None:
        try:
            self._file = os.open(folder / "error.json", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            os.pwrite(self._file, b" " * LAST_WORDS_BYTES, 0)
            os.fsync(self._file)
        except OSError as error:
            raise from_os_error(error) from error

    def say(self, event: Mapping[str, Any]) -> None:
        """Overwrites the reserved bytes with a final event, without its traceback and cut to fit."""
        record = {key: value for key, value in event.items() if key != "traceback"}
        text = json.dumps(record).encode()
        if len(text) > LAST_WORDS_BYTES:
            record |= {"message": str(record.get("message"))[:200], "details": {}}
            text = json.dumps(record).encode()
        os.pwrite(self._file, text[:LAST_WORDS_BYTES].ljust(LAST_WORDS_BYTES), 0)

    def close(self) -> None:
        """Gives the file back."""
        os.close(self._file)


def last_words(folder: Path) -> dict[str, Any] | None:
    """Returns the final event that did not fit into the journal, if there is one."""
    record = _read_json(folder / "error.json")
    return record if record is not None and "type" in record else None


def _read_json(path: Path) -> dict[str, Any] | None:
    """The object in a small JSON file; None if it is missing, cut off or something else."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return record if isinstance(record, dict) else None
