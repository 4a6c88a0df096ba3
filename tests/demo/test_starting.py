from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from demo.starting import SAME_PRESS_S, Limits, Starter
from mtl import assembly
from mtl.data.uploads import Uploads
from mtl.errors import ConfigError, DataError, NotOwner, RunNotFound
from mtl.runs.config import RunConfig
from mtl.runs.queue import RunQueue
from mtl.runs.store import RunStore


class Holding:
    """A launcher that takes a run and lets the test say when it has ended."""

    def __init__(self) -> None:
        self.taken: dict[str, Callable[[int], None]] = {}

    def start(self, folder: Path, ended: Callable[[int], None]) -> None:
        self.taken[folder.name] = ended

    def warm(self) -> None: ...

    def alive(self, run_id: str) -> bool:
        return run_id in self.taken

    def kill(self, run_id: str, grace: float = 1.0) -> bool:
        return False

    def probe(self, config, on_result) -> bool:
        return False

    def close(self) -> None: ...


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(store):
    queue = RunQueue(store, Holding())
    yield queue
    queue.close()


@pytest.fixture
def uploads(tmp_path) -> Uploads:
    return Uploads(tmp_path / "uploads")


@pytest.fixture
def starter(store, queue, clock, uploads) -> Starter:
    return Starter(store, queue, assembly.check, uploads=uploads, clock=clock)


@pytest.fixture
def shared(store, queue, clock, uploads) -> Starter:
    limits = Limits(queued_runs=2, waiting_runs=4, max_steps=500)
    return Starter(store, queue, assembly.check, limits=limits, uploads=uploads, clock=clock)


def test_a_form_becomes_a_run(starter, store) -> None:
    run_id = starter.start({"tasks": ["topic"]}, "me")
    assert store.config(run_id) == RunConfig.from_dict({"tasks": ["topic"]})
    assert store.status(run_id).state in {"queued", "starting"}


def test_an_empty_form_is_the_default(starter, store) -> None:
    assert store.config(starter.start({}, "me")) == RunConfig()


def test_pressing_twice_starts_one_run(starter) -> None:
    assert starter.start({}, "me") == starter.start({}, "me")


def test_pressing_twice_at_the_same_moment_starts_one_run(starter) -> None:
    together = Barrier(8)

    def press(_: int) -> str:
        together.wait(10)
        return starter.start({}, "me")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(press, range(8)))) == 1


def test_another_form_another_visitor_or_a_later_press_start_their_own(starter, clock) -> None:
    first = starter.start({}, "me")
    second = starter.start({"training": {"seed": 1}}, "me")
    third = starter.start({}, "you")
    assert starter.start({}, "me") == first
    clock.now += SAME_PRESS_S
    fourth = starter.start({}, "me")
    assert len({first, second, third, fourth}) == 4


def test_a_run_that_ended_at_once_can_be_started_again(starter, store) -> None:
    starter.start({"training": {"seed": 5}}, "me")  # holds the only slot
    first = starter.start({}, "me")
    store.request_stop(first)
    assert store.status(first).state == "stopped"
    assert starter.start({}, "me") != first


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"training": {"learning_rate": -1}}, "training.learning_rate"),
        ({"tasks": []}, "tasks"),
        ({"tasks": ["nonsense"]}, "tasks"),
        ({"balancer": "nonsense"}, "balancer"),
        ({"encoder": "no such name"}, "encoder.name"),
        ("{}", "config"),
        ([], "config"),
        (None, "config"),
    ],
)
def test_a_form_that_cannot_work_makes_no_run(starter, store, config, field) -> None:
    with pytest.raises(ConfigError) as caught:
        starter.start(config, "me")
    assert caught.value.details["field"] == field
    assert store.list() == []


def test_on_ones_own_machine_every_run_is_listed(starter) -> None:
    started = {starter.start({}, "me"), starter.start({}, "you")}
    assert {run.run_id for run in starter.runs("nobody")} == started


def test_on_a_shared_machine_only_ones_own_runs_are_listed(shared) -> None:
    mine = shared.start({}, "me")
    shared.start({}, "you")
    assert [run.run_id for run in shared.runs("me")] == [mine]
    assert shared.runs("nobody") == []


def test_on_a_shared_machine_only_known_encoders_are_fetched(shared, starter) -> None:
    with pytest.raises(ConfigError, match="on a shared machine"):
        shared.start({"encoder": "owner/other"}, "me")
    starter.start({"encoder": "owner/other"}, "me")


