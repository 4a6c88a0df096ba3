"""Runs of pairs: found by their configs, started through the queue, and what they tell of who gains by whom."""

import json
from itertools import count
from types import SimpleNamespace

import pytest

from demo.likening import Likening
from demo.pairing import Pairing
from demo.starting import Limits, Starter
from mtl.errors import ConfigError, NotOwner
from mtl.runs.events import Failed, Finished, Loss, Mixture, RunStarted
from mtl.runs.journal import Journal
from mtl.runs.pairing import LONGEST, SHORTEST, short_steps
from mtl.runs.race import LIKENESS
from tests.races import ME, config

TASKS = ("sentiment", "topic", "stars")
ALONE = {"sentiment": 0.5, "topic": 1.0, "stars": 2.0}
BESIDE = {("sentiment", "topic"): (0.4, 1.1), ("sentiment", "stars"): (0.5, 1.0), ("topic", "stars"): (0.9, 2.2)}


@pytest.fixture
def make(store):
    """`make(limits)`: the tab's side of the server; the queue only takes runs in."""

    def new(limits=None):
        queue = SimpleNamespace(submit=lambda run_id: None)
        return Pairing(store, Starter(store, queue, lambda config: None, limits=limits))

    return new


@pytest.fixture
def end(store):
    """`end(run, topic=0.5)`: the run has come to its end, with these best validation losses."""

    def write(run, **losses):
        ticks = count()
        journal = Journal(store.folder(run) / "events.jsonl", lambda: float(next(ticks)))
        tasks = [task.name for task in store.config(run).tasks]
        lines = [{"name": task, "kind": "classification", "source": "texts", "metric": "accuracy"} for task in tasks]
        steps = store.config(run).training.max_steps
        journal.append(
            RunStarted(
                device="cpu", device_name="CPU", precision="fp32", max_steps=steps, eval_steps=2, tasks=lines,
                parameters={"total": 50},
            )
        )  # fmt: skip
        journal.append(Mixture(step=1, shares={"texts": 0.5, "pairs": 0.5}, examples={}))
        for task, loss in losses.items():
            for each in (loss + 1, loss, loss + 0.1):
                journal.append(Loss(step=1, task=task, split="validation", loss=each, examples=3))
            journal.append(Loss(step=1, task=task, split="train", loss=0.001, examples=3))
        journal.append(Finished(step=steps, elapsed_s=40.0))
        journal.close()
        return run

    return write


def look(pairing, run):
    said = pairing.look({"ask": "pairs", "run": run})
    json.dumps(said, allow_nan=False)
    return said


@pytest.mark.parametrize(("steps", "wanted"), [(4, 4), (20, SHORTEST), (100, 50), (5000, LONGEST)])
def test_runs_of_pairs_are_short_but_never_longer_than_the_run(steps, wanted) -> None:
    assert short_steps(steps) == wanted


def test_from_the_button_to_the_matrix(make, store, end) -> None:
    run = end(store.create(config(tasks=TASKS), ME), sentiment=0.1, topic=0.1, stars=0.1)
    steps, short = store.config(run).training.max_steps, short_steps(store.config(run).training.max_steps)
    said = look(make(), run)
    assert (said["count"], said["missing"], said["done"], said["steps"]) == (6, 6, 0, short)
    # Nothing before the first event; then 40 seconds of work, of which the one source of all takes a half.
    assert said["estimate"] == pytest.approx(6 * 40 * 0.5 * short / steps)
    assert make().start(run, ME) == 6
    assert look(make(), run)["missing"] == 0 == make().start(run, ME), "what is there is never trained again"
    started = {tuple(task.name for task in store.config(each).tasks): each for each in store.ids() if each != run}
    for task, loss in ALONE.items():
        end(started[(task,)], **{task: loss})
        assert look(make(), run)["gain"] is None
    for tasks, losses in BESIDE.items():
        end(started[tasks], **dict(zip(tasks, losses, strict=True)))
    said = look(make(), run)
    assert (said["done"], said["estimate"], said["now"]) == (6, None, None)
    gain = said["gain"]
    assert gain["values"] == [
        [None, pytest.approx(-0.1), pytest.approx(0.5)],
        [pytest.approx(0.2), None, pytest.approx(-0.1)],
        [pytest.approx(0.0), pytest.approx(0.1), None],
    ]
    assert gain["help"] == {"source": "sentiment", "target": "stars", "value": 0.5}
    assert gain["groupings"][1]["groups"]


