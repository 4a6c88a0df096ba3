"""The end of a worker whose server is gone, enforced from outside: nothing that hangs inside can hold it up.

A thread could not do it: an extension that keeps the interpreter's lock, while it writes to a disk that hangs for
instance, keeps every thread waiting, the one that would notice too.
"""

import os
import select
import signal
from contextlib import suppress


class Guard:
    """A small child process that watches ``file``, the worker's standard input, for its end.

    ``grace`` seconds later it kills the worker, and with it all that the worker has started. If the worker ends by
    itself, so does the guard. To be made before the first thread, and before anything large is imported.
    """

    def __init__(self, file: int, grace: float) -> None:
        life, self._life = os.pipe()
        worker = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._life)
                _watch(worker, file, life, grace)
            finally:
                os._exit(0)
        os.close(life)

    def close(self) -> None:
        """Ends and reaps the guard: the worker is about to end by itself."""
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._life)


def _watch(worker: int, file: int, life: int, grace: float) -> None:
    """The guard's own life: ``life`` hangs up when the worker is gone, ``file`` when the server is."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # the launcher waits for the end of the worker's output
    os.dup2(nowhere, 2)
    ends = select.poll()
    ends.register(life, 0)  # no event but the hang-up: what the server writes is for the worker
    ends.register(file, 0)
    gone = {each for each, _ in ends.poll()}
    ends.unregister(file)
    if life not in gone and not ends.poll(grace * 1000) and os.getppid() == worker:
        os.kill(worker, signal.SIGKILL)
    if os.getpgrp() == worker:
        os.killpg(worker, signal.SIGKILL)
