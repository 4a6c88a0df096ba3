"""Twins: what they keep, what they change, and which runs of a store make up a race."""

import json

import pytest

from mtl.errors import ConfigError, RunNotFound
from mtl.runs.config import RunConfig
from mtl.runs.events import Failed, Finished, RunStarted
from mtl.runs.journal import Journal
from mtl.runs.race import Races
from mtl.runs.twins import heats, twin

TASKS = ("sentiment", "topic", "stars")


def config(tasks=TASKS, seed=4, **more):
    return RunConfig.from_dict(
        {"tasks": list(tasks), "sharing": {"name": "soft"}, "balancer": {"name": "pcgrad"},
         "sampling": {"name": "temperature", "options": {"temperature": 3.0}},
         "training": {"max_steps": 9, "seed": seed, "learning_rate": 1e-3}, **more}
    )  # fmt: skip


def test_a_twin_changes_the_tasks_the_sharing_and_the_balancer_and_nothing_else():
    whole = config([{"name": "sentiment", "loss_scale": 2.0, "max_train_samples": 7}, "topic"])
    alone = twin(whole, "sentiment").to_dict()
    kept = whole.to_dict()
    assert alone.pop("tasks") == kept["tasks"][:1]
    assert alone.pop("within") == kept.pop("tasks")
    assert alone.pop("sharing") == {"name": "hard", "options": {}}
    assert alone.pop("balancer") == {"name": "equal", "options": {}}
    assert alone == {key: value for key, value in kept.items() if key not in ("within", "sharing", "balancer")}


def test_what_is_pinned_makes_no_other_twin():
    assert twin(config(pinned=["What is asked beside"]), "topic") == twin(config(), "topic")


def test_twins_are_read_back_as_they_were():
    for heat in heats(config(), 3):
        for each in (heat.together, *heat.alone.values()):
            assert RunConfig.from_dict(json.loads(json.dumps(each.to_dict()))) == each


def test_a_twin_of_a_part_keeps_the_mixture_of_the_whole():
    pair = RunConfig.from_dict({"tasks": ["topic", "stars"], "within": list(TASKS)})
    assert [task.name for task in twin(pair, "stars").within] == list(TASKS)


def test_heats_go_through_the_seeds():
    found = heats(config(seed=4), 3)
    assert [heat.seed for heat in found] == [4, 5, 6]
    assert {each.training.seed for each in (found[1].together, *found[1].alone.values())} == {5}
    assert found[0].together == config(seed=4)
    assert all(list(heat.alone) == list(TASKS) for heat in found)


@pytest.mark.parametrize("seeds", [0, 2, 4, -1, True, "3", None])
def test_a_race_has_one_three_or_five_seeds(seeds):
    with pytest.raises(ConfigError, match="1, 3, 5"):
        heats(config(), seeds)


def test_one_task_has_nobody_to_race_and_a_stranger_no_twin():
    with pytest.raises(ConfigError, match="at least two"):
        heats(config(["topic"]))
    with pytest.raises(ConfigError, match="name only tasks of the run"):
        twin(config(), "entities")


@pytest.mark.parametrize(
    "within", [["topic"], ["sentiment", "sentiment"], "sentiment", [{"name": "sentiment", "loss_scale": 2.0}], 3]
)
def test_a_mixture_that_does_not_hold_the_run_is_refused(within):
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict({"tasks": ["sentiment"], "within": within})
    assert caught.value.details["field"].startswith("within")


# ---- which runs of a store belong to a race ----


def line(task, **more):
    return {
        "name": task,
        "kind": "classification",
        "source": "texts",
        "labels": ["a"],
        "metric": "accuracy",
        "test_rows": 8,
        "train_rows": 9,
        **more,
    }


@pytest.fixture
def ended(store):
    """`ended(config, "finished")`: a run of the store that began and came to this end; None: it never began."""

    def make(config, end="finished", owner="", **told):
        run_id = store.create(config, owner)
        path = store.folder(run_id) / "events.jsonl"
        if end is None:
            return run_id
        journal = Journal(path, lambda: 1.0)
        tasks = [line(task.name, **told) for task in config.tasks]
        journal.append(
            RunStarted(
                device="cpu",
                device_name="CPU",
                precision="fp32",
                max_steps=9,
                eval_steps=3,
                tasks=tasks,
                parameters={"total": 5},
            )
        )
        ends = {
            "finished": Finished(step=9, elapsed_s=1.0),
            "failed": Failed(step=9, error="OutOfMemory", message="", elapsed_s=1.0),
        }
        journal.append(ends[end])
        journal.close()
        return run_id

    return make


