"""What a person makes of a table step by step: names for its source and task, and the specification meant so far."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from mtl.data.guess import MADE
from mtl.data.sources import TaskSpec
from mtl.runs.config import Choice
from mtl.runs.options import find
from mtl.runs.sources import Source
from mtl.tasks import TASK_KINDS

ROLES = ("name", "kind", "label", "text", "text_pair", "tokens", "low", "high")
"""The fields of a specification that a draft may set."""


def named(source: Source, title: str) -> Source:
    """The source under a name that is its own: tasks of equal sources share it, and one encoder pass."""
    content = {key: value for key, value in asdict(source).items() if key != "name"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:6]
    stem = re.sub(r"[^\w.-]+", " ", title).strip(" ._-")[:40].strip()
    return replace(source, name=f"{stem or 'data'} {digest}")


def task_name(title: str) -> str:
    """A name for a task: the file's without its ending, or what follows the owner in a data set's id."""
    stem = title.rpartition("/")[2]
    stem = stem.rpartition(".")[0] or stem
    return re.sub(r"[^\w-]+", " ", stem).strip(" _-")[:40].strip() or "data"


def drafted(draft: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The specification that a draft means; its labels are read anew.

    Raises:
        ConfigError: An impossible one.
    """
    values = {key: draft[key] for key in ROLES if draft.get(key) not in (None, "")}
    if values.get("kind") == "tagging":
        values.setdefault("text", MADE)
        values.pop("text_pair", None)
    else:
        values.pop("tokens", None)
    spec = TaskSpec.from_dict({**values, "source": source.name})
    return {**asdict(spec), "labels": [], "options": _options(draft.get("options"), spec)}


def _options(asked: object, spec: TaskSpec) -> dict[str, Any]:
    """What was set of the kind's options, without those that mean nothing for these columns."""
    method = find(TASK_KINDS, "tasks.kind", Choice(spec.kind))
    idle = {option.name for option in method.options if option.needs and getattr(spec, option.needs) is None}
    options = {name: value for name, value in asked.items() if name not in idle} if isinstance(asked, Mapping) else {}
    method.check("tasks", Choice(spec.kind, options))
    return options
