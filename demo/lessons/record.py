"""Makes the recorded run from a real one: ``python -m demo.lessons.record RUN_ID [--runs-dir FOLDER]``.

The events are thinned, never changed; the answers come from the run's own first and last snapshot.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.lessons.recording import FINAL, FOLDER
from demo.text.en import EN
from demo.text.zh import ZH
from mtl.analysis.results import read_events
from mtl.analysis.thinning import thin
from mtl.errors import CheckpointError, MtlError
from mtl.inference import Predictor
from mtl.runs.selected import FIRST
from mtl.runs.store import RunStore

POINTS = 400
"""Points of each training curve that are kept."""
BROKEN = float("nan")

Event = Mapping[str, Any]


def record(store: RunStore, run_id: str, texts: Sequence[tuple[str, str]], folder: Path = FOLDER) -> None:
    """Writes the folder of a recorded run.

    Raises:
        RunNotFound: There is no such run.
        CheckpointError: It has not ended well, or its first snapshot is gone.
    """
    events = read_events(store, run_id)
    if not events or events[-1]["type"] not in FINAL:
        raise CheckpointError("Only a run that has finished can be recorded.", reason="missing")
    if store.first_snapshot(run_id) is None:
        raise CheckpointError("The run has no snapshot from before training.", reason="missing")
    snapshots = store.folder(run_id) / "snapshots"
    first, last = Predictor(snapshots, which=FIRST), Predictor(snapshots)
    answers = [
        {
            "text": text,
            "text_pair": pair,
            "first": first.answer(text, pair or None).to_dict(),
            "last": last.answer(text, pair or None).to_dict(),
            "words": last.explain(text, pair or None).to_dict(),
        }
        for text, pair in texts
    ]
    start = next(event for event in events if event["type"] == "run_started")
    created = time.localtime(os.stat(store.folder(run_id) / "config.json").st_mtime)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "config.json", store.config(run_id).to_dict())
    _write(folder / "answers.json", answers)
    _write(folder / "machine.json", {"machine": start["device_name"], "date": time.strftime("%Y-%m-%d", created)})
    lines = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in thinned(events)]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def thinned(events: Sequence[Event], points: int = POINTS) -> list[Event]:
    """The events with at most ``points`` training losses of each task and optimizer steps; all others stay."""
    curves: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        if event["type"] == "loss" and event["split"] == "train":
            curves["loss", event["task"]].append(index)
        elif event["type"] == "optimizer":
            curves["grad_norm", ""].append(index)
    dropped: set[int] = set()
    for (field, _), indices in curves.items():
        values = [BROKEN if events[index][field] is None else events[index][field] for index in indices]
        dropped |= set(indices) - {indices[at] for at in thin(values, points)}
    return [event for index, event in enumerate(events) if index not in dropped]


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Records the run named on the command line with the example texts of the page."""
    parser = argparse.ArgumentParser(prog="python -m demo.lessons.record")
    parser.add_argument("run_id")
    parser.add_argument("--runs-dir", type=Path, default=Path("checkpoints"))
    flags = parser.parse_args()
    texts = dict.fromkeys((text.ask.sample, text.ask.sample_second) for text in (EN, ZH))
    try:
        record(RunStore(flags.runs_dir), flags.run_id, list(texts))
    except MtlError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
