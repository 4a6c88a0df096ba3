"""Runs on real data, beside what they should reach: python -m tests.bench.real_data [RUN …] [--seeds N]

Reads the tables in ``$MTL_DATA``. With ``--validation`` no test row is read: validation rows take their place, and
``--set training.learning_rate=1e-4`` tries another value. A model that was trained so and kept (``--keep FOLDER``) is
scored on test rows by ``--kept FOLDER``, in place of training it again.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from tests.bench.real_runs import RUNS, TINY_CHINESE, Run
from tests.bench.real_tables import configure, passages, tiny_chinese
from tests.bench.real_training import Result, score_kept, train
from tests.bench.table import Row, head, machine


def row(name: str, run: Run, results: Mapping[int, Result]) -> Row:
    """The results of all seeds beside the bars: their means, and each seed's scores."""
    told, ratios, asked = [], [], []
    wanted = [(bar.task, bar.score, bar.at_least) for bar in run.bars]
    first = next(iter(results.values()))
    for task, score, bar in wanted or [(task, score, 0.0) for task, all_ in first.scores.items() for score in all_]:
        each = [100 * result.scores[task][score] for result in results.values()]
        mean = sum(each) / len(each)
        several = f" ({', '.join(f'{value:.1f}' for value in each)})" if len(each) > 1 else ""
        told.append(f"{task} {score} {mean:.1f}{several}")
        if bar:
            asked.append(f"{task} {score} {bar:g}")
            ratios.append(bar / mean if mean > 0 else float("inf"))
    minutes = [f"{result.wall:.1f}/{result.cpu:.1f}" for result in results.values()]
    told.append(f"minutes wall/CPU {', '.join(minutes)}; {first.steps} steps")
    if run.minutes is not None:
        asked.append(f"≤ {run.minutes:g} min")
    seeds = ", ".join(map(str, results))
    return Row(f"{name}, seed {seeds}", ", ".join(asked) or "runs", "; ".join(told), max(ratios, default=None))


def changed(plain: dict[str, Any], setting: str) -> None:
    """Puts ``a.b=value`` in; of tasks the part after ``tasks`` is a name."""
    path, _, value = setting.partition("=")
    *parents, last = path.split(".")
    place: Any = plain
    for name in parents:
        found = isinstance(place, list)
        place = next(each for each in place if each["name"] == name) if found else place.setdefault(name, {})
    place[last] = json.loads(value)


def results(name: str, arguments: argparse.Namespace) -> Iterator[tuple[int, Result]]:
    """Trains the run once with each seed."""
    data = Path(os.environ["MTL_DATA"])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        plain, uploads = configure(RUNS[name], data, folder, validation=arguments.validation)
        if plain["encoder"].get("name") == TINY_CHINESE:
            stack.enter_context(tiny_chinese(passages(data), folder / "hub"))
        for setting in arguments.set:
            changed(plain, setting)
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            plain["training"]["seed"] = seed
            if arguments.kept is not None:
                yield seed, score_kept(plain, uploads, arguments.kept)
            else:
                yield seed, train(plain, uploads, arguments.keep)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"of {', '.join(RUNS)}; all by default")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="the first of them")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--validation", action="store_true", help="score validation rows in place of test rows")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=JSON", help="only with --validation")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to save the trained model")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="a saved model to score")
    arguments = parser.parse_args(argv)
    if arguments.set and not arguments.validation:
        parser.error("--set goes with --validation: nothing is chosen on test rows")
    if (arguments.keep or arguments.kept) and (len(arguments.runs) != 1 or arguments.seeds != 1):
        parser.error("--keep and --kept are for one run with one seed")
    if unknown := [name for name in arguments.runs if name not in RUNS]:
        parser.error(f"no such run: {', '.join(unknown)}")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    arguments = parse(argv)
    torch.set_num_threads(arguments.threads)
    print(head(), flush=True)
    for name in arguments.runs or RUNS:
        print(row(name, RUNS[name], dict(results(name, arguments))).markdown(), flush=True)
    print(f"\n{machine()} · {arguments.threads} threads")
    return 0


if __name__ == "__main__":
    sys.exit(main())
