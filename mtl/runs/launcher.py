"""How a run gets a process: here a local one, with one more kept warm so that a click need not wait for imports."""

import itertools
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from mtl.errors import MtlError, WorkerLost, from_os_error
from mtl.runs.presence import Claim
from mtl.runs.process import Process, start_time

PROJECT = Path(__file__).resolve().parents[2]
WORKER = (sys.executable, "-m", "mtl.worker")
UNWRITABLE = 74
"""A worker's exit code when its run folder takes not even an error (EX_IOERR)."""
GRACE = 6.0
"""Seconds that a worker may take to end once its server has closed its standard input."""
SECRET = re.compile(r"(^|_)(TOKENS?|SECRETS?|KEYS?|APIKEY|PASSWORD|PASSWD|CREDENTIALS?)(_|$)", re.IGNORECASE)

Result = Callable[[dict[str, Any]], None]


class Launcher(Protocol):
    """Where runs get their processes from. Whatever it is, it leaves the same run folder."""

    def warm(self) -> None:
        """Prepares a process for the next run."""

    def start(self, folder: Path, ended: Callable[[int], None]) -> None:
        """Starts the run in ``folder``; ``ended`` is called once with the exit code, from any thread.

        Raises:
            StorageError: The run's folder cannot be written.
            WorkerLost: No process can be started.
        """

    def alive(self, run_id: str) -> bool:
        """Whether a process that this launcher started works on the run."""

    def kill(self, run_id: str, grace: float = GRACE) -> bool:
        """Ends a run surely: asks, waits ``grace`` seconds, then kills. Returns False if it was not running."""

    def probe(self, config: Mapping[str, Any], on_result: Result) -> bool:
        """Measures a few steps of a run that is not started; returns False if no process is free for it.

        ``on_result`` is called once, from any thread, with the measurements, or ``{"error": …}``, or
        ``{"cancelled": true}`` when a newer probe or a run came in between.
        """

    def close(self) -> None:
        """Ends every process."""


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment of a worker: without tokens, keys and passwords, which it has no use for."""
    kept = {name: value for name, value in environment.items() if not SECRET.search(name)}
    return kept | {"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "PYTHONUNBUFFERED": "1"}


@dataclass(eq=False)
class _Child:
    """One worker process: warm without a run, or on a run."""

    popen: subprocess.Popen[bytes]
    run: Path | None = None
    ended: Callable[[int], None] | None = None
    said: IO[bytes] | None = None
    """What a standby writes to its standard error."""
    ready: bool = False
    killed: bool = False
    probes: dict[int, Result] = field(default_factory=dict)
    gone: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.process = Process(self.popen.pid, start_time(self.popen.pid) or "")

    def tell(self, message: Mapping[str, Any]) -> bool:
        """Sends one line; returns False if nobody is there to read it."""
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ValueError):  # ValueError: closed on this side
            return False
        return True

    def hang_up(self) -> None:
        """Closes its standard input, which tells it that the server is gone."""
        assert self.popen.stdin is not None
        with suppress(OSError):
            self.popen.stdin.close()


class LocalLauncher:
    """Runs as processes of this machine.

    Args:
        environment: The server's environment; workers get it without secrets.
        command: The worker's command line, without arguments.
    """

    def __init__(self, environment: Mapping[str, str], command: Sequence[str] = WORKER) -> None:
        self._environment = child_environment(environment)
        self._command = list(command)
        self._lock = threading.RLock()
        self._runs: dict[str, _Child] = {}
        self._standby: _Child | None = None
        self._complaint = b""
        """Why the last standby could not start; the next run's log tells it."""
        self._spare = True
        self._ids = itertools.count()
        self._closed = False

    def warm(self) -> None:
        """Starts a standby process if there is none. If it cannot be started, the next run's log says why."""
        with self._lock:
            if self._standby is None and not self._closed:
                said = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the child has ended)
                try:
                    popen = self._popen(["--standby"], stdout=subprocess.PIPE, stderr=said)
                except WorkerLost as error:
                    said.close()
                    self._complaint = f"{error}\n".encode()
                    return
                self._standby = self._watched(_Child(popen, said=said))

    def start(self, folder: Path, ended: Callable[[int], None]) -> None:
        """Gives the run to the standby, or to a new process if there is none."""
        with self._lock:
            if self._closed:
                raise WorkerLost("The server is about to end.", reason="server_stopped")
            child, self._standby = self._standby, None
            if child is not None:
                child.run, child.ended = folder, ended
                if child.tell({"run": str(folder)}):
                    self._runs[folder.name] = child
                    return
                child.run = child.ended = None
            self._start_cold(folder, ended)

    def alive(self, run_id: str) -> bool:
        """Whether a process of this launcher works on the run."""
        with self._lock:
            return run_id in self._runs

    def kill(self, run_id: str, grace: float = GRACE) -> bool:
        """SIGTERM, which a worker takes as a request to stop; after ``grace`` seconds SIGKILL to its whole group."""
        with self._lock:
            child = self._runs.get(run_id)
        if child is None:
            return False
        child.killed = True
        child.process.signal(signal.SIGTERM)
        self._finish(child, grace)
        return True

    def probe(self, config: Mapping[str, Any], on_result: Result) -> bool:
        """Has the standby measure; False while there is none."""
        with self._lock:
            child = self._standby
            if child is None:
                return False
            number = next(self._ids)
            child.probes[number] = on_result
            if child.tell({"probe": config, "id": number}):
                return True
            del child.probes[number]
            return False

    def close(self) -> None:
        """Hangs up on every worker, waits until they have saved and ended, and kills those that do not."""
        with self._lock:
            self._closed = True
            children = [*self._runs.values()]
            if self._standby is not None:
                self._standby.process.signal(signal.SIGKILL, group=True)
                children.append(self._standby)
        for child in children:
            child.hang_up()
        for child in children:
            self._finish(child, GRACE)

    def _start_cold(self, folder: Path, ended: Callable[[int], None]) -> None:
        """Starts a process for this run alone."""
        try:
            log = open(folder / "worker.log", "ab", buffering=0)  # noqa: SIM115 (closed below, apart from its errors)
            log.write(self._complaint)
        except OSError as error:
            raise from_os_error(error) from error
        self._complaint = b""
        with log:
            popen = self._popen([str(folder), "--watch-stdin"], stdout=log, stderr=log)
        self._runs[folder.name] = self._watched(_Child(popen, run=folder, ended=ended))

    def _popen(self, arguments: Sequence[str], stdout: int | IO[bytes], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """A worker in a session of its own, so that Ctrl-C in the server's terminal does not reach it."""
        try:
            return subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                bufsize=0,
                cwd=PROJECT,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            raise WorkerLost(f"No process could be started: {error.strerror}.", reason="not_started") from error

    def _watched(self, child: _Child) -> _Child:
        """Lets a thread listen to the child and reap it."""
        threading.Thread(target=self._watch, args=[child], name=f"worker-{child.popen.pid}", daemon=True).start()
        return child

    def _watch(self, child: _Child) -> None:
        """Listens to a child until it has ended, and does what its end asks for."""
        for line in child.popen.stdout or ():
            self._hear(child, line)
        self._give_up_probes(child)
        code = child.popen.wait()
        child.hang_up()
        with self._lock:
            restarted = self._forget(child)
        child.gone.set()
        if restarted:
            return
        if child.run is not None or (child.ready and self._spare):
            self._spare = child.run is not None  # one that dies idle is replaced once, not for ever
            self.warm()
        if child.ended is not None:
            child.ended(code)

    def _forget(self, child: _Child) -> bool:
        """Takes an ended child off the books; returns True if its run was started anew.

        That is when a standby died between getting a run and taking it.
        """
        if self._standby is child:
            self._standby = None
        if child.said is not None and not (child.ready or child.killed or self._closed):
            child.said.seek(0)
            self._complaint = b"The standby process could not start:\n" + child.said.read()[-4000:] + b"\n"
        if child.said is not None:
            child.said.close()
        if child.popen.stdout is not None:
            child.popen.stdout.close()
        if child.run is None or child.ended is None:
            return False
        del self._runs[child.run.name]
        if child.said is None or child.killed or self._closed or Claim.read(child.run) is not None:
            return False
        try:
            self._start_cold(child.run, child.ended)
        except MtlError:
            return False
        return True

    def _hear(self, child: _Child, line: bytes) -> None:
        """Takes a line that a standby wrote."""
        try:
            message = json.loads(line)
        except ValueError:  # a line cut off by its end
            return
        child.ready = True
        on_result = child.probes.pop(message.pop("id", None), None)
        if on_result is not None:
            on_result(message)

    def _give_up_probes(self, child: _Child) -> None:
        """Answers the probes that the child will not answer any more."""
        lost: MtlError = WorkerLost("The process that measured is gone.", reason="killed")
        error = {"error": lost.name, "message": lost.message, "details": lost.details}
        while child.probes:
            _, on_result = child.probes.popitem()
            on_result({"cancelled": True} if child.run is not None else {"error": error})

    def _finish(self, child: _Child, grace: float) -> None:
        """Waits for the end of a child that has been asked for it, then enforces it."""
        if not child.gone.wait(grace):
            child.process.signal(signal.SIGKILL, group=True)
            child.gone.wait(grace)
