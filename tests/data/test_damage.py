"""One row for each kind of damage a source can have: the reason, and the values that a page says in its own words."""

import io
import json
import re

import pyarrow
import pyarrow.parquet
import pytest

from mtl.data.origins import RunData
from mtl.data.refusals import REFUSALS
from mtl.data.table import Limits
from mtl.errors import DataError
from mtl.runs.config import RunConfig

SMALL = Limits(file_bytes=4000, table_bytes=50_000, rows=20, columns=5, labels=3)


def parquet(**columns):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer, compression="zstd", write_statistics=False)
    return buffer.getvalue()


def lines(count, text="text {}", label="l{}"):
    return "text,label\n" + "".join(f"{text.format(at)},{label.format(at % 2)}\n" for at in range(count))


CUT = parquet(text=["a", "b"])[:-10]
FILES = [
    ("too_large", "a.csv", "text,label\n" + "a,b\n" * 1000, {"limit": 4000, "found": 4011}),
    ("too_large", "a.parquet", parquet(text=["a" * 3000] * 20), {"limit": 50_000}),
    ("compressed", "a.csv", b"PK\x03\x04" + b"\0" * 50, {"found": "zip"}),
    ("compressed", "a.xlsx.csv", b"PK\x05\x06" + b"\0" * 50, {"found": "zip"}),
    ("compressed", "a.json", b"\x1f\x8b\x08" + b"\0" * 50, {"found": "gzip"}),
    ("binary", "a.csv", bytes(range(256)) * 4, {}),
    ("encoding", "a.csv", ("文本,标签\n" + "很好吃,好\n" * 50).encode()[:-3] + b"\xff", {"found": 711}),
    ("empty", "a.csv", b"", {}),
    ("empty", "a.csv", b" \n\t\n", {}),
    ("empty", "a.csv", "text,label\n", {}),
    ("empty", "a.json", "[]", {}),
    ("empty", "a.conll", "-DOCSTART- O\n\n", {}),
    ("empty", "a.parquet", parquet(text=pyarrow.array([], pyarrow.string())), {}),
    ("damaged", "a.csv", "text,label\n" + "a\n" * 4 + "b,x\n", {"how": "cells", "columns": 2}),
    ("damaged", "a.json", '{"text": ', {"how": "json", "line": 1, "column": 10}),
    ("damaged", "a.json", '{"text": 5}', {"how": "layout"}),
    ("damaged", "a.json", '[{"paragraphs": [{"qas": [{}]}]}]', {"how": "squad", "key": "'context'"}),
    ("damaged", "a.json", "[" * 3000, {"how": "nested", "found": "it is nested too deeply"}),
    ("damaged", "a.jsonl", '{"text"\n[1]\n{"text": "a"}', {"how": "line", "line": 1}),
    ("damaged", "a.conll", "word\nword\n\nword", {"how": "tag"}),
    ("damaged", "a.parquet", CUT, {"how": "parquet"}),
    ("damaged", "a.parquet", "text,label\na,b\n", {"how": "magic"}),
    ("too_many_rows", "a.csv", lines(21), {"limit": 20}),
    ("too_many_rows", "a.jsonl", '{"text": "a"}\n' * 21, {"limit": 20, "found": 21}),
    ("too_many_rows", "a.conll", "w\tO\n\n" * 21, {"limit": 20}),
    ("too_many_rows", "a.parquet", parquet(text=["a"] * 21), {"limit": 20, "found": 21}),
    ("too_many_columns", "a.csv", "a,b,c,d,e,f\n" * 2, {"limit": 5, "found": 6}),
    ("too_many_columns", "a.json", json.dumps([dict.fromkeys("abcdef", 1)]), {"limit": 5, "found": 6}),
    ("too_many_columns", "a.parquet", parquet(**{name: [1] for name in "abcdef"}), {"limit": 5, "found": 6}),
    ("too_many_columns", "a.conll", "1 2 3 4 5 6\n", {"limit": 5, "found": 6}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "name", "content", "details"), FILES, ids=[f"{each[0]}-{at}" for at, each in enumerate(FILES)]
)
def test_a_damaged_file_is_refused_with_its_reason(reason, name, content, details, read):
    with pytest.raises(DataError) as caught:
        read(name, content, SMALL)
    check(caught.value, reason, details)


