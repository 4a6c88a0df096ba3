"""Where a run's own rows come from: a data set of the Hub, or files a visitor brought. Standard library only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mtl.checks import check_choice, check_integer, check_name, check_pattern
from mtl.errors import ConfigError

MAX_SOURCES = 24
MAX_ROWS = 500_000
SUFFIXES = ("csv", "tsv", "txt", "json", "jsonl", "parquet", "conll", "conllu", "bio")
UPLOAD = re.compile(rf"[A-Za-z0-9_-]{{22}}\.(?:{'|'.join(SUFFIXES)})")
"""What an uploaded file is called in the store: never what the visitor called it."""
SOURCE_NAME = re.compile(r"\w[\w .-]{0,59}")
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
HUB_ID = re.compile(rf"(?!.*\.\.)(?!.*--){_PART}(?:/{_PART})?")
HUB_WORD = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w.+/-]{0,199}")
BAD_ROWS = ("drop", "stop")


@dataclass(frozen=True)
class SplitNames:
    """Which split, or file, is which. None: found by its usual name, else made from the training rows."""

    train: str | None = None
    validation: str | None = None
    test: str | None = None

    def __post_init__(self) -> None:
        names = [name for name in (self.train, self.validation, self.test) if name is not None]
        for name in names:
            check_name("sources.splits", name)
        if len(set(names)) < len(names):
            raise ConfigError("sources.splits", "name each split once", names)


@dataclass(frozen=True)
class HubSource:
    """A data set of the Hub, in Parquet, JSON or CSV. Scripts of data sets are never run."""

    name: str
    """What the run's tasks call the source."""
    id: str
    """``owner/name``."""
    config: str | None = None
    """Which of the data set's configurations; None where there is one, or a default."""
    revision: str | None = None
    """Branch, tag or commit; None is the newest."""
    splits: SplitNames = SplitNames()
    max_rows: int = 20_000
    """Rows of each split at most: a seeded sample of a larger one."""
    bad_rows: str = "drop"
    """``drop`` rows with problems and count them, or ``stop`` at the first split that has some."""
    seed: int = 0
    """Of samples and of splits that are made: not the run's, so that runs of any seed are tested on the same rows."""
    kind: str = "hub"

    def __post_init__(self) -> None:
        _check_source(self, "hub")
        check_pattern("sources.id", self.id, HUB_ID, "be the id of a data set, such as `owner/name`")
        for field in ("config", "revision"):
            value = getattr(self, field)
            if value is not None:
                check_pattern(f"sources.{field}", value, HUB_WORD, "be 1 to 200 letters, digits or any of `._+/-`")


@dataclass(frozen=True)
class FileSource:
    """Files that a visitor brought. ``splits`` holds the names they have in the store."""

    name: str
    splits: SplitNames
    max_rows: int = MAX_ROWS
    bad_rows: str = "drop"
    seed: int = 0
    kind: str = "file"

    def __post_init__(self) -> None:
        _check_source(self, "file")
        for split in ("train", "validation", "test"):
            value = getattr(self.splits, split)
            if value is not None or split == "train":
                check_pattern(f"sources.splits.{split}", value, UPLOAD, "be the name of an uploaded file")


Source = HubSource | FileSource
SOURCE_KINDS: Mapping[str, type[Source]] = {"hub": HubSource, "file": FileSource}


def _check_source(source: Source, kind: str) -> None:
    """Refuses impossible values of what all sources have."""
    check_pattern(
        "sources.name", source.name, SOURCE_NAME, "be 1 to 60 letters, digits or any of ` ._-`, a letter or digit first"
    )
    check_integer("sources.max_rows", source.max_rows, 10, MAX_ROWS)
    check_choice("sources.bad_rows", source.bad_rows, BAD_ROWS)
    check_integer("sources.seed", source.seed, 0, 2**32 - 1)
    check_choice("sources.kind", source.kind, (kind,))
    if not isinstance(source.splits, SplitNames):
        raise ConfigError("sources.splits", "be a table of `train`, `validation` and `test`", source.splits)


def source_from(values: object) -> Source:
    """The source of a table; ``kind`` says which fields it has.

    Raises:
        ConfigError: An unknown kind or field, or an impossible value.
    """
    if isinstance(values, HubSource | FileSource):
        return values
    if not isinstance(values, Mapping):
        raise ConfigError("sources", "be a list of tables", values)
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in SOURCE_KINDS:
        raise ConfigError("sources.kind", f"be one of {', '.join(SOURCE_KINDS)}", kind)
    table = _fields("sources", values, SOURCE_KINDS[kind])
    if "splits" in table and not isinstance(table["splits"], SplitNames):
        table["splits"] = SplitNames(**_fields("sources.splits", table["splits"], SplitNames))
    for field in ("name", "id") if kind == "hub" else ("name", "splits"):
        if field not in table:
            raise ConfigError(f"sources.{field}", "be given", None)
    return SOURCE_KINDS[kind](**table)


def _fields(where: str, values: object, cls: type) -> dict[str, Any]:
    """The value as a table with only fields of ``cls``."""
    if not isinstance(values, Mapping):
        raise ConfigError(where, "be a table of fields", values)
    known = [item.name for item in fields(cls)]
    for key in values:
        if key not in known:
            raise ConfigError(f"{where}.{key}"[:80], f"be one of the fields {', '.join(known)}", key)
    return dict(values)
