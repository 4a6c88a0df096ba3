"""Uploaded files: taken in under a name of the store's own, found by it alone, and let go again."""

import os
from pathlib import Path

import pytest

from mtl.data.table import Limits
from mtl.data.uploads import Uploads
from mtl.errors import DataError, StorageError
from mtl.runs.sources import UPLOAD

NAME = "a" * 22


@pytest.fixture
def sent(tmp_path):
    path = tmp_path / "sent"
    path.write_text("text,label\na,x\n")
    return path


def test_a_file_is_found_by_the_name_it_got(uploads, sent):
    stored = uploads.save(sent, "../../etc/My Data (1).CSV")
    assert UPLOAD.fullmatch(stored)
    assert stored.endswith(".csv")
    assert uploads.path(stored).read_text() == sent.read_text()
    assert uploads.save(sent, "b.csv") != stored


@pytest.mark.parametrize(
    "name",
    ["", "..", "../secret.csv", "/etc/passwd", NAME, f"{NAME}.csv/../x", f"{NAME}.csv\n", 7, None, f"{NAME}.csv"],
)
def test_no_other_name_leads_anywhere(name, uploads, sent):
    uploads.save(sent, "a.csv")
    with pytest.raises(DataError) as caught:
        uploads.path(name)
    assert caught.value.details["reason"] == "missing"


def test_a_link_is_no_upload(uploads, sent, tmp_path):
    stored = uploads.save(sent, "a.csv")
    uploads.path(stored).unlink()
    os.symlink("/etc/hostname", tmp_path / "uploads" / stored)
    with pytest.raises(DataError):
        uploads.path(stored)


def test_a_gigabyte_is_refused_before_a_byte_is_read(uploads, tmp_path, monkeypatch):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(2**30)  # takes no room on the disk
    monkeypatch.setattr("shutil.copyfile", lambda *_: pytest.fail("it was read"))
    with pytest.raises(DataError) as caught:
        uploads.save(path, "huge.csv")
    assert caught.value.details["reason"] == "too_large"
    assert caught.value.details["found"] == 2**30
    assert str(uploads.limits.file_bytes) in caught.value.message


def test_a_disk_that_cannot_be_written_is_said(sent, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        Uploads(tmp_path / "file" / "uploads").save(sent, "a.csv")


def test_the_oldest_files_go_first_and_those_in_use_stay(sent, tmp_path):
    uploads = Uploads(tmp_path / "uploads", Limits())
    assert uploads.prune(0) == []
    names = [uploads.save(sent, "a.csv") for _ in range(4)]
    for age, name in enumerate(names):
        os.utime(uploads.path(name), (age, age))
    size = sent.stat().st_size
    assert uploads.prune(2 * size, keep={names[0]}) == names[1:3]
    assert uploads.path(names[0])
    assert uploads.path(names[3])


def test_a_disk_that_fills_up_leaves_no_half_file(sent, uploads, tmp_path, monkeypatch):
    def fills_up(source, target):
        Path(target).write_bytes(Path(source).read_bytes()[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mtl.data.uploads.shutil.copyfile", fills_up)
    with pytest.raises(StorageError) as caught:
        uploads.save(sent, "a.csv")
    assert caught.value.details["reason"] == "full"
    assert list(tmp_path.rglob(".new-*")) == []


def test_files_from_before_a_time_are_deleted_unless_a_run_needs_them(uploads, sent):
    names = [uploads.save(sent, "a.csv") for _ in range(3)]
    for name, at in zip(names, (100, 200, 300), strict=True):
        os.utime(uploads.path(name), (at, at))
    assert uploads.size() == 3 * sent.stat().st_size
    assert uploads.prune(10**9, keep={names[0]}, oldest=250) == [names[1]]
    assert uploads.path(names[0]) and uploads.path(names[2])
    assert uploads.size() == 2 * sent.stat().st_size
