import errno
import os
from pathlib import Path

import pytest

from mtl.errors import StorageError
from mtl.runs import control
from mtl.runs.control import CHECK_EVERY, Control


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_request_by_file_is_seen_and_stays(tmp_path):
    asked = Control(tmp_path, Clock())
    assert asked.stop_requested() is None
    control.request_stop(tmp_path)
    asked._clock.now = CHECK_EVERY
    assert asked.stop_requested() == "requested"
    assert asked.stop_requested() == "requested"


def test_asking_twice_is_asking_once(tmp_path):
    control.request_stop(tmp_path)
    control.request_stop(tmp_path)
    assert Control(tmp_path).stop_requested() == "requested"


def test_the_file_is_looked_at_no_more_often_than_every_50_ms(tmp_path, monkeypatch):
    looks = []
    monkeypatch.setattr(Path, "exists", lambda self: looks.append(self))
    clock = Clock()
    asked = Control(tmp_path, clock)
    for clock.now in [0.001 * ms for ms in range(201)]:
        asked.stop_requested()
    assert len(looks) in (4, 5)  # at 0, 50, 100, 150 and perhaps 200 ms


def test_a_request_within_the_process_needs_no_look_and_the_first_reason_stays(tmp_path):
    asked = Control(tmp_path, Clock())
    asked.stop_requested()
    asked.request_stop("server_stopped")
    asked.request_stop("signal")
    assert asked.stop_requested() == "server_stopped"


def test_a_disk_that_refuses_the_request_is_a_typed_error(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "stop")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(StorageError):
        control.request_stop(tmp_path)
