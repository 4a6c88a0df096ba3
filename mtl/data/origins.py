"""The one place that knows where the rows of a task come from: the shipped corpus, the Hub, a file, the catalogue.

What the tasks of a run are is told without reading anything, so that a page can check a configuration; rows are read
when the first of them is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from mtl.data import corpus
from mtl.data.catalogue import catalogue
from mtl.data.files import read_file
from mtl.data.hub import read_hub
from mtl.data.refusals import refusal
from mtl.data.rows import SHAPES, complete, count_problems, read_rows
from mtl.data.sources import SPLITS, Row, Split, TaskSpec
from mtl.data.splitting import make_splits
from mtl.data.table import Table
from mtl.data.uploads import Uploads
from mtl.errors import ConfigError
from mtl.hub import attended
from mtl.runs.config import RunConfig, TaskConfig
from mtl.runs.sources import FileSource, HubSource, Source

APART = " · "
"""Stands between a source and the columns that some of its tasks read; no name of a source holds it."""


@dataclass(frozen=True)
class Dropped:
    """Rows of a split that were left out, or lack a label, and why."""

    source: str
    split: Split
    rows: int
    problems: Mapping[str, int]


def find_specs(config: RunConfig) -> tuple[TaskSpec, ...]:
    """What the tasks of a run are, in its order, without reading a row.

    Tasks of one source that read different columns become tasks of different sources: each text is encoded once
    for all tasks that read it. Labels that a specification leaves open stay open.

    Raises:
        ConfigError: A task, kind or source is unknown, or two tasks are labels of one column in different ways.
    """
    sources = _sources(config)
    found = [_find(task, sources) for task in config.tasks]
    for spec in found:
        if spec.kind not in SHAPES:
            raise ConfigError("tasks.kind", f"be one of {', '.join(SHAPES)}", spec.kind)
    columns: dict[tuple[str, str], TaskSpec] = {}
    for spec in found:
        other = columns.setdefault((spec.source, spec.label), spec)
        if (other.kind, other.labels, other.tokens) != (spec.kind, spec.labels, spec.tokens):
            raise ConfigError("tasks.label", f"be read in the same way by {other.name} and {spec.name}", spec.label)
    names: dict[tuple[str, str, str | None], str] = {}
    for spec in found:
        first = not any(source == spec.source for source, _, _ in names)
        columns_read = " + ".join(filter(None, (spec.text, spec.text_pair)))
        other_name = spec.source if first else f"{spec.source}{APART}{columns_read}"
        names.setdefault((spec.source, spec.text, spec.text_pair), other_name)
    return tuple(replace(spec, source=names[spec.source, spec.text, spec.text_pair]) for spec in found)


def _sources(config: RunConfig) -> dict[str, Source]:
    """The run's own sources and those of the catalogue's tasks it names."""
    taken = {*corpus.SOURCES, *(entry.source.name for entry in catalogue().values())}
    for source in config.sources:
        if source.name in taken:
            raise ConfigError("sources.name", "be none that the lab or its catalogue uses", source.name)
    return {source.name: source for source in config.sources}


def _find(task: TaskConfig, sources: Mapping[str, Source]) -> TaskSpec:
    if task.spec is not None:
        if task.spec.source not in sources:
            rule = f"be one of the run's sources ({', '.join(sources) or 'none'})"
            raise ConfigError("tasks.source", rule, task.spec.source)
        return task.spec
    if task.name in corpus.TASKS:
        return corpus.TASKS[task.name]
    if task.name in catalogue():
        return catalogue()[task.name].spec
    raise ConfigError("tasks", f"name tasks among {', '.join((*corpus.TASKS, *catalogue()))}", task.name)


class RunData:
    """The tasks and rows of one run.

    Args:
        config: The run.
        uploads: Where uploaded files are; None if it has none.
        tell: Is told, once a second, which source has been read for how many seconds; what it raises ends the reading.

    Raises:
        ConfigError: As ``find_specs``.
    """

    def __init__(
        self, config: RunConfig, uploads: Uploads | None = None, tell: Callable[[str, float], None] | None = None
    ) -> None:
        self._tell = tell
        self._specs = find_specs(config)
        self._uploads = uploads
        self._sources = {source.name: source for source in config.sources}
        self._sources |= {entry.source.name: entry.source for entry in catalogue().values()}
        self._bases = {spec.source: spec.source.partition(APART)[0] for spec in self._specs}
        self._rows: dict[str, dict[Split, Sequence[Row]]] = {}
        self.dropped: list[Dropped] = []
        """What was left out so far."""

    def specs(self) -> tuple[TaskSpec, ...]:
        """What the tasks are, with all their labels. Reads what lies elsewhere than in the corpus.

        Raises:
            DataError: As ``rows``.
        """
        for base in dict.fromkeys(self._bases.values()):
            self._read(base)
        return self._specs

    def rows(self, source: str, split: Split) -> Sequence[Row]:
        """The rows of a split; ``source`` as the specifications name it.

        Raises:
            DataError: The source cannot be read, or holds nothing that can be used.
        """
        self._read(self._bases[source])
        return corpus.read_split(source, split) if source in corpus.SOURCES else self._rows[source][split]

    def _read(self, base: str) -> None:
        """Reads a source, once."""
        names = [name for name, other in self._bases.items() if other == base]
        if base in corpus.SOURCES or names[0] in self._rows:
            return
        source, own = self._sources[base], [spec for spec in self._specs if spec.source in names]
        tables = self._tables(source, own)
        completed = {spec.name: complete(spec, list(tables.values()), base) for spec in own}
        self._specs = tuple(completed.get(spec.name, spec) for spec in self._specs)
        divided, dropped = divide(source, tables, list(completed.values()))
        self.dropped += dropped
        for name in names:
            labels = [spec.label for spec in completed.values() if spec.source == name]
            self._rows[name] = {
                split: [row for row in rows if any(row[label] is not None for label in labels)]
                for split, rows in divided.items()
            }

    def _tables(self, source: Source, specs: Sequence[TaskSpec]) -> dict[Split, Table]:
        """What the source holds; somebody is told meanwhile."""
        tell = self._tell
        if tell is None:
            return read_source(source, self._uploads, specs)
        return attended(lambda: read_source(source, self._uploads, specs), lambda seconds: tell(source.name, seconds))


def read_source(source: Source, uploads: Uploads | None, specs: Sequence[TaskSpec] = ()) -> dict[Split, Table]:
    """The splits that a source has, as they are; with ``specs``, at least the columns these need.

    Raises:
        DataError: As ``read_hub`` and ``read_file``.
        StorageError: The cache's disk is full or cannot be written.
    """
    if isinstance(source, HubSource):
        return read_hub(source, _columns(specs))
    if uploads is None:
        raise refusal("missing", file=source.splits.train)
    found: dict[Split, Table] = {}
    for split in SPLITS:
        stored = getattr(source.splits, split)
        if stored is not None:
            found[split] = _sample(read_file(uploads.path(stored), stored, uploads.limits), source)
    return found


def _columns(specs: Sequence[TaskSpec]) -> list[str] | None:
    """The columns that specifications name; None (all) where a text is made of words and may have no column."""
    if not specs or any(spec.tokens for spec in specs):
        return None
    named = [column for spec in specs for column in (spec.text, spec.text_pair, spec.label)]
    return list(dict.fromkeys(column for column in named if column is not None))


def _sample(table: Table, source: FileSource) -> Table:
    """At most ``max_rows`` rows of a file."""
    if len(table.rows) <= source.max_rows:
        return table
    chosen = sorted(Random(source.seed).sample(range(len(table.rows)), source.max_rows))
    return replace(table, rows=[table.rows[index] for index in chosen])


Rows = dict[Split, list[Row]]


def divide(source: Source, tables: Mapping[Split, Table], specs: Sequence[TaskSpec]) -> tuple[Rows, list[Dropped]]:
    """The rows of all three splits as the tasks take them; those that are not there are made from the training rows.

    A split without a single label, such as the test of a competition, counts as not there.

    Raises:
        DataError: ``bad_rows`` where the source says to stop, ``no_rows``, ``too_few_rows``, ``column``.
    """
    found: Rows = {}
    dropped: list[Dropped] = []
    for split, table in tables.items():
        rows, problems = read_rows(table, specs, source.name)
        counts = count_problems(problems)
        if not rows and split != "train" and set(counts) == {"missing_label"}:
            continue
        if not rows:
            raise refusal("no_rows", source=source.name, split=split, problems=counts)
        if problems and source.bad_rows == "stop":
            first = [problem.to_dict() for problem in problems[:20]]
            wrong = len({problem.row for problem in problems})
            raise refusal("bad_rows", source=source.name, split=split, rows=wrong, problems=counts, first=first)
        if problems:
            dropped.append(Dropped(source.name, split, len({problem.row for problem in problems}), counts))
        found[split] = list(rows)
    absent = [split for split in SPLITS if split not in found]
    if absent:
        found |= make_splits(found["train"], absent, specs, source.seed, source.name)
    return found, dropped
