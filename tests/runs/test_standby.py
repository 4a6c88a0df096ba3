"""The process that is kept warm: runs it takes, what it measures, and what happens when it dies."""

import os
import signal
import time

import pytest

from mtl.runs.presence import Claim


def ready(launcher):
    return launcher._standby is not None and launcher._standby.ready


def worker_of(store, run_id):
    claim = Claim.read(store.folder(run_id))
    return claim and claim.process


def log_of(store, run_id):
    return (store.folder(run_id) / "worker.log").read_text()


def test_a_standby_that_has_imported_everything_takes_the_run(store, toy_config, make_launcher, ending, until):
    launcher = make_launcher(TOY_LOAD="0.3")
    launcher.warm()
    launcher.warm()
    until(lambda: ready(launcher))
    pid = launcher._standby.popen.pid
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code() == 0
    assert worker_of(store, run_id).pid == pid
    assert store.status(run_id).state == "finished"
    assert store.status(run_id).elapsed_s < 0.3  # nothing was imported again
    assert "toy assembled" in log_of(store, run_id)
    until(lambda: ready(launcher))
    assert launcher._standby.popen.pid != pid


def test_a_standby_that_is_still_importing_takes_the_run_too(store, toy_config, make_launcher, ending):
    launcher = make_launcher(TOY_LOAD="0.5")
    launcher.warm()
    pid = launcher._standby.popen.pid
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code() == 0
    assert worker_of(store, run_id).pid == pid


def test_no_standby_is_warmed_while_a_run_has_the_cores(store, toy_config, launcher, ending, until):
    launcher.warm()
    until(lambda: ready(launcher))
    run_id = store.create(toy_config(10_000))
    launcher.start(store.folder(run_id), ending)
    until(lambda: store.status(run_id).step > 3)
    assert launcher._standby is None
    assert not launcher.probe({}, lambda result: None)
    store.request_stop(run_id)
    ending.code()
    until(lambda: ready(launcher))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_given_to_a_standby_that_died_is_started_cold(store, toy_config, make_launcher, ending, until, moment):
    launcher = make_launcher(TOY_LOAD="0.5")
    launcher.warm()
    standby = launcher._standby
    if moment == "after":
        os.kill(standby.popen.pid, signal.SIGSTOP)  # it will not read what it gets
    else:
        os.kill(standby.popen.pid, signal.SIGKILL)
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    os.kill(standby.popen.pid, signal.SIGKILL) if moment == "after" else None
    assert ending.code() == 0
    assert worker_of(store, run_id).pid != standby.popen.pid
    assert store.status(run_id).state == "finished"


def test_a_standby_that_cannot_import_is_told_of_in_the_log_and_done_without(
    store, toy_config, make_launcher, ending, until
):
    launcher = make_launcher(TOY_LOAD="fails")
    launcher.warm()
    until(lambda: launcher._standby is None)
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code() == 0
    assert store.status(run_id).state == "finished"
    assert "The standby process could not start" in log_of(store, run_id)
    assert "no toy today" in log_of(store, run_id)


def test_a_standby_rehearses_what_takes_long_the_first_time_and_is_interrupted_by_a_run(
    store, toy_config, make_launcher, ending, until
):
    launcher = make_launcher(TOY_FIRST="30")
    launcher.warm()
    until(lambda: ready(launcher))
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code(8) == 0
    assert store.status(run_id).elapsed_s < 2


def test_an_idle_standby_that_dies_is_replaced_once(launcher, until):
    launcher.warm()
    until(lambda: ready(launcher))
    first = launcher._standby
    first.popen.kill()
    until(lambda: ready(launcher) and launcher._standby is not first)
    second = launcher._standby
    second.popen.kill()
    assert second.gone.wait(5)
    until(lambda: launcher._standby is None)
    time.sleep(0.2)
    assert launcher._standby is None


def test_a_kill_before_the_run_is_taken_does_not_start_it_again(store, toy_config, make_launcher, ending, until):
    launcher = make_launcher(TOY_LOAD="30")
    launcher.warm()
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert launcher.kill(run_id, grace=5)
    assert ending.code() == -signal.SIGTERM
    assert worker_of(store, run_id) is None


class Answers:
    """Results of probes, in the order in which they came."""

    def __init__(self):
        self.all = []

    def named(self, name):
        return lambda result: self.all.append((name, result))


def test_a_standby_measures_and_can_still_take_a_run(store, toy_config, launcher, ending, until):
    answers = Answers()
    assert not launcher.probe(toy_config(9).to_dict(), answers.named("none"))
    launcher.warm()
    assert launcher.probe(toy_config(9).to_dict(), answers.named("first"))
    until(lambda: answers.all)
    assert answers.all == [("first", {"seconds": 9.0, "peak_memory_bytes": 7})]
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code() == 0


def test_a_newer_probe_cancels_the_one_before(toy_config, launcher, until):
    answers = Answers()
    launcher.warm()
    launcher.probe(toy_config(1, long=True).to_dict(), answers.named("old"))
    launcher.probe(toy_config(2).to_dict(), answers.named("new"))
    until(lambda: len(answers.all) == 2, 8)
    assert answers.all == [("old", {"cancelled": True}), ("new", {"seconds": 2.0, "peak_memory_bytes": 7})]


def test_a_run_cancels_a_probe_and_does_not_wait_for_it(store, toy_config, launcher, ending, until):
    answers = Answers()
    launcher.warm()
    until(lambda: ready(launcher))
    launcher.probe(toy_config(1, long=True).to_dict(), answers.named("old"))
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code(8) == 0
    assert answers.all == [("old", {"cancelled": True})]


@pytest.mark.parametrize(
    ("error", "name"), [("typed", "LossNotFinite"), ("memory", "OutOfMemory"), ("other", "KeyError")]
)
def test_a_probe_that_fails_says_why(toy_config, launcher, until, error, name):
    answers = Answers()
    launcher.warm()
    launcher.probe(toy_config(1, error=error).to_dict(), answers.named("bad"))
    until(lambda: answers.all)
    assert answers.all[0][1]["error"]["error"] == name


def test_an_impossible_config_is_a_typed_answer(launcher, until):
    answers = Answers()
    launcher.warm()
    launcher.probe({"tasks": []}, answers.named("bad"))
    until(lambda: answers.all)
    assert answers.all[0][1]["error"]["details"]["field"] == "tasks"


def test_a_probe_whose_process_dies_is_answered(toy_config, launcher, until):
    answers = Answers()
    launcher.warm()
    until(lambda: ready(launcher))
    launcher.probe(toy_config(1, long=True).to_dict(), answers.named("lost"))
    launcher._standby.popen.kill()
    until(lambda: answers.all)
    assert answers.all[0][1]["error"]["error"] == "WorkerLost"
