"""One errand in a process of its own: ``python -m mtl.errands`` looks at a source, previews a task, checks an encoder.

The page asks this way: reading 200,000 rows stops nobody else, torch stays out of the page's process, and whoever
asked can end it. A table comes as JSON on standard input: its ``do`` names the errand, which ends itself after
``seconds``. One line of JSON goes to standard output: ``{"done": …}`` or ``{"error": {"type", "message", "details"}}``.
"""

import json
import math
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mtl.data.sources import TaskSpec
from mtl.data.uploads import Uploads
from mtl.data.wizard import Preview, inspect, preview, read_head
from mtl.errors import DataError, MtlError
from mtl.runs.config import EncoderConfig
from mtl.runs.sources import source_from

Asked = Mapping[str, Any]


def look(asked: Asked) -> dict[str, Any]:
    """``source``, ``uploads`` and ``name`` → ``inspection``, and the ``preview`` of what it suggests.

    Where the suggestion cannot be used, ``refused`` says why, and ``preview`` is None.
    """
    source, uploads = source_from(asked["source"]), Uploads(Path(asked["uploads"]))
    tables = read_head(source, uploads)
    inspection = inspect(source, uploads, str(asked["name"]), tables)
    told: dict[str, Any] = {"inspection": inspection.to_dict(), "preview": None, "refused": None}
    if inspection.suggestion is None:
        return told
    try:
        return told | {"preview": _brief(preview(source, inspection.suggestion, uploads, tables))}
    except DataError as error:
        return told | {"refused": _plain(error)}


def see(asked: Asked) -> dict[str, Any]:
    """``source``, ``uploads``, ``spec`` and ``fit`` → the task's ``preview``."""
    source, spec = source_from(asked["source"]), TaskSpec.from_dict(asked["spec"])
    uploads = Uploads(Path(asked["uploads"]))
    return {"preview": _brief(preview(source, spec, uploads, fit=bool(asked.get("fit"))))}


def _brief(found: Preview) -> dict[str, Any]:
    """Without the whole rows: a text may have 100,000 characters, and a page shows their excerpts."""
    return {key: value for key, value in found.to_dict().items() if key != "examples"}


def check(asked: Asked) -> dict[str, Any]:
    """``encoder`` (a name) and ``revision`` → the ``machine``, and whether the encoder reads a sentence (``check``)."""
    from mtl.environment import check_encoder, describe_machine  # torch: the other errands do without

    encoder = EncoderConfig(name=asked["encoder"], revision=asked.get("revision"))
    return {"machine": describe_machine(), "check": check_encoder(encoder)}


def liken(asked: Asked) -> dict[str, Any]:
    """``folder``, ``alone`` (a folder for each task) and ``uploads`` → how alike the tasks' own encoders are."""
    from mtl.likeness import compare_encoders  # torch, as above

    alone = {task: Path(folder) for task, folder in asked["alone"].items()}
    return compare_encoders(Path(asked["folder"]), alone, Uploads(Path(asked["uploads"])))


ERRANDS: Mapping[str, Callable[[Asked], dict[str, Any]]] = {"look": look, "see": see, "check": check, "liken": liken}


def _plain(error: MtlError) -> dict[str, Any]:
    return {"type": error.name, "message": error.message, "details": error.details}


def run(asked: Asked) -> dict[str, Any]:
    """What an errand brings, or why it was refused."""
    try:
        return {"done": ERRANDS[asked["do"]](asked)}
    except MtlError as error:
        return {"error": _plain(error)}


def main() -> int:
    """Runs the errand that standard input tells, and returns the exit code."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    asked = json.loads(sys.stdin.read())
    if "seconds" in asked and sys.platform != "win32":
        signal.alarm(math.ceil(asked["seconds"]))  # whoever sent it may be gone, and nobody else ends it then
    print(json.dumps(run(asked)), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
