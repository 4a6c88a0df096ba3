import errno
import json
import os
import time
from contextlib import closing

import pytest

from mtl.errors import StorageError
from mtl.runs.presence import LAST_WORDS_BYTES, Claim, Heartbeat, LastWords, last_words
from mtl.runs.process import Process


def test_a_run_is_taken_once(tmp_path):
    first, second = Claim(Process(11, "100"), 5.0), Claim(Process(12, "200"), 6.0)
    assert Claim.read(tmp_path) is None
    assert first.write(tmp_path)
    assert not second.write(tmp_path)
    assert Claim.read(tmp_path) == first


def test_a_claim_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(json, "dumps", refuse)
    with pytest.raises(StorageError):
        Claim(Process(11, "100"), 5.0).write(tmp_path)
    monkeypatch.undo()
    assert Claim(Process(12, "200"), 6.0).write(tmp_path)


@pytest.mark.parametrize("content", ["", '{"pid": 3', "[]", '{"pid": 3}'])
def test_a_claim_that_is_just_being_written_is_none_yet(tmp_path, content):
    (tmp_path / "worker.json").write_text(content)
    assert Claim.read(tmp_path) is None


def test_the_heart_beats_until_the_end(tmp_path, until):
    path = tmp_path / "heartbeat"
    with Heartbeat(tmp_path, every=0.01):
        os.utime(path, (0, 0))
        until(lambda: path.stat().st_mtime > time.time() - 5, 5)
    os.utime(path, (0, 0))
    assert path.stat().st_mtime == 0


def test_last_words_take_no_new_space(tmp_path):
    with closing(LastWords(tmp_path)) as words:
        assert last_words(tmp_path) is None
        assert (tmp_path / "error.json").stat().st_size == LAST_WORDS_BYTES
        words.say({"type": "failed", "error": "StorageError", "message": "full", "traceback": "x" * 9999})
        assert (tmp_path / "error.json").stat().st_size == LAST_WORDS_BYTES
    assert last_words(tmp_path) == {"type": "failed", "error": "StorageError", "message": "full"}


def test_last_words_that_are_too_long_are_cut_and_can_still_be_read(tmp_path):
    with closing(LastWords(tmp_path)) as words:
        words.say({"type": "failed", "error": "E", "message": "é" * 9999, "details": {"found": "y" * 9999}})
    assert last_words(tmp_path) == {"type": "failed", "error": "E", "message": "é" * 200, "details": {}}


def test_last_words_fit_on_a_disk_that_is_full(small_disk):
    disk = small_disk("size=64k")
    with closing(LastWords(disk)) as words:
        with pytest.raises(OSError, match="No space left"), open(disk / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        words.say({"type": "failed", "error": "StorageError"})
    assert last_words(disk) == {"type": "failed", "error": "StorageError"}