def check(error, reason, details):
    """The error has its reason and values, and its message says them."""
    assert error.details["reason"] == reason
    assert details.items() <= error.details.items()
    for name, value in details.items():
        if name != "how" and isinstance(value, int | str):
            assert str(value) in error.message
    assert "{" not in re.sub(r"`[^`]*`", "", error.message)
    json.dumps(error.details, allow_nan=False)


def test_a_parquet_file_that_lies_about_its_size_is_given_up_on_the_way(read):
    """A single text of a dictionary, named by every row: small on disk, huge when unpacked."""
    content = parquet(text=pyarrow.array(["a" * 3000] * 20).dictionary_encode())
    with pytest.raises(DataError) as caught:
        read("a.parquet", content, SMALL)
    check(caught.value, "too_large", {"limit": 50_000})


def test_a_quotation_mark_that_is_never_closed_swallows_nothing(read):
    content = lines(5) + '"never closed,l0\n' + lines(5).partition("\n")[2]
    assert len(read("a.csv", content, SMALL).rows) == 11
    with pytest.raises(DataError) as caught:
        read("a.csv", '"text","label"\n' + '"a","b"\n' * 9000 + '"never closed,' + "c" * 140_000)
    check(caught.value, "damaged", {"how": "quote"})


SPEC = {"kind": "classification", "source": "mine", "label": "label"}
MANY = "text,label\n" + "".join(f"t{at},l{at}\n" for at in range(501))
SAME = "text,label\n" + "The same,l0\nthe SAME!,l1\n" * 6
BAD = lines(12) + "\u200b,l0\nodd,l9\n"
TOLD = {"empty_text": 1, "unknown_label": 1}
XY = {"labels": ["x", "y"]}
TWO = {"labels": ["l0", "l1"]}
STOP = {"bad_rows": "stop"}
SOURCES = [
    ("column", lines(12), {"label": "topic"}, {}, {"found": "topic", "known": ["text", "label"]}),
    ("one_label", lines(12, label="same"), {}, {}, {"column": "label", "found": 1}),
    ("too_many_labels", MANY, {}, {}, {"limit": 500, "found": 501}),
    ("no_rows", lines(12, label="m{}"), XY, {}, {"split": "train", "problems": {"unknown_label": 12}}),
    ("too_few_rows", SAME, {}, {}, {"limit": 10, "found": 1}),
    ("bad_rows", BAD, TWO, STOP, {"rows": 2, "problems": TOLD}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "content", "spec", "source", "details"), SOURCES, ids=[each[0] for each in SOURCES])
def test_a_source_that_no_task_can_use_is_refused_with_its_reason(
    reason, content, spec, source, details, uploads, upload
):
    values = {"tasks": [{"name": "task", "spec": {**SPEC, **spec}}], "sources": [upload("a.csv", content, **source)]}
    config = RunConfig.from_dict(values)
    with pytest.raises(DataError) as caught:
        RunData(config, uploads).specs()
    error = caught.value
    assert error.details["reason"] == reason
    assert details.items() <= error.details.items()


def test_a_file_that_is_gone_is_refused(uploads, upload):
    source = upload("a.csv", lines(12))
    uploads.path(source.splits.train).unlink()
    config = RunConfig.from_dict({"tasks": [{"name": "task", "spec": SPEC}], "sources": [source]})
    for store in (uploads, None):
        with pytest.raises(DataError) as caught:
            RunData(config, store).specs()
        check(caught.value, "missing", {"file": source.splits.train})


@pytest.mark.parametrize("name", ["a.xlsx", "a.zip", "a.csv.gz", "csv", "a.", "a.py", ""])
def test_other_kinds_of_files_are_refused_by_their_ending(name, uploads, tmp_path):
    (tmp_path / "sent").write_text("text,label\na,b\n")
    with pytest.raises(DataError) as caught:
        uploads.save(tmp_path / "sent", name)
    check(caught.value, "suffix", {})


HUB = {
    "not_found", "gated", "revision", "config", "split", "no_train", "script", "no_data", "offline", "unavailable",
    "cut", "unreadable",
}  # fmt: skip
"""These have their rows where there is a Hub to ask: tests/hub."""


def test_every_reason_has_its_row():
    here = {each[0] for each in FILES} | {each[0] for each in SOURCES} | {"missing", "suffix"}
    assert here | HUB == set(REFUSALS)
