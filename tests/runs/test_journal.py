import errno
import json
import os
import threading
from contextlib import closing

import pytest

from mtl.errors import StorageError
from mtl.runs import journal
from mtl.runs.events import Loss, Phase
from mtl.runs.journal import Journal


def loss(step, value=0.5, task="topic"):
    return Loss(step=step, task=task, split="train", loss=value, examples=step)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


@pytest.fixture
def book(path):
    with closing(Journal(path, lambda: 1.23456)) as book:
        yield book


def test_what_was_appended_is_read_with_its_time(path, book):
    book.append(Phase(step=0, phase="loading"))
    book.append(loss(1, task="日本"))
    events, cursor = journal.read(path, 0)
    assert events == [
        {"type": "phase", "step": 0, "phase": "loading", "t": 1.235},
        {"type": "loss", "step": 1, "task": "日本", "split": "train", "loss": 0.5, "examples": 1, "t": 1.235},
    ]
    assert cursor == path.stat().st_size
    assert journal.read(path, cursor) == ([], cursor)


def test_a_read_from_a_cursor_gives_only_what_is_new(path, book):
    book.append(loss(1))
    _, cursor = journal.read(path, 0)
    book.append(loss(2))
    assert [event["step"] for event in journal.read(path, cursor)[0]] == [2]


def test_read_leaves_a_half_written_line_for_later(path, book):
    book.append(loss(1))
    whole = path.stat().st_size
    line = json.dumps({"type": "loss", "step": 2}).encode()
    with open(path, "ab") as file:
        file.write(line[:9])
    assert journal.read(path, whole) == ([], whole)
    with open(path, "ab") as file:
        file.write(line[9:] + b"\n")
    assert journal.read(path, whole) == ([{"type": "loss", "step": 2}], path.stat().st_size)


def test_a_line_torn_by_a_crash_is_closed_by_the_next_writer_and_skipped(path):
    path.write_bytes(b'{"type":"loss","step":1}\n{"type":"lo')
    with closing(Journal(path, lambda: 0.0)) as book:
        book.append(loss(7))
        book.append(loss(8))
    assert [event["step"] for event in journal.read(path, 0)[0]] == [1, 7, 8]


def test_a_cursor_past_the_end_starts_again(path, book):
    book.append(loss(1))
    assert len(journal.read(path, 10**9)[0]) == 1
    assert len(journal.read(path, -5)[0]) == 1


def test_a_cursor_within_a_line_loses_that_line_only(path, book):
    book.append(loss(1))
    book.append(loss(2))
    assert [event["step"] for event in journal.read(path, 5)[0]] == [2]


def test_lines_that_are_no_events_are_skipped(path):
    path.write_bytes(b'\xff\xfe{}\n[1]\n3\n{"step":1}\n\n\x00\x00\n{"type":"phase","step":4}\n')
    assert journal.read(path, 0) == ([{"type": "phase", "step": 4}], path.stat().st_size)


def test_no_file_is_no_events(path):
    assert journal.read(path, 12) == ([], 0)


def test_a_read_is_cut_at_a_line_below_its_limit_and_goes_on_from_there(path, book):
    for step in range(50):
        book.append(loss(step))
    cursor, steps = 0, []
    while True:
        events, following = journal.read(path, cursor, limit_bytes=300)
        assert following - cursor <= 300
        if following == cursor:
            break
        cursor = following
        steps += [event["step"] for event in events]
    assert steps == list(range(50))


def test_a_line_longer_than_the_limit_is_read_whole(path, book):
    book.append(loss(1, task="x" * 1000))
    book.append(loss(2))
    events, cursor = journal.read(path, 0, limit_bytes=64)
    assert events[0]["task"] == "x" * 1000
    assert cursor <= path.stat().st_size


def test_a_reader_beside_a_writer_sees_every_event_once_and_in_order(path, book):
    writer = threading.Thread(target=lambda: [book.append(loss(step)) for step in range(2000)])
    writer.start()
    cursor, steps = 0, []
    while writer.is_alive() or journal.read(path, cursor)[0]:
        events, cursor = journal.read(path, cursor, limit_bytes=1000)
        steps += [event["step"] for event in events]
    writer.join()
    assert steps == list(range(2000))


def test_writers_in_several_threads_do_not_mix_their_lines(path, book):
    writers = [
        threading.Thread(target=lambda name=name: [book.append(loss(s, task=name * 200)) for s in range(200)])
        for name in "abc"
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    events, cursor = journal.read(path, 0)
    while cursor < path.stat().st_size:
        more, cursor = journal.read(path, cursor)
        events += more
    for name in "abc":
        assert [event["step"] for event in events if event["task"] == name * 200] == list(range(200))


@pytest.mark.parametrize(("number", "reason"), [(errno.ENOSPC, "full"), (errno.EROFS, "read_only")])
def test_a_disk_that_refuses_is_a_typed_error(path, book, monkeypatch, number, reason):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(StorageError) as caught:
        book.append(loss(1))
    assert caught.value.details == {"reason": reason, "file": "events.jsonl"}


def test_a_disk_that_takes_half_a_line_loses_that_line_only(path, book, monkeypatch):
    write, calls = os.write, []

    def take_half(file, data):
        calls.append(data)
        if len(calls) == 1:
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", take_half)
    with pytest.raises(StorageError):
        book.append(loss(1))
    monkeypatch.undo()
    book.append(loss(2))
    assert [event["step"] for event in journal.read(path, 0)[0]] == [2]


def test_a_full_disk_is_a_typed_error(small_disk):
    path = small_disk("size=16k") / "events.jsonl"
    with closing(Journal(path, lambda: 0.0)) as book, pytest.raises(StorageError) as caught:
        for step in range(1000):
            book.append(loss(step))
    assert caught.value.details["reason"] == "full"
    steps = [event["step"] for event in journal.read(path, 0)[0]]
    assert len(steps) > 100
    assert steps == list(range(len(steps)))


def test_a_read_only_disk_is_a_typed_error(small_disk):
    with pytest.raises(StorageError) as caught:
        Journal(small_disk("ro") / "events.jsonl", lambda: 0.0)
    assert caught.value.details == {"reason": "read_only", "file": "events.jsonl"}
