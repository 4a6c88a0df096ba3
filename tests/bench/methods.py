"""All balancers and sharing schemes on one mix of real data: python -m tests.bench.methods --results FOLDER [TRIAL …]

Each trial runs in a process of its own and leaves its numbers in FOLDER; what lies there already is not run again, so
that a long comparison may be ended and gone on with. Reads the tables in ``$MTL_DATA``. Test rows are scored once, at
the end of each run, and nothing is chosen by them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.method_runs import SCORES, TRIALS, Trial
from tests.bench.method_tables import ill_table, table
from tests.bench.table import machine

ROOT = Path(__file__).resolve().parents[2]


def measure(trial: Trial, seed: int, threads: int) -> dict[str, Any]:
    """Trains and scores once: scores by task, processor seconds of a step, and the process's most memory."""
    import torch

    from mtl.assembly import assemble
    from mtl.runs import events
    from mtl.runs.config import RunConfig
    from tests.bench.real_tables import configure
    from tests.bench.real_training import Log, Never

    torch.set_num_threads(threads)
    log, marks = Log(), []

    def report(event: events.Event) -> None:
        log.report(event)
        if isinstance(event, events.Optimizer):
            marks.append(time.process_time())

    with TemporaryDirectory() as folder:
        plain, uploads = configure(trial.run(), Path(os.environ["MTL_DATA"]), Path(folder), validation=False)
        plain["training"]["seed"] = seed
        trainer = assemble(RunConfig.from_dict(plain), report=report, uploads=uploads)
        trainer.run(report, Never(), None)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    step = (marks[-1] - marks[0]) / (len(marks) - 1)
    scores = {name: log.scores[name][SCORES[name]] for name in log.scores}
    return {"scores": scores, "step_s": step, "memory_bytes": most}


def results(folder: Path) -> dict[str, dict[int, dict[str, Any]]]:
    """What lies in the folder, by trial and seed."""
    found: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in TRIALS}
    for name in TRIALS:
        for file in sorted(folder.glob(f"{_file(name)}.*.json")):
            found[name][int(file.suffixes[-2][1:])] = json.loads(file.read_text())
    return {name: seeds for name, seeds in found.items() if seeds}


def _file(name: str) -> str:
    return name.replace(" ", "_")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"of {', '.join(TRIALS)}; all by default")
    parser.add_argument("--results", type=Path, required=True, metavar="FOLDER", help="where numbers are kept")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument("--seed", type=int, default=0, help="the first of them")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", action="store_true", help="measure one trial with one seed in this process")
    arguments = parser.parse_args(argv)
    if unknown := [name for name in arguments.trials if name not in TRIALS]:
        parser.error(f"no such trial: {', '.join(unknown)}")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what is missing, and prints the tables of all."""
    arguments = parse(argv)
    arguments.results.mkdir(parents=True, exist_ok=True)
    failed = []
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        for name in arguments.trials or TRIALS:
            file = arguments.results / f"{_file(name)}.{seed}.json"
            if arguments.one:
                file.write_text(json.dumps(measure(TRIALS[name], seed, arguments.threads)))
            elif not file.exists():
                command = [sys.executable, "-m", "tests.bench.methods", name, "--one", "--seeds", "1"]
                command += ["--seed", str(seed), "--threads", str(arguments.threads)]
                done = subprocess.run([*command, "--results", str(arguments.results)], cwd=ROOT, check=False)
                failed += [f"{name}, seed {seed}"] if done.returncode else []
    if not arguments.one:
        found = results(arguments.results)
        print("\n".join([*table(found), "", *ill_table(found), "", machine()]))
    if failed:
        print(f"Not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
