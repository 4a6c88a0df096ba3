"""The worker: one run in its own process, ``python -m mtl.worker checkpoints/RUN``.

With ``--standby`` it first imports everything and then waits for a line on its standard input:
``{"run": folder}`` makes it that run's worker; ``{"probe": config, "id": n}`` has it measure a few steps and answer
with one line. The end of standard input means that the server is gone: a run saves and stops, and five seconds later
the process is gone whatever it was doing. A worker started by hand looks at its standard input only if asked to.
"""

import argparse
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mtl.errors import MtlError, StorageError, from_os_error
from mtl.runs.config import RunConfig
from mtl.runs.control import SERVER_STOPPED, SIGNAL, Control
from mtl.runs.events import Event, Failed, Finished, Phase, Stopped
from mtl.runs.failure import failure, typed_error
from mtl.runs.guard import Guard
from mtl.runs.launcher import UNWRITABLE
from mtl.runs.presence import Claim, Heartbeat
from mtl.runs.process import Process
from mtl.runs.record import Record
from mtl.runs.store import read_config

FAILED, TAKEN = 1, 3
"""Exit codes: the run failed; the run has a worker already."""
GRACE = 5.0
"""Seconds a worker lives on after its server."""
SETTINGS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


@dataclass(frozen=True)
class Parts:
    """What a run is made of; loaded late, because it takes seconds to import."""

    assemble: Callable[..., Any]
    snapshots: Callable[[Path], Any]
    """Of a folder: what saves a model there, and keeps the best."""
    probe: Callable[..., dict[str, Any]]
    cancelled: type[Exception]
    """What ``probe`` raises when it is cancelled."""
    attendant: Callable[[Path], Callable[[Any, int], None]]
    """Of a run's folder: what answers visitors between two steps."""


Load = Callable[[], Parts]


def load_parts(uploads: Path | None = None) -> Parts:
    """Imports everything that a run needs, so that none of it is left to import once there is a run.

    ``uploads`` is the folder with the files that visitors brought; the server tells it by ``MTL_UPLOADS``.
    """
    import mtl.model  # noqa: F401
    from mtl.assembly import assemble, probe
    from mtl.attending import Attendant
    from mtl.data.uploads import Uploads
    from mtl.snapshots import Snapshots
    from mtl.training.probe import ProbeCancelled

    told = os.environ.get("MTL_UPLOADS")
    folder = uploads or (Path(told) if told else None)
    files = Uploads(folder) if folder else None
    return Parts(partial(assemble, uploads=files), Snapshots, partial(probe, uploads=files), ProbeCancelled, Attendant)


