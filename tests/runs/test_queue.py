import threading
import time

import pytest

from mtl.errors import RunNotFound, WorkerLost
from mtl.runs.config import RunConfig
from mtl.runs.launcher import UNWRITABLE
from mtl.runs.presence import Claim
from mtl.runs.process import Process
from mtl.runs.store import RunStore


class PaperLauncher:
    """Starts nothing, remembers what it was asked to start, and ends runs when told."""

    def __init__(self):
        self.started = []
        self.ended = {}
        self.refuse = None

    def start(self, folder, ended):
        if self.refuse:
            raise self.refuse
        self.started.append(folder.name)
        self.ended[folder.name] = ended

    def finish(self, run_id, code=0):
        self.ended.pop(run_id)(code)


@pytest.fixture
def paper():
    return PaperLauncher()


@pytest.fixture
def ids(store):
    return [store.create(RunConfig()) for _ in range(4)]


def claim(store, run_id, process=None):
    assert Claim(process or Process.current(), time.time()).write(store.folder(run_id))


def test_with_one_slot_runs_start_one_after_the_other_in_order(store, paper, ids, make_queue, until):
    queue = make_queue(store, paper)
    assert until(lambda: paper.started) == ids[:1]  # the four were waiting already
    for number, run_id in enumerate(ids[:-1], start=1):
        assert [queue.position(each) for each in ids[number:]] == list(range(1, len(ids) - number + 1))
        assert store.status(run_id).state == "starting"
        assert store.status(ids[-1]).queue_position == len(ids) - number
        assert paper.started == ids[:number]
        paper.finish(run_id)
        until(lambda expected=number + 1: len(paper.started) == expected)
    assert paper.started == ids
    assert queue.position(ids[-1]) == 0


def test_two_slots_hold_two_runs(store, paper, ids, make_queue, until):
    make_queue(store, paper, slots=2)
    until(lambda: len(paper.started) == 2)
    paper.finish(ids[1])
    until(lambda: len(paper.started) == 3)
    assert paper.started == ids[:3]
    assert store.status(ids[3]).queue_position == 1


def test_a_run_submitted_twice_from_two_threads_starts_once(store, paper, make_queue, until):
    queue = make_queue(store, paper, slots=8)
    run_id = store.create(RunConfig())
    clicks = [threading.Thread(target=queue.submit, args=[run_id]) for _ in range(16)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    other = store.create(RunConfig())
    queue.submit(other)
    until(lambda: other in paper.started)
    assert paper.started == [run_id, other]
    claim(store, run_id, Process(1, "1"))
    paper.finish(run_id)
    queue.submit(run_id)  # it has been: once more changes nothing
    assert queue.position(run_id) is None


def test_an_unknown_run_is_not_queued(store, paper, make_queue):
    queue = make_queue(store, paper)
    for run_id in ("../x", "a" * 22):
        with pytest.raises(RunNotFound):
            queue.submit(run_id)


def test_a_click_reaches_the_launcher_without_delay(store, paper, make_queue, until):
    queue = make_queue(store, paper)
    run_id = store.create(RunConfig())
    began = time.monotonic()
    queue.submit(run_id)
    while not paper.started:
        assert time.monotonic() - began < 5
    assert time.monotonic() - began < 0.25  # a few ms on a quiet machine


def test_stopping_a_waiting_run_ends_it_at_once_and_it_never_starts(store, paper, ids, make_queue, until):
    make_queue(store, paper)
    until(lambda: paper.started)
    store.request_stop(ids[1])
    store.request_stop(ids[1])
    now = store.status(ids[1])
    assert (now.state, now.reason, now.queue_position) == ("stopped", "requested", None)
    assert store.status(ids[2]).queue_position == 1
    paper.finish(ids[0])
    until(lambda: len(paper.started) == 2)
    assert paper.started == [ids[0], ids[2]]


def test_waiting_runs_survive_a_restart_and_stopped_ones_do_not_start(store, paper, ids, make_queue, until, tmp_path):
    claim(store, ids[0], Process(1, "1"))  # ran under the old server, and is gone
    store.request_stop(ids[1])  # asked for while no server was there
    fresh = RunStore(tmp_path / "checkpoints")
    make_queue(fresh, paper)
    assert until(lambda: paper.started) == [ids[2]]
    assert fresh.status(ids[0]).state == "interrupted"
    assert fresh.status(ids[1]).state == "stopped"
    assert fresh.status(ids[3]).queue_position == 1


def test_a_worker_of_an_earlier_server_holds_the_slot_until_it_is_gone(store, paper, ids, make_queue, until):
    claim(store, ids[0])  # this very process: alive
    make_queue(store, paper)
    assert store.status(ids[1]).queue_position == 1
    assert not paper.started
    (store.folder(ids[0]) / "events.jsonl").write_text('{"type":"finished","t":1,"step":1,"elapsed_s":1}\n')
    assert until(lambda: paper.started) == [ids[1]]


def test_a_run_that_no_process_can_be_had_for_fails_and_the_next_one_starts(store, paper, make_queue, until):
    paper.refuse = WorkerLost("No process could be started: Cannot allocate memory.", reason="not_started")
    queue = make_queue(store, paper)
    run_id = store.create(RunConfig())
    queue.submit(run_id)
    until(lambda: store.status(run_id).state == "failed")
    assert store.status(run_id).error["error"] == "WorkerLost"
    paper.refuse = None
    other = store.create(RunConfig())
    queue.submit(other)
    assert until(lambda: paper.started) == [other]


def test_a_worker_that_ends_before_it_took_its_run_has_failed(store, paper, ids, make_queue, until):
    make_queue(store, paper)
    until(lambda: paper.started)
    paper.finish(ids[0], code=1)
    now = store.status(ids[0])
    assert (now.state, now.error["error"]) == ("failed", "WorkerLost")
    assert now.error["details"] == {"reason": "not_started", "exit_code": 1}


def test_a_worker_that_is_stopped_before_it_took_its_run_was_stopped(store, paper, ids, make_queue, until):
    make_queue(store, paper)
    until(lambda: paper.started)
    store.request_stop(ids[0])
    assert store.status(ids[0]).state == "starting"
    paper.finish(ids[0], code=-15)
    assert store.status(ids[0]).state == "stopped"


def test_a_worker_that_could_write_nothing_leaves_a_storage_error(store, paper, ids, make_queue, until):
    make_queue(store, paper)
    until(lambda: paper.started)
    claim(store, ids[0], Process(1, "1"))
    paper.finish(ids[0], UNWRITABLE)
    assert store.status(ids[0]).error["error"] == "StorageError"


def test_a_killed_worker_stays_interrupted(store, paper, ids, make_queue, until):
    make_queue(store, paper)
    until(lambda: paper.started)
    claim(store, ids[0], Process(1, "1"))
    paper.finish(ids[0], -9)
    assert store.status(ids[0]).state == "interrupted"
    until(lambda: len(paper.started) == 2)


def test_a_closed_queue_starts_nothing_and_keeps_what_waits(store, paper, ids, make_queue, until):
    queue = make_queue(store, paper)
    until(lambda: paper.started)
    queue.close()
    paper.finish(ids[0], code=-9)  # its worker had not taken it yet
    assert paper.started == ids[:1]
    assert store.unstarted() == ids
