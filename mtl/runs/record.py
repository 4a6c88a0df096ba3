"""What a worker writes down about its run: every event, and exactly one final one."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from mtl.errors import StorageError, from_os_error
from mtl.runs.events import Event
from mtl.runs.journal import Journal
from mtl.runs.presence import LastWords


class Record:
    """The journal of a run as its worker keeps it. The run begins when this is made."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        began = clock()
        self.elapsed: Callable[[], float] = lambda: clock() - began
        self.step = 0
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._words = LastWords(folder)
        self._journal = Journal(folder / "events.jsonl", self.elapsed)

    def report(self, event: Event) -> None:
        """Writes an event down.

        Raises:
            StorageError: The disk is full or cannot be written.
        """
        self.step = max(self.step, event.step)
        self._journal.append(event)

    def end(self, final: Event) -> None:
        """Writes the final event, unless there is one: into the journal, or else over the space kept for it.

        Raises:
            StorageError: Not even that can be written.
        """
        with self._lock:
            if self.ended.is_set():
                return
            try:
                self._journal.append(final)
            except StorageError:
                try:
                    self._words.say(final.to_dict())
                except OSError as second:
                    raise from_os_error(second) from second
            self.ended.set()