def by_task(entries):
    return {(entry.seed, entry.task): entry for entry in entries}


def test_a_race_finds_its_runs_and_tells_what_is_missing(store, ended):
    whole = config()
    first = ended(whole)
    topic = ended(twin(whole, "topic"))
    stars = ended(twin(whole, "stars"), None)
    entries = by_task(Races(store).entries(first))
    assert {key: entry.run_id for key, entry in entries.items()} == {
        (4, None): first, (4, "sentiment"): None, (4, "topic"): topic, (4, "stars"): stars,
    }  # fmt: skip
    assert [entry.missing for entry in entries.values()] == [False, True, False, False]


def test_a_finished_run_goes_before_one_that_waits_and_one_that_failed_is_started_again(store, ended):
    whole = config()
    first, alone = ended(whole), twin(whole, "topic")
    failed = ended(alone, "failed")
    races = Races(store)
    assert by_task(races.entries(first))[4, "topic"].run_id == failed
    assert by_task(races.entries(first))[4, "topic"].missing
    waits = ended(alone, None)
    assert by_task(races.entries(first))[4, "topic"].run_id == waits
    done = ended(alone)
    ended(alone, None)
    assert by_task(races.entries(first))[4, "topic"].run_id == done


def test_any_other_field_makes_another_run(store, ended):
    whole = config()
    first = ended(whole)
    for other in (config(seed=5), config(["sentiment", "topic"]), config(training={"max_steps": 9, "seed": 4})):
        ended(twin(other, "topic"))
    ended(RunConfig.from_dict({**twin(whole, "topic").to_dict(), "within": []}))
    assert by_task(Races(store).entries(first))[4, "topic"].run_id is None


@pytest.mark.parametrize(
    "told", [{"test_rows": 9}, {"train_rows": 3}, {"labels": ["b"]}, {"baseline": {"accuracy": 0.9}}]
)
def test_a_run_that_had_other_data_is_not_used(store, ended, told):
    whole = config()
    first = ended(whole)
    ended(twin(whole, "topic"), **told)
    assert by_task(Races(store).entries(first))[4, "topic"].run_id is None


def test_more_seeds_find_their_own_runs(store, ended):
    first, second = ended(config(seed=4)), ended(config(seed=5))
    twins = {task: ended(twin(config(seed=5), task)) for task in TASKS}
    entries = by_task(Races(store).entries(first, 3))
    assert len(entries) == 12
    assert entries[5, None].run_id == second
    assert {task: entries[5, task].run_id for task in TASKS} == twins
    assert entries[6, None].run_id is None


def test_a_deleted_run_is_missing_again(store, ended):
    import shutil

    whole = config()
    first = ended(whole)
    topic = ended(twin(whole, "topic"))
    races = Races(store)
    assert not by_task(races.entries(first))[4, "topic"].missing
    shutil.rmtree(store.folder(topic))
    assert by_task(races.entries(first))[4, "topic"].missing
    shutil.rmtree(store.folder(first))
    with pytest.raises(RunNotFound):
        races.entries(first)


def test_on_a_shared_machine_only_the_runs_of_one_owner_race(store, ended):
    whole = config()
    first = ended(whole, owner="visitor a")
    ended(twin(whole, "topic"), owner="visitor b")
    stars = ended(twin(whole, "stars"), owner="visitor a")
    entries = by_task(Races(store, owned=True).entries(first))
    assert entries[4, "topic"].run_id is None and entries[4, "stars"].run_id == stars
    assert by_task(Races(store).entries(first))[4, "topic"].run_id is not None


def test_damaged_runs_are_passed_over(store, ended):
    whole = config()
    first = ended(whole)
    damaged = ended(twin(whole, "topic"))
    (store.folder(damaged) / "config.json").write_text("{")
    assert by_task(Races(store).entries(first))[4, "topic"].run_id is None