def own(source):
    """A form with one task on this source."""
    spec = {"kind": "classification", "source": "own", "label": "label", "labels": ["a", "b"]}
    return {"sources": [{"name": "own", **source}], "tasks": [{"name": "mine", "spec": spec}]}


HUB = {"kind": "hub", "id": "owner/own"}


def test_a_data_set_of_the_hub_is_named_by_its_id(shared, starter) -> None:
    assert shared.start(own(HUB), "me")
    assert starter.start(own({**HUB, "max_rows": 30_000}), "me")
    with pytest.raises(ConfigError, match=r"`sources\.max_rows` should be at most 20000 on a shared machine"):
        shared.start(own({**HUB, "max_rows": 30_000}), "me")
    many = own(HUB)
    many["sources"] += [{**HUB, "name": f"own {at}"} for at in range(8)]
    with pytest.raises(ConfigError, match="`sources` should be at most 8 on a shared machine"):
        shared.start(many, "me")


@pytest.mark.parametrize("where", ["starter", "shared"])
def test_only_files_of_the_store_are_read(where, request, uploads, tmp_path) -> None:
    starter = request.getfixturevalue(where)
    (tmp_path / "sent").write_text("text,label\n")
    stored = uploads.save(tmp_path / "sent", "a.csv")
    assert starter.start(own({"kind": "file", "splits": {"train": stored}}), "me")
    strange = f"{'a' * 22}.csv"
    for splits in ({"train": strange}, {"train": stored, "test": strange}):
        with pytest.raises(DataError) as caught:
            starter.start(own({"kind": "file", "splits": splits}), "me")
        assert caught.value.details == {"reason": "missing", "file": strange}
    for path in ("/etc/passwd", "../secret.csv", f"../{stored}", "a.csv", f"{stored}\n"):
        with pytest.raises(ConfigError, match="name of an uploaded file"):
            starter.start(own({"kind": "file", "splits": {"train": path}}), "me")


def test_without_a_store_there_are_no_files(store, queue) -> None:
    with pytest.raises(DataError):
        Starter(store, queue, assembly.check).admit(
            RunConfig.from_dict(own({"kind": "file", "splits": {"train": f"{'a' * 22}.csv"}}))
        )


def test_on_a_shared_machine_only_who_started_a_run_may_end_it(shared, starter, store) -> None:
    mine = shared.start({}, "me")
    shared.check_owner(mine, "me")
    for other in ("you", "", "Me"):
        with pytest.raises(NotOwner, match="Only who started run"):
            shared.check_owner(mine, other)
    with pytest.raises(RunNotFound):
        shared.check_owner("A" * 22, "me")
    starter.check_owner(mine, "you")  # on one's own machine there is nobody to keep out
    assert "me" not in (store.folder(mine) / "owner").read_text()


def test_owners_are_known_after_a_restart(shared, store, queue, clock) -> None:
    mine = shared.start({}, "me")
    later = Starter(RunStore(store.folder(mine).parent), queue, assembly.check, limits=Limits(), clock=clock)
    later.check_owner(mine, "me")
    assert [run.run_id for run in later.runs("me")] == [mine]


def test_a_caller_without_a_session_lists_nothing_on_a_shared_machine(shared) -> None:
    shared.start({}, "")
    assert shared.runs("") == []


def seeds(starter: Starter, session: str, count: int, first: int) -> list[str]:
    return [starter.start({"training": {"seed": seed}}, session) for seed in range(first, first + count)]


def test_one_visitor_cannot_fill_the_queue_of_a_shared_machine(shared) -> None:
    # One of them may already have been given the slot.
    with pytest.raises(ConfigError, match="queued runs"):
        seeds(shared, "me", 4, 0)
    seeds(shared, "you", 1, 20)


def test_all_visitors_together_cannot_either(shared) -> None:
    with pytest.raises(ConfigError, match="the queue of this machine"):
        for number in range(10):
            seeds(shared, f"visitor {number}", 1, number)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"training": {"max_steps": 501}}, "training.max_steps"),
        ({"training": {"max_steps": -1, "num_train_epochs": 900}}, "training.max_steps"),
        ({"training": {"per_device_train_batch_size": 1024}}, "training.per_device_train_batch_size"),
        ({"encoder": {"max_length": 4096}}, "encoder.max_length"),
        ({"training": {"conflict_steps": 1}}, "training.conflict_steps"),
        ({"training": {"affinity_steps": 3}}, "training.affinity_steps"),
    ],
)
def test_a_shared_machine_has_limits(shared, starter, config, field) -> None:
    with pytest.raises(ConfigError, match="on a shared machine") as caught:
        shared.start(config, "me")
    assert caught.value.details["field"] == field
    starter.start(config, "me")
