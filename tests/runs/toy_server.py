"""A server that does nothing about its own end: it submits the runs it is told, says so, and sleeps."""

import os
import sys
import time
from pathlib import Path

from mtl.runs.launcher import LocalLauncher
from mtl.runs.queue import RunQueue
from mtl.runs.store import RunStore

if __name__ == "__main__":
    store = RunStore(Path(sys.argv[1]))
    launcher = LocalLauncher(os.environ, [sys.executable, sys.argv[2]])
    if "--warm" in sys.argv:
        launcher.warm()
    queue = RunQueue(store, launcher)
    for name in sys.argv[3:]:
        if not name.startswith("--"):
            queue.submit(name)
    print("serving", flush=True)
    time.sleep(600)
