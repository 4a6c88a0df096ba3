"""The journal of a run, ``events.jsonl``: one JSON object a line, appended by one process, read by any number.

A line counts only once its newline is there. What a crash left half written is skipped by the reader and closed by
the next writer.
"""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtl.errors import from_os_error
from mtl.runs.events import Event

MAX_READ = 262_144
"""Bytes that one read returns at most, unless a single line is longer."""


class Journal:
    """Appends events, stamped with ``clock()``: the seconds since the run began."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._torn = self._ends_torn()
        except OSError as error:
            raise from_os_error(error) from error

    def append(self, event: Event) -> None:
        """Writes the event as one line with one write.

        Raises:
            StorageError: The disk is full or cannot be written. A part of the line may be there; readers skip it.
        """
        record = event.to_dict()
        with self._lock:
            record["t"] = round(self._clock(), 3)
            line = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            try:
                self._write(b"\n" + line if self._torn else line)
            except OSError as error:
                raise from_os_error(OSError(error.errno, error.strerror, self._path.name)) from error

    def close(self) -> None:
        """Closes the file; a closed journal is not appended to."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        """A disk that fills up takes a part first and refuses the rest: hence the loop."""
        while data:
            written = os.write(self._file, data)
            self._torn = data[written - 1 : written] != b"\n"
            data = data[written:]

    def _ends_torn(self) -> bool:
        """Whether the file ends within a line."""
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != b"\n"


def read(path: Path, cursor: int, limit_bytes: int = MAX_READ) -> tuple[list[dict[str, Any]], int]:
    """Returns the events after byte ``cursor`` and the cursor to go on from.

    Only whole lines are read; a last line without newline is left for later. Lines that do not parse are skipped. A
    cursor past the end belongs to another file: reading starts again from 0. No file is no events.
    """
    data, start = _read_lines(path, max(cursor, 0), limit_bytes)
    end = data.rfind(b"\n") + 1
    records = (_parse(line) for line in data[:end].split(b"\n"))
    return [record for record in records if record is not None], start + end


def _read_lines(path: Path, cursor: int, limit_bytes: int) -> tuple[bytes, int]:
    """Bytes from ``cursor`` on, at least one whole line if there is one, and where they begin."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b"", 0
    try:
        start = cursor if cursor <= os.fstat(file).st_size else 0
        data = os.pread(file, limit_bytes, start)
        while len(data) == limit_bytes and b"\n" not in data:
            limit_bytes *= 2
            data = os.pread(file, limit_bytes, start)
        return data, start
    finally:
        os.close(file)


def _parse(line: bytes) -> dict[str, Any] | None:
    """The event on a line, or None where there is none."""
    try:
        record = json.loads(line.decode()) if line else None
    except ValueError:
        return None
    return record if isinstance(record, dict) and "type" in record else None
