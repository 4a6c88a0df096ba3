"""The command line: ``python -m mtl options | upload FILE | train CONFIG.json | predict RUN "text"``."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mtl import assembly, listing, worker
from mtl.data.uploads import Uploads
from mtl.errors import ConfigError, MtlError
from mtl.runs.config import RunConfig
from mtl.runs.questions import Question
from mtl.runs.selected import NEWEST, WHICH
from mtl.runs.store import UPLOADS


def options() -> dict[str, Any]:
    """What a configuration may name, what this machine is, and whether the default encoder reads a sentence."""
    from mtl.environment import check_encoder, describe_machine

    return {**listing.options(), "machine": describe_machine(), "check": check_encoder()}


def train(config_path: Path, runs: Path) -> int:
    """Trains the configuration in this terminal; the run is left in the folder of runs."""
    from mtl.runs.store import RunStore

    try:
        values = json.loads(config_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError("config", "be a readable JSON file", str(error)) from error
    config = RunConfig.from_dict(values)
    assembly.check(config)
    store = RunStore(runs)
    run_id = store.create(config)
    print(run_id, flush=True)
    return worker.run(store.folder(run_id), partial(worker.load_parts, runs / UPLOADS))


def upload(file: Path, runs: Path) -> int:
    """Takes a file of rows in, and prints the name by which a configuration's ``sources`` can use it."""
    if not file.is_file():
        raise ConfigError("file", "be a file", file.name)
    print(Uploads(runs / UPLOADS).save(file, file.name))
    return 0


def predict(run_id: str, question: Question, runs: Path) -> int:
    """Prints every head's answer as JSON."""
    from mtl.runs.store import RunStore

    folder = RunStore(runs).folder(run_id)
    from mtl.inference import Predictor  # torch: a run that is not there is said at once

    answers = Predictor(folder / "snapshots", which=question.which).answer(question.text, question.text_pair)
    print(json.dumps(answers.to_dict(), ensure_ascii=False, indent=1))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mtl", description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=Path("checkpoints"), help="where runs are kept")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("options", help="what a configuration may name, and what this machine is")
    training = commands.add_parser("train", help="train a configuration")
    training.add_argument("config", type=Path)
    taking = commands.add_parser("upload", help="take in a file of rows: CSV, TSV, JSON, Parquet or CoNLL")
    taking.add_argument("file", type=Path)
    asking = commands.add_parser("predict", help="ask all heads of a run")
    asking.add_argument("run")
    asking.add_argument("text")
    asking.add_argument("text_pair", nargs="?")
    asking.add_argument("--snapshot", choices=WHICH, default=NEWEST, help="whose weights answer (%(default)s)")
    given = parser.parse_args(arguments)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        if given.command == "train":
            return train(given.config, given.runs_dir)
        if given.command == "upload":
            return upload(given.file, given.runs_dir)
        if given.command == "predict":
            return predict(given.run, Question(given.text, given.text_pair, given.snapshot), given.runs_dir)
        print(json.dumps(options(), ensure_ascii=False, indent=1))
    except MtlError as error:
        print(f"{error.name}: {error.message}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
