"""First come, first served: at most ``slots`` runs at a time."""

import threading
from collections import deque
from contextlib import suppress
from functools import partial

from mtl.errors import MtlError, RunNotFound, StorageError, WorkerLost
from mtl.runs.launcher import UNWRITABLE, Launcher
from mtl.runs.store import RunStore

STRANGER_CHECK = 0.25
"""Seconds between two looks at workers that an earlier server left behind."""


class RunQueue:
    """Starts the runs of a store in the order in which they were submitted.

    Runs that were waiting when an earlier server ended are put back, oldest first. Workers that this server has not
    started (an earlier one's, in their last seconds) hold their slots until they are gone.
    """

    def __init__(self, store: RunStore, launcher: Launcher, slots: int = 1) -> None:
        self._store = store
        self._launcher = launcher
        self._slots = slots
        self._changed = threading.Condition()
        self._closed = False
        self._running: set[str] = set()
        self._strangers = set(store.active())
        self._waiting = deque(store.unstarted())
        store.waiting = self
        self._thread = threading.Thread(target=self._serve, name="run-queue", daemon=True)
        self._thread.start()

    def submit(self, run_id: str) -> None:
        """Puts a run at the end of the queue. A run that is in it already, or was ever started, stays as it is.

        Raises:
            RunNotFound: There is no such run.
        """
        known = self._store.claimed(run_id) or self._store.status(run_id).final
        with self._changed:
            if not known and run_id not in self._running and run_id not in self._waiting:
                self._waiting.append(run_id)
                self._changed.notify()

    def position(self, run_id: str) -> int | None:
        """Returns 1 for the run next to start, 0 for one that is started or being started, None for any other."""
        with self._changed:
            if run_id in self._running:
                return 0
            return self._waiting.index(run_id) + 1 if run_id in self._waiting else None

    def cancel(self, run_id: str) -> bool:
        """Takes a waiting run out for good, as stopped; returns False if it does not wait."""
        with self._changed:
            if run_id not in self._waiting:
                return False
            self._waiting.remove(run_id)
        self._store.end(run_id)
        return True

    def close(self) -> None:
        """Starts no more runs. Those that wait are still there for the next server."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _serve(self) -> None:
        """The thread: starts the next run as soon as there is one and a slot for it."""
        while (run_id := self._next()) is not None:
            try:
                if self._store.stop_requested(run_id):
                    self._end(run_id, None)
                else:
                    self._launcher.start(self._store.folder(run_id), partial(self._ended, run_id))
            except MtlError as error:
                self._end(run_id, error)

    def _next(self) -> str | None:
        """Waits for a run and a slot; returns None once closed."""
        with self._changed:
            while not self._closed:
                self._strangers = {run_id for run_id in self._strangers if self._lives(run_id)}
                if self._waiting and len(self._running) + len(self._strangers) < self._slots:
                    run_id = self._waiting.popleft()
                    self._running.add(run_id)
                    return run_id
                self._changed.wait(STRANGER_CHECK if self._strangers else None)
        return None

    def _lives(self, run_id: str) -> bool:
        """Whether a run that this queue has not started still has a worker."""
        with suppress(RunNotFound):
            return not self._store.status(run_id).final
        return False

    def _ended(self, run_id: str, exit_code: int) -> None:
        """Follows the end of a worker, which may have had no chance to say why."""
        with suppress(RunNotFound):
            status = self._store.status(run_id)
            if exit_code == UNWRITABLE and status.state != "failed":
                error: MtlError | None = StorageError("The run folder could not be written.", reason="other", file="")
                return self._end(run_id, error)
            if self._closed and not status.final and not self._store.claimed(run_id):
                return None  # nobody has begun it: the next server finds it waiting
            if not status.final and not self._store.claimed(run_id):
                message = f"The worker ended before it took the run (exit code {exit_code})."
                error = WorkerLost(message, reason="not_started", exit_code=exit_code)
                return self._end(run_id, None if self._store.stop_requested(run_id) else error)
        return self._free(run_id)

    def _end(self, run_id: str, error: MtlError | None) -> None:
        """Ends a run that has no worker, and frees its slot."""
        with suppress(RunNotFound):
            self._store.end(run_id, error)
        self._free(run_id)

    def _free(self, run_id: str) -> None:
        """Gives the slot to the next run."""
        with self._changed:
            self._running.discard(run_id)
            self._changed.notify()
