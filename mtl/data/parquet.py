"""Parquet files that a visitor brought. What they say of their own size is looked at before they are unpacked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.data.label_names import label_names
from mtl.data.refusals import damage, refusal
from mtl.data.table import Limits, Table, make_table

if TYPE_CHECKING:
    import pyarrow.parquet

BATCH = 256
"""Rows unpacked at once: what a file does not say of its size shows after so many."""


def read_parquet(path: Path, file: str, limits: Limits) -> Table:
    """The table of a Parquet file, with the names of its labels if `datasets` wrote it.

    Raises:
        DataError: ``damaged``, ``empty``, ``too_large``, ``too_many_rows`` or ``too_many_columns``.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as parquet:
            _check_size(parquet, file, limits)
            rows = _unpack(parquet, file, limits)
            names = label_names(_features(parquet.schema_arrow.metadata or {}))
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise damage(file, "parquet") from error
    if not rows:
        raise refusal("empty", file=file)
    return make_table(rows, names=names, layout={"format": "parquet"})


def _check_size(parquet: "pyarrow.parquet.ParquetFile", file: str, limits: Limits) -> None:
    """Refuses by what the footer says, before a row is read."""
    footer = parquet.metadata
    size = sum(footer.row_group(at).total_byte_size for at in range(footer.num_row_groups))
    if size > limits.table_bytes:
        raise refusal("too_large", file=file, limit=limits.table_bytes, found=size)
    if footer.num_rows > limits.rows:
        raise refusal("too_many_rows", file=file, limit=limits.rows, found=footer.num_rows)
    if footer.num_columns > limits.columns:
        raise refusal("too_many_columns", file=file, limit=limits.columns, found=footer.num_columns)


def _unpack(parquet: "pyarrow.parquet.ParquetFile", file: str, limits: Limits) -> list[dict[str, Any]]:
    """The rows; a small file that unpacks to much is given up on the way."""
    rows: list[dict[str, Any]] = []
    size = 0
    for batch in parquet.iter_batches(BATCH):
        size += sum(map(_size, batch.columns))
        if size > limits.table_bytes:
            raise refusal("too_large", file=file, limit=limits.table_bytes, found=size)
        rows += batch.to_pylist()
    return rows


def _size(column: Any) -> int:
    """Bytes of a column's values, each counted as often as it occurs: a dictionary holds it once."""
    import pyarrow
    import pyarrow.compute

    kind = column.type
    if not pyarrow.types.is_dictionary(kind) or not pyarrow.types.is_string(kind.value_type):
        return column.nbytes
    lengths = pyarrow.compute.binary_length(column.dictionary)
    return pyarrow.compute.sum(lengths.take(column.indices)).as_py() or 0


def _features(metadata: Mapping[bytes, bytes]) -> Mapping[str, Any]:
    """What `datasets` wrote into the schema; nothing if it did not, or not in its own form."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return features if isinstance(features, Mapping) else {}
