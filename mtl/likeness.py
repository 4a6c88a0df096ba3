"""How alike the encoders of single-task runs have become: from their folders to a file beside the run of all tasks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtl.analysis.similarity import layer_similarities
from mtl.checkpoint import snapshots
from mtl.data.origins import RunData
from mtl.data.selection import rows_of_run
from mtl.data.uploads import Uploads
from mtl.errors import CheckpointError, from_os_error
from mtl.model import MultiTaskModel
from mtl.representations import layer_means
from mtl.runs.json_files import write_json
from mtl.runs.race import LIKENESS
from mtl.runs.store import read_config
from mtl.timing import questions

TEXTS = 256
"""Validation texts, of every source in turn; CKA is biased upwards where texts are few."""


def compare_encoders(folder: Path, alone: Mapping[str, Path], uploads: Uploads | None = None) -> dict[str, Any]:
    """The linear CKA of every two single-task encoders, level by level, on validation texts of all tasks.

    Costs a forward pass of each encoder. See ``mtl.analysis.similarity``.

    Args:
        folder: The run of all tasks. What is found is written there as well.
        alone: The run folder of each task alone.
        uploads: The files that the run's sources may name.

    Returns:
        ``runs``: the id of each task's run; ``texts``: how many; ``levels``: of each the ``tasks`` and ``values``.

    Raises:
        CheckpointError: A run has no snapshot, or a damaged one.
        ConfigError: Fewer than two texts, or a run whose tasks do not read one encoder.
        DataError: A source cannot be read.
        StorageError: The file cannot be written.
    """
    whole = read_config(folder).whole
    data = RunData(whole, uploads)
    rows = rows_of_run(whole, data, data.specs())
    texts = [text for text, _ in questions(rows, data.specs(), "validation", TEXTS)]
    levels = layer_similarities({task: layer_means(_newest(run), texts) for task, run in alone.items()})
    found = {
        "runs": {task: run.name for task, run in alone.items()},
        "texts": len(texts),
        "levels": {
            level: {"tasks": list(each.tasks), "values": [list(row) for row in each.values]}
            for level, each in levels.items()
        },
    }
    try:
        write_json(folder / LIKENESS, found)
    except OSError as error:
        raise from_os_error(error) from error
    return found


def _newest(run: Path) -> MultiTaskModel:
    complete = snapshots(run / "snapshots")
    if not complete:
        raise CheckpointError("The run has no snapshot.", reason="missing", file="")
    return MultiTaskModel.from_pretrained(complete[-1])
