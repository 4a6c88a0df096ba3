"""The catalogue: tasks on data sets of the Hub, ready to tick. Nothing is downloaded until a run needs it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mtl.data.sources import TaskSpec
from mtl.runs.sources import HubSource, SplitNames

FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True)
class Entry:
    """A task of the catalogue."""

    spec: TaskSpec
    source: HubSource
    title: str
    language: str
    """``en``, ``zh``, or two with a hyphen."""
    licence: str
    """As the data set's card states it."""
    confirmed: tuple[str, ...]
    """Public pages that show its files and columns."""


@cache
def catalogue(path: Path = FILE) -> Mapping[str, Entry]:
    """The entries of the file, by the name of their task. Needs no network.

    Raises:
        ConfigError: An entry says something impossible.
    """
    tables = tomllib.loads(path.read_text("utf-8"))
    found: dict[str, Entry] = {}
    for id, table in tables.items():
        for name, task in table["tasks"].items():
            found[name] = _entry(id, table, name, task)
    return found


def _entry(id: str, table: Mapping[str, Any], name: str, task: Mapping[str, Any]) -> Entry:
    config = task.get("config")
    source = HubSource(
        name=" ".join(filter(None, (id.replace("/", " "), config))),
        id=id,
        config=config,
        splits=SplitNames(**task.get("splits", {})),
    )
    about = {"title", "config", "splits", "language", "confirmed", "licence"}
    columns = {key: value for key, value in task.items() if key not in about}
    return Entry(
        spec=TaskSpec.from_dict({"name": name, "source": source.name, **columns}),
        source=source,
        title=task["title"],
        language=task.get("language", table.get("language", "en")),
        licence=task.get("licence", table["licence"]),
        confirmed=(*table["confirmed"], *task.get("confirmed", ())),
    )
