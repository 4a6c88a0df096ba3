"""Small files of JSON that others read while they are written anew."""

import json
from pathlib import Path


def write_json(path: Path, values: object) -> None:
    """Writes the file so that nobody ever sees a part of it; raises OSError."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(values), "utf-8")
    unfinished.replace(path)
