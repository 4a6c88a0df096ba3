"""A visitor's file as a table, whatever its kind. The ending is a hint; the first bytes decide."""

from pathlib import Path

from mtl.data.conll import looks_like_conll, read_conll
from mtl.data.delimited import read_delimited
from mtl.data.encodings import decode
from mtl.data.json_rows import read_json
from mtl.data.parquet import read_parquet
from mtl.data.refusals import damage, refusal
from mtl.data.table import LIMITS, Limits, Table

PARQUET = b"PAR1"
PACKED = (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"),
)  # fmt: skip


def read_file(path: Path, name: str, limits: Limits = LIMITS) -> Table:
    """The table in a file.

    Args:
        path: Where it is.
        name: What it is called in errors; its ending is the hint.
        limits: What is too much.

    Raises:
        DataError: As ``refusals`` lists for files and tables.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise refusal("too_large", file=name, limit=limits.file_bytes, found=size)
    with path.open("rb") as file:
        start = file.read(8)
    packed = next((kind for mark, kind in PACKED if start.startswith(mark)), None)
    if packed:
        raise refusal("compressed", file=name, found=packed)
    if start.startswith(PARQUET):
        return read_parquet(path, name, limits)
    if name.lower().endswith(".parquet"):
        raise damage(name, "magic")
    text, encoding = decode(path.read_bytes(), name)
    if not text.strip():
        raise refusal("empty", file=name)
    table = _read_text(text, name, limits)
    return Table(table.columns, table.rows, table.problems, {**table.layout, "encoding": encoding})


def _read_text(text: str, name: str, limits: Limits) -> Table:
    suffix = name.rpartition(".")[2].lower()
    if suffix in ("json", "jsonl") or (suffix == "txt" and text.lstrip()[:1] in ("{", "[")):
        return read_json(text, name, limits)
    if suffix in ("conll", "conllu", "bio") or (suffix in ("txt", "tsv") and looks_like_conll(text)):
        return read_conll(text, name, limits)
    table = read_delimited(text, name, limits, tabs=suffix in ("tsv", "txt"))
    return Table(table.columns, table.rows, table.problems, {"format": "delimited", **table.layout})
