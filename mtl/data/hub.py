"""Data sets of the Hub: tables of Parquet, JSON or CSV, never a script.

``datasets`` is imported when something is read: listing tasks needs neither it nor the network.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from mtl.data.hub_failures import told, trying
from mtl.data.label_names import label_names
from mtl.data.refusals import refusal
from mtl.data.sources import SPLITS, Split
from mtl.data.table import Table, make_table
from mtl.errors import DataError
from mtl.hub import in_background
from mtl.runs.sources import HubSource

if TYPE_CHECKING:
    from datasets import DatasetBuilder

DEADLINE_S = 5.0
"""How long the Hub may take to say what a data set holds."""
WHOLE_BYTES = 64 * 2**20
"""A configuration of at most this size is downloaded and kept in the cache; of a larger one only rows are read."""
RESHARD = 16
"""With at most so many files, each is read at several places: a file may be sorted by label."""
BUFFER = 2000
"""Rows among which a streamed one is drawn."""
USUAL_NAMES: Mapping[Split, Sequence[str]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "validation_matched"),
    "test": ("test", "testing", "test_matched"),
}
DATA_SUFFIXES = (".parquet", ".json", ".jsonl", ".csv", ".tsv")
PACKED_SUFFIXES = (".gz", ".zst", ".bz2", ".xz")


@dataclass(frozen=True)
class Listing:
    """What the Hub says of a data set before any of it is read."""

    commit: str | None
    sizes: Mapping[str, int]
    """Bytes of each file."""


def look_up(source: HubSource) -> Listing:
    """Asks the Hub for a data set's files, without the server's token: nobody reads what only its owner may.

    Raises:
        DataError: ``offline`` after ``DEADLINE_S`` seconds, ``not_found``, ``gated``, ``revision``, ``unavailable``,
            ``script`` or ``no_data``.
    """
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        return Listing(None, {})
    info = _in_time(
        lambda: HfApi(token=False).dataset_info(
            source.id, revision=source.revision, timeout=DEADLINE_S, files_metadata=True
        ),
        source,
    )
    if info.gated:
        raise refusal("gated", id=source.id)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    script = f"{source.id.rpartition('/')[2]}.py"
    if script in sizes:
        raise refusal("script", id=source.id, found=script)
    if not any(_is_data(name) for name in sizes):
        raise refusal("no_data", id=source.id)
    return Listing(info.sha, sizes)


def _is_data(name: str) -> bool:
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name.lower().endswith(DATA_SUFFIXES)


def _in_time(ask: Callable[[], Any], source: HubSource) -> Any:
    """What ``ask`` gives within the deadline."""
    answer = in_background(ask)
    offline = refusal("offline", id=source.id, seconds=DEADLINE_S)
    try:
        return answer.result(DEADLINE_S)
    except Late:
        raise offline from None
    except Exception as raised:  # each layer of the client has errors of its own
        error = told(raised, source.id)
        reason = error.details["reason"]
        if reason == "revision":
            error = refusal("revision", id=source.id, found=source.revision)
        raise offline if reason == "cut" else error from raised


def read_hub(source: HubSource, columns: Sequence[str] | None = None) -> dict[Split, Table]:
    """The splits of a data set, each a seeded sample of at most ``max_rows`` rows.

    With ``HF_HUB_OFFLINE`` set, what is in the cache of `datasets` is read.

    Args:
        source: Which data set.
        columns: Those that are needed; None reads all.

    Raises:
        DataError: As ``look_up``, and ``config``, ``split``, ``no_train``, ``column``, ``cut`` or ``unreadable``.
        StorageError: The cache's disk is full or cannot be written.
    """
    listing = look_up(source)
    with _quiet():
        builder = _builder(source, listing)
        names = _splits(source, builder)
        whole = listing.commit is None or _bytes(source, builder, listing) <= WHOLE_BYTES
        if whole:
            trying(builder.download_and_prepare, source.id)
        read = _read_whole if whole else _read_stream
        found: dict[Split, Table] = {}
        for split, name in names.items():
            found[split] = trying(lambda name=name: read(builder, name, source, columns), source.id)  # type: ignore[misc]
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars on the server's terminal, and no more retries than the Hub's client makes: a person waits."""
    import datasets

    datasets.disable_progress_bars()
    datasets.config.STREAMING_READ_MAX_RETRIES = 1
    datasets.config.STREAMING_READ_RETRY_INTERVAL = 1
    datasets.config.STREAMING_READ_SERVER_UNAVAILABLE_RETRY_INTERVAL = 1
    # A stream that is left before its end waits so long for its threads; five seconds each would be most of a reading.
    datasets.config.SLEEP_TIME_ON_THREADS_SHUTDOWN = 0.2
    yield