class Inbox:
    """Lines from the server, read by a thread; their end means that the server is gone."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        threading.Thread(target=self._listen, name="inbox", daemon=True).start()

    def next(self) -> dict[str, Any] | None:
        """Waits for the next message; None when there will be no more."""
        line = self._lines.get()
        return None if line is None else json.loads(line)

    def pending(self) -> bool:
        """Whether there is something newer than what is being done."""
        return not self._lines.empty()

    def when_closed(self, action: Callable[[], None]) -> None:
        """Does ``action`` in a thread once the server is gone."""

        def wait() -> None:
            self._closed.wait()
            action()

        threading.Thread(target=wait, name="server-gone", daemon=True).start()

    def _listen(self) -> None:
        with open(self._file, "rb", closefd=False) as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)
        self._closed.set()


class _Stop(Exception):
    """Something else was asked for before training began."""


def run(folder: Path, load: Load = load_parts, inbox: Inbox | None = None) -> int:
    """Does the run in ``folder`` to its end and returns an exit code.

    Raises:
        StorageError: The run folder takes not even an error.
    """
    if not Claim(Process.current(), time.time()).write(folder):
        _log(f"The run {folder.name} has a worker already.")
        return TAKEN
    control, record = Control(folder), Record(folder)
    _heed_signals(control)
    if inbox is not None:
        inbox.when_closed(partial(_server_gone, control, record))
    with Heartbeat(folder):
        final = _train(folder, load, control, record)
        record.end(final)
    return FAILED if isinstance(final, Failed) else 0


def _train(folder: Path, load: Load, control: Control, record: Record) -> Event:
    """Loads, trains, and returns the final event, whatever happens."""

    def report_loading(event: Event) -> None:
        record.report(event)
        if control.stop_requested():
            raise _Stop

    config = None
    try:
        report_loading(Phase(step=0, phase="loading"))
        config = read_config(folder)
        parts = load()
        trainer = parts.assemble(config, report=report_loading)
        control.attendant = parts.attendant(folder)
        outcome = trainer.run(record.report, control, parts.snapshots(folder / "snapshots"))
    except _Stop:
        return Stopped(step=record.step, elapsed_s=record.elapsed(), reason=control.stop_requested())
    except Exception as error:
        _log(traceback.format_exc())
        return failure(error, config, record)
    ending = {"step": record.step, "elapsed_s": record.elapsed(), "peak_memory_bytes": outcome.peak_memory_bytes}
    return (Stopped if outcome.stopped else Finished)(**ending, reason=outcome.reason)


def _heed_signals(control: Control) -> None:
    """Takes the first signal as a request to stop, and a second one for what it says."""

    def heed(number: int, _: object) -> None:
        control.request_stop(SIGNAL)
        signal.signal(number, signal.SIG_DFL)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, heed)


def _server_gone(control: Control, record: Record) -> None:
    """Asks for a stop, and says so for a run that will not have ended when the guard ends the process."""
    control.request_stop(SERVER_STOPPED)
    if not record.ended.wait(GRACE - 0.5):
        with suppress(StorageError):
            record.end(Stopped(step=record.step, elapsed_s=record.elapsed(), reason=SERVER_STOPPED))


def stand_by(load: Load = load_parts) -> int:
    """Imports everything, then answers probes until there is a run to do or the server is gone."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is not an answer
    inbox = Inbox(0)
    parts = load()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    _rehearse(parts, inbox.pending)
    while (message := inbox.next()) is not None:
        if "run" in message:
            answers.close()
            folder = Path(message["run"])
            _log_to(folder)
            return run(folder, lambda: parts, inbox)
        print(json.dumps(_probe(message, parts, inbox.pending)), file=answers, flush=True)
    return 0


def _rehearse(parts: Parts, interrupted: Callable[[], bool]) -> None:
    """Assembles the default run for nothing: whatever is found, imported or opened on first use then is at hand."""

    def heed(_: Event) -> None:
        if interrupted():
            raise _Stop

    try:
        parts.assemble(RunConfig(), report=heed)
    except _Stop:
        return
    except Exception:  # a real run that meets it will tell
        _log(traceback.format_exc())


def _probe(message: Mapping[str, Any], parts: Parts, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """The answer to a probe."""
    try:
        result = parts.probe(RunConfig.from_dict(message["probe"]), cancelled)
    except parts.cancelled:
        result = {"cancelled": True}
    except Exception as error:
        _log(traceback.format_exc())
        typed = typed_error(error, {}) or MtlError(str(error))
        name = typed.name if type(typed) is not MtlError else type(error).__name__
        result = {"error": {"error": name, "message": typed.message, "details": typed.details}}
    return {"id": message["id"]} | result


def _log(text: str) -> None:
    """Tells the log; a full disk does not take it, and the run's end is said elsewhere."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _log_to(folder: Path) -> None:
    """Sends what is printed from now on to the run's log."""
    try:
        log = os.open(folder / "worker.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError as error:
        raise from_os_error(error) from error
    for file in (1, 2):
        os.dup2(log, file)
    os.close(log)


def main(argv: Sequence[str] | None = None, load: Load = load_parts) -> int:
    """The command line; returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m mtl.worker", description="Does one run in this process.")
    parser.add_argument("folder", nargs="?", type=Path, help="the run's folder, checkpoints/RUN")
    parser.add_argument("--standby", action="store_true", help="import first, then wait for a run on standard input")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input does")
    arguments = parser.parse_args(argv)
    if (arguments.folder is None) != arguments.standby:
        parser.error("give either a folder or --standby")
    os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
    guard = Guard(0, GRACE) if arguments.standby or arguments.watch_stdin else None
    try:
        if arguments.standby:
            return stand_by(load)
        return run(arguments.folder, load, Inbox(0) if arguments.watch_stdin else None)
    except StorageError as error:
        _log(str(error))
        return UNWRITABLE
    finally:
        if guard is not None:
            guard.close()


def leave(code: int) -> None:
    """Ends the process at once: no library's thread or exit handler can keep a run's slot busy."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
