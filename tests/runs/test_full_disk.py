"""A disk that fills up under a run: the run ends, and says why."""

import pytest

from mtl.errors import StorageError
from mtl.runs.config import RunConfig
from mtl.runs.store import RunStore


@pytest.fixture
def disk(small_disk):
    return small_disk("size=256k")


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_a_run_on_a_disk_that_fills_up_fails_and_says_why(disk, toy_config, launcher, make_queue, until, warm):
    store = RunStore(disk)
    run_id = store.create(toy_config(100_000, step_s=0.0, fill=str(disk / "filler")))
    if warm:
        launcher.warm()
    make_queue(store, launcher)
    until(lambda: store.status(run_id).final)
    now = store.status(run_id)
    assert now.state == "failed"
    assert now.error["error"] == "StorageError"
    assert now.error["details"] == {"reason": "full", "file": "events.jsonl"}
    assert now.step >= 2
    assert RunStore(disk).status(run_id).error == now.error  # the folder tells it, not this process
    until(lambda: not launcher.alive(run_id))


def test_a_run_that_begins_on_a_full_disk_fails_and_says_why(disk, toy_config, launcher, make_queue, until):
    store = RunStore(disk)
    run_id = store.create(toy_config(5))
    with pytest.raises(OSError, match="No space"), open(disk / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)
    with pytest.raises(StorageError) as caught:
        store.create(RunConfig())
    assert caught.value.details["reason"] == "full"
    make_queue(store, launcher)
    until(lambda: store.status(run_id).final)
    assert store.status(run_id).error["error"] == "StorageError"


def test_a_stop_is_heard_on_a_full_disk(disk, toy_config, launcher, make_queue, until):
    """Not even an empty file may fit: the worker is then told by a signal."""
    store = RunStore(disk)
    run_id = store.create(toy_config(100_000, step_s=0.05))
    make_queue(store, launcher)
    until(lambda: store.status(run_id).step > 1)
    (store.folder(run_id) / "control").rmdir()
    (store.folder(run_id) / "control").write_text("in the way")
    store.request_stop(run_id)
    until(lambda: store.status(run_id).final)
    assert (store.status(run_id).state, store.status(run_id).reason) == ("stopped", "signal")