def _builder(source: HubSource, listing: Listing) -> "DatasetBuilder":
    import datasets

    # The address keeps a folder that happens to have the data set's name from being read in its place.
    place = {"path": f"hf://datasets/{source.id}", "revision": listing.commit, "token": False}
    try:
        return trying(lambda: datasets.load_dataset_builder(name=source.config, **place), source.id)
    except DataError as error:
        if listing.commit is None:
            raise refusal("offline", id=source.id, seconds=DEADLINE_S) from error  # and not in the cache
        if error.details["reason"] != "config":
            raise
        known = trying(lambda: datasets.get_dataset_config_names(**place), source.id)
        raise refusal("config", id=source.id, known=known, found=source.config) from error


def _splits(source: HubSource, builder: "DatasetBuilder") -> dict[Split, str]:
    """The data set's name of each split that it has."""
    known = [str(name) for name in (builder.config.data_files or builder.info.splits or ())]
    asked = {split: getattr(source.splits, split) for split in SPLITS}
    for name in asked.values():
        if name is not None and name not in known:
            raise refusal("split", id=source.id, known=known, found=name)
    free = [name for name in known if name not in asked.values()]
    found: dict[Split, str] = {}
    for split in SPLITS:
        usual = next((name for name in USUAL_NAMES[split] if name in free), None)
        name = asked[split] or usual
        if name is not None:
            found[split] = name
    if "train" not in found and len(known) == 1:
        return {"train": known[0]}
    if "train" not in found:
        raise refusal("no_train", id=source.id, known=known)
    return found


def _bytes(source: HubSource, builder: "DatasetBuilder", listing: Listing) -> int:
    """Bytes of all files of the configuration."""
    total = 0
    for files in (builder.config.data_files or {}).values():
        for file in files:
            path = str(file).partition(f"{source.id}@")[2].partition("/")[2]
            total += listing.sizes.get(path, WHOLE_BYTES)
    return total


def _read_whole(builder: "DatasetBuilder", split: str, source: HubSource, columns: Sequence[str] | None) -> Table:
    table = builder.as_dataset(split=split)
    names = label_names(table.features.to_dict())
    if columns is not None:
        table = table.select_columns(_outer(columns, table.column_names, source))
    if len(table) > source.max_rows:
        table = table.select(sorted(Random(source.seed).sample(range(len(table)), source.max_rows)))
    return make_table(table.with_format(None).to_list(), names=names)


def _read_stream(builder: "DatasetBuilder", split: str, source: HubSource, columns: Sequence[str] | None) -> Table:
    stream = builder.as_streaming_dataset(split=split)
    features = stream.features or stream._resolve_features().features
    names = label_names(features.to_dict())
    if columns is not None:
        stream = stream.select_columns(_outer(columns, list(features), source))
    if stream.num_shards <= RESHARD:
        stream = stream.reshard()
    stream = stream.shuffle(seed=source.seed, buffer_size=BUFFER)
    return make_table(list(stream.take(source.max_rows)), names=names)


def _outer(columns: Sequence[str], known: Sequence[str], source: HubSource) -> list[str]:
    """The data set's own columns in which the asked ones lie: `translation` for `translation.en`."""
    found = []
    for column in columns:
        outer = column if column in known else column.rpartition(".")[0]
        if outer not in known:
            raise refusal("column", source=source.id, found=column, known=list(known))
        found.append(outer)
    return list(dict.fromkeys(found))
