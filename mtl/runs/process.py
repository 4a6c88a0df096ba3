"""Which process is meant: a pid alone may belong to somebody else by now, a pid with its start time may not."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()


@dataclass(frozen=True)
class Process:
    """A process of this machine."""

    pid: int
    start_time: str
    """As the kernel says it: clock ticks since boot on Linux, a date elsewhere."""

    @classmethod
    def current(cls) -> "Process":
        """The process that asks."""
        return cls(os.getpid(), start_time(os.getpid()) or "")

    def alive(self) -> bool:
        """Whether it still runs. A zombie does not, nor does a later process with the same pid."""
        return start_time(self.pid) == self.start_time

    def signal(self, number: signal.Signals, *, group: bool = False) -> bool:
        """Sends a signal to the process, or to its whole group; returns False if it is gone."""
        if not self.alive():
            return False
        try:
            (os.killpg if group else os.kill)(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def start_time(pid: int) -> str | None:
    """The kernel's start time of a live process; None for a zombie or no process."""
    return _from_proc(pid) if HAS_PROC else _from_ps(pid)


def _from_proc(pid: int) -> str | None:
    """Field 22 of ``/proc/<pid>/stat``; the name, field 2, may itself hold spaces and parentheses."""
    try:
        with open(f"{PROC}/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _from_ps(pid: int) -> str | None:
    """What ``ps`` says, where there is no ``/proc``."""
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(None, 1)
    return None if len(said) < 2 or said[0].startswith("Z") else said[1].strip()