def test_a_run_that_failed_is_missing_again(make, store) -> None:
    run = store.create(config(), ME)
    make().start(run, ME)
    [victim] = [each for each in store.ids() if len(store.config(each).tasks) == 2 and each != run]
    journal = Journal(store.folder(victim) / "events.jsonl", lambda: 1.0)
    journal.append(Failed(step=0, error="OutOfMemory", message="", elapsed_s=1.0))
    journal.close()
    assert look(make(), run)["missing"] == 1


@pytest.mark.parametrize("args", [None, {}, {"run": 3}, {"run": "../" * 9}, {"run": "A" * 22}, "run"])
def test_questions_that_make_no_sense_are_told_so(make, store, args) -> None:
    assert look_any(make().look, args)["problem"]["type"] == "RunNotFound"
    assert look_any(likening(store).look, args)["problem"]["type"] == "RunNotFound"


def look_any(look, args):
    said = look(args)
    json.dumps(said, allow_nan=False)
    return said


def test_one_task_has_no_pairs(make, store) -> None:
    run = store.create(config(tasks=("topic",)), ME)
    assert look(make(), run)["problem"]["type"] == "ConfigError"


def test_on_a_shared_machine_only_the_owner_starts_and_the_limits_hold(make, store) -> None:
    run = store.create(config(), ME)
    with pytest.raises(NotOwner):
        make(Limits()).start(run, "visitor other")
    with pytest.raises(ConfigError) as caught:
        make(Limits(queued_runs=2)).start(run, ME)
    assert caught.value.details["field"] == "queue"


# ---- how alike the encoders are ----


def likening(store, errands=None, limits=None):
    starter = Starter(store, SimpleNamespace(submit=lambda run_id: None), lambda config: None, limits=limits)
    return Likening(store, starter, errands)


@pytest.fixture
def twins(store, finish):
    """A run and its twins, which are finished and have snapshots; gives the run and the twins by task."""
    from mtl.runs.twins import heats

    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    [heat] = heats(store.config(run))
    alone = {task: finish(store.create(each, ME), **{task: 0.5}) for task, each in heat.alone.items()}
    for each in alone.values():
        snapshot = store.folder(each) / "snapshots" / "step-000004"
        snapshot.mkdir(parents=True)
        (snapshot / "complete.json").write_text("{}")
    return run, alone


def test_encoders_are_compared_once_every_task_was_trained_alone(store, finish, twins) -> None:
    run, alone = twins
    told = likening(store).look({"run": run})
    assert (told["missing"], told["found"], told["problem"]) == ([], None, None)
    asked = []
    errands = SimpleNamespace(run=lambda *given: asked.append(given) or {"done": {}})
    likening(store, errands).compare(run, ME)
    [(errand, _, _)] = asked
    folders = {task: str(store.folder(each)) for task, each in alone.items()}
    assert (errand["do"], errand["folder"], errand["alone"]) == ("liken", str(store.folder(run)), folders)
    with pytest.raises(NotOwner):
        likening(store, errands, Limits()).compare(run, "visitor other")


def test_what_was_found_is_shown_as_long_as_it_is_of_these_runs(store, twins) -> None:
    run, alone = twins
    file = store.folder(run) / LIKENESS
    levels = {"1": {"tasks": list(alone), "values": [[1.0, 0.912345], [0.912345, 1.0]]}}
    file.write_text(json.dumps({"runs": alone, "texts": 9, "levels": levels}))
    assert likening(store).look({"run": run})["found"]["levels"]["1"]["values"] == [[1.0, 0.9123], [0.9123, 1.0]]
    for other in ({**alone, "topic": "A" * 22}, {}):
        file.write_text(json.dumps({"runs": other, "texts": 9, "levels": levels}))
        assert likening(store).look({"run": run})["found"] is None
    for damaged in ("[]", "{", ""):
        file.write_text(damaged)
        assert likening(store).look({"run": run})["found"] is None


def test_tasks_that_were_not_trained_alone_are_named(store, finish) -> None:
    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    assert likening(store).look({"run": run})["missing"] == ["sentiment", "topic"]
