"""Every measurement in one table: python -m tests.bench.run_all [NAME …]

Each runs in a process of its own. It takes about ten minutes, and means little while the machine does other work.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.table import head, machine

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("app_start", "click", "question", "trainer_step", "bucketing", "watchers", "estimate", "presets")


def main(names: Sequence[str]) -> int:
    """Prints the table; returns 1 if a measurement could not be taken."""
    print(machine(), end="\n\n")
    print(head(), flush=True)
    failed = []
    for name in names:
        command = [sys.executable, "-m", f"tests.bench.{name}"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for at, line in enumerate(process.stdout):
                if at >= head().count("\n") + 1 and line.startswith("|"):
                    print(line, end="", flush=True)
        if process.returncode:
            failed.append(name)
    print(f"\n{machine()}")
    if failed:
        print(f"Not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or NAMES))
