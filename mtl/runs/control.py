"""What a run is asked to do while it runs: empty files under ``control/``, or a word inside the worker itself."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtl.errors import from_os_error

REQUESTED = "requested"
"""A person asked for the stop."""
SIGNAL = "signal"
"""The worker's process was asked to end by the system."""
SERVER_STOPPED = "server_stopped"
"""The process that started the worker is gone."""

CHECK_EVERY = 0.05
"""Seconds between two looks at the file."""


class Control:
    """The worker's side: asked between two steps."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = stop_file(folder)
        self._clock = clock
        self._next_look = -float("inf")
        self._reason: str | None = None
        self.attendant: Callable[[Any, int], None] | None = None
        """Answers what is asked of the model in training, at a step."""

    def stop_requested(self) -> str | None:
        """Why the run should stop now, or None. Cheap: the file is looked at no more often than every 50 ms."""
        if self._reason is None and self._clock() >= self._next_look:
            self._next_look = self._clock() + CHECK_EVERY
            if self._stop.exists():
                self.request_stop(REQUESTED)
        return self._reason

    def attend(self, model: Any, step: int) -> None:
        """Lets the model answer what visitors ask. Called where nothing is under way: between two steps."""
        if self.attendant is not None:
            self.attendant(model, step)

    def request_stop(self, reason: str) -> None:
        """Asks for a stop from within the process. The first reason stays."""
        if self._reason is None:
            self._reason = reason


def stop_file(folder: Path) -> Path:
    """The file whose presence asks the run to stop."""
    return folder / "control" / "stop"


def request_stop(folder: Path) -> None:
    """Asks the run in this folder to stop; asking again changes nothing.

    Raises:
        StorageError: The disk refuses even an empty file.
    """
    try:
        stop_file(folder).parent.mkdir(exist_ok=True)
        stop_file(folder).touch()
    except OSError as error:
        raise from_os_error(error) from error
