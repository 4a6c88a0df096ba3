"""Does sharing help? Runs of several tasks beside their single-task twins: python -m tests.bench.races STORE [RACE …]

STORE is a folder of runs. What is finished there is not trained again, so that a long comparison may be ended and
gone on with. Reads the tables in ``$MTL_DATA``. Each task of the first seed is trained by ``transformers.Trainer`` too
(``tests/bench/plain_trainer.py``), to see whether the single-task side is a fair one.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mtl.analysis.comparison import Comparison
from mtl.analysis.intervals import Interval
from mtl.analysis.racing import compare_entries, finished_heats
from mtl.analysis.results import read_result
from mtl.data.uploads import Uploads
from mtl.errors import ComparisonError
from mtl.runs.config import RunConfig
from mtl.runs.race import Entry, Races
from mtl.runs.store import UPLOADS, RunStore
from tests.bench.race_runs import RACES
from tests.bench.real_tables import configure
from tests.bench.table import line, machine

ROOT = Path(__file__).resolve().parents[2]
NAMES, PLAIN = "races.json", "plain.json"
HEAD = ("task", "score", "together", "alone", "difference", "claim", "plain Trainer, seed 0")


def first_run(root: Path, name: str) -> str:
    """The run of all tasks with the first seed, made if there is none."""
    file = root / NAMES
    known = json.loads(file.read_text()) if file.exists() else {}
    if name not in known:
        plain, _ = configure(RACES[name], Path(os.environ["MTL_DATA"]), root, validation=False)
        known[name] = RunStore(root).create(RunConfig.from_dict(plain))
        file.write_text(json.dumps(known))
    return str(known[name])


def train(root: Path, entry: Entry, threads: int) -> None:
    """Trains a run in a process of its own; its weights are not kept."""
    store = RunStore(root)
    if entry.run_id and entry.status is not None and not entry.status.final:
        folder = store.folder(entry.run_id)
    else:
        folder = store.folder(store.create(entry.config))
    settings = {"MTL_UPLOADS": str((root / UPLOADS).absolute()), "OMP_NUM_THREADS": str(threads)}
    subprocess.run([sys.executable, "-m", "mtl.worker", folder], cwd=ROOT, env=os.environ | settings, check=True)
    shutil.rmtree(folder / "snapshots", ignore_errors=True)


def run_race(root: Path, name: str, seeds: int, threads: int) -> str:
    """Trains what is missing of a race, and returns the id of its first run."""
    first = first_run(root, name)
    for at in range(len(entries(root, first, seeds))):
        entry = entries(root, first, seeds)[at]
        if entry.status is None or entry.status.state != "finished":
            print(f"{name}: {entry.task or 'all together'}, seed {entry.seed}", file=sys.stderr, flush=True)
            train(root, entry, threads)
    return first


def entries(root: Path, first: str, seeds: int) -> list[Entry]:
    """The runs of a race, as they are now."""
    return Races(RunStore(root)).entries(first, seeds)


def run_plain(root: Path, name: str, first: str, threads: int) -> None:
    """Trains each task of a race's first seed with the plain trainer, where that has not been done."""
    import torch

    from tests.bench.plain_trainer import train_plain

    torch.set_num_threads(threads)
    found = plain_scores(root, name)
    for entry in entries(root, first, 1):
        if entry.task is not None and entry.task not in found:
            print(f"{name}: {entry.task}, plain", file=sys.stderr, flush=True)
            found[entry.task] = train_plain(entry.config, Uploads(root / UPLOADS))
            (root / f"{name}.{PLAIN}").write_text(json.dumps(found))


def plain_scores(root: Path, name: str) -> dict[str, float]:
    """What the plain trainer has reached so far, by task."""
    file = root / f"{name}.{PLAIN}"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def table(found: Comparison, plain: Mapping[str, float]) -> list[str]:
    """Scores in percent by task, then Δm and the costs."""
    lines = [line(HEAD), line(["---"] * len(HEAD))]
    for each in found.tasks:
        alike = f"{100 * plain[each.task]:.1f}" if each.task in plain else "–"
        cells = [percent(each.together), percent(each.alone), signed(each.difference, 100)]
        lines.append(line([each.task, each.metric, *cells, each.difference.verdict.replace("_", " "), alike]))
    if found.delta_m is not None:
        verdict = found.delta_m.verdict.replace("_", " ")
        lines.append(line(["Δm, %", "", "", "", signed(found.delta_m, 1), verdict, ""]))
    for side, cost in (("together", found.together), ("alone", found.alone)):
        asked = "–" if cost.question_s is None else f"{1000 * cost.question_s:.1f} ms"
        lines.append(
            f"{side}: {cost.runs} model(s), {(cost.parameters or 0) / 1e6:.1f} M parameters, "
            f"{cost.training_s or 0:.0f} s of training, a question {asked}"
        )
    return lines


def percent(found: Interval) -> str:
    """A mean score."""
    return f"{100 * found.mean:.1f}"


def signed(found: Interval, factor: float) -> str:
    """A difference with its interval."""
    mean = f"{factor * found.mean:+.1f}"
    if found.low is None or found.high is None:
        return mean
    return f"{mean} [{factor * found.low:+.1f}, {factor * found.high:+.1f}]"


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="the folder of runs")
    parser.add_argument("races", nargs="*", metavar="RACE", help=f"of {', '.join(RACES)}; all by default")
    parser.add_argument("--seeds", type=int, default=3, choices=(1, 3, 5))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    if unknown := [name for name in arguments.races if name not in RACES]:
        parser.error(f"no such race: {', '.join(unknown)}")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Trains what is missing, and prints a table for each race."""
    arguments = parse(argv)
    arguments.store.mkdir(parents=True, exist_ok=True)
    for name in arguments.races or RACES:
        first = run_race(arguments.store, name, arguments.seeds, arguments.threads)
        run_plain(arguments.store, name, first, arguments.threads)
        print(f"\n{name}\n")
        print("\n".join(table_of(arguments.store, name, first, arguments.seeds)), flush=True)
    print(f"\n{machine()} · {arguments.threads} threads")
    return 0


def table_of(root: Path, name: str, first: str, seeds: int) -> list[str]:
    """The table of the seeds that have finished."""
    store = RunStore(root)
    try:
        found = compare_entries(finished_heats(entries(root, first, seeds)), lambda run: read_result(store, run))
    except ComparisonError as error:
        return [error.message]
    return table(found, plain_scores(root, name))


if __name__ == "__main__":
    sys.exit(main())
