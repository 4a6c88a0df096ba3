"""Errands of visitors, each in a process of its own: a few at a time, one for each page, in time, and to be ended.

Nothing here raises for what an errand meets: an answer holds ``done`` or ``error``. Besides the library's errors these
may be ``ErrandLate``, ``ErrandStopped``, ``ErrandBusy`` and ``ErrandLost``.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from mtl.runs.launcher import child_environment

COMMAND = (sys.executable, "-m", "mtl.errands")
ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2
"""Errands of all visitors that are under way at a time; others wait."""
WAIT_S = 30.0
"""How long one waits for its turn."""
READING_S = 90.0
CHECKING_S = 120.0


@dataclass
class _Errand:
    process: subprocess.Popen[str]
    stopped: bool = False


class Errands:
    """Sends errands out.

    Args:
        uploads: The folder of uploaded files.
        environment: The server's; errands get it without secrets.
        command: What is run; it reads and writes as ``mtl.errands``.
        at_once: Errands under way at a time.
        wait_s: How long one waits for its turn.
    """

    def __init__(
        self,
        uploads: Path,
        environment: Mapping[str, str],
        *,
        command: Sequence[str] = COMMAND,
        at_once: int = AT_ONCE,
        wait_s: float = WAIT_S,
    ) -> None:
        self._uploads = uploads
        self._environment = child_environment(environment)
        self._command = list(command)
        self._room = BoundedSemaphore(at_once)
        self._wait_s = wait_s
        self._under_way: dict[str, _Errand] = {}
        self._lock = Lock()
        self._closed = False

    def run(self, asked: Mapping[str, Any], session: str, deadline_s: float = READING_S) -> dict[str, Any]:
        """Waits for what the errand brings; an older one of the same session is ended."""
        self.stop(session)
        if not self._room.acquire(timeout=self._wait_s):
            return failed("ErrandBusy")
        try:
            return self._send({**asked, "uploads": str(self._uploads)}, session, deadline_s)
        finally:
            self._room.release()

    def stop(self, session: str) -> bool:
        """Ends the errand of a session, and says whether there was one."""
        with self._lock:
            errand = self._under_way.get(session)
            if errand is None:
                return False
            errand.stopped = True
            errand.process.kill()
            return True

    def close(self) -> None:
        """Ends all errands; none begins any more."""
        with self._lock:
            self._closed = True
        for session in list(self._under_way):
            self.stop(session)

    def _send(self, asked: Mapping[str, Any], session: str, deadline_s: float) -> dict[str, Any]:
        with self._lock:
            if self._closed:
                return failed("ErrandStopped")
            errand = _Errand(
                subprocess.Popen(
                    self._command,
                    cwd=ROOT,
                    env=self._environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    start_new_session=True,  # Ctrl-C is the server's to handle
                )
            )
            self._under_way[session] = errand
        try:
            said, _ = errand.process.communicate(json.dumps({**asked, "seconds": deadline_s}), timeout=deadline_s)
        except subprocess.TimeoutExpired:
            return failed("ErrandStopped") if errand.stopped else failed("ErrandLate", seconds=deadline_s)
        except OSError:  # it ended before it had read what it was asked
            said = ""
        finally:
            self._end(errand, session)
        return failed("ErrandStopped") if errand.stopped else answer(said)

    def _end(self, errand: _Errand, session: str) -> None:
        """Leaves no process behind."""
        errand.process.kill()
        errand.process.communicate()
        with self._lock:
            if self._under_way.get(session) is errand:
                del self._under_way[session]


def answer(said: str) -> dict[str, Any]:
    """The line an errand wrote, or that it was lost: it crashed, or the machine had no memory left."""
    try:
        told = json.loads(said)
    except ValueError:
        return failed("ErrandLost")
    return told if isinstance(told, dict) and ("done" in told or "error" in told) else failed("ErrandLost")


def failed(kind: str, **details: Any) -> dict[str, Any]:
    """An error as an answer holds it."""
    return {"error": {"type": kind, "message": kind, "details": details}}
