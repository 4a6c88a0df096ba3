"""What a run measures now and then, on its way to the page: conflicts, norms of levels, steps that were left out."""

import json

import pytest

from demo.feed import Feed
from mtl.runs.config import RunConfig
from mtl.runs.events import Conflicts, Finished, Layers, Said, Scores, Skipped, Snapshot, Unbalanced
from mtl.runs.store import RunStore
from tests.demo.test_feed import follow, size

TASKS = ("sentiment", "topic", "stars", "entities", "relation", "question_type")


def conflicts(step, tasks, cosine):
    """A measurement in which every pair has the same cosine."""
    matrix = [[1.0 if a == b else cosine for b in tasks] for a in tasks]
    return Conflicts(step=step, tasks=list(tasks), cosines=matrix)


def ask(store, run, cursor=0):
    return Feed(store).watch({"run": run.run_id, "cursor": cursor})


def test_a_page_that_attaches_gets_all_measurements_and_their_summary(store, write) -> None:
    run = write(("topic", "stars")).begin()
    for step, cosine in ((1, -0.123456), (5, 0.5), (9, -0.25)):
        run.say(conflicts(step, ("topic", "stars"), cosine))
    assert ask(store, run)["conflicts"] == {
        "tasks": ["topic", "stars"],
        "rows": [[1, -0.123], [5, 0.5], [9, -0.25]],
        "mean": [0.0422],
        "share": [0.667],
        "measured": 3,
        "conflicting": 2,
        "help": 0,
        "conflict": None,
    }


def test_the_summary_counts_measurements_that_the_page_has_already(store, write) -> None:
    run = write(("topic", "stars")).begin()
    run.say(conflicts(1, ("topic", "stars"), -0.5))
    cursor = ask(store, run)["cursor"]
    assert ask(store, run, cursor)["conflicts"] is None
    run.say(conflicts(5, ("topic", "stars"), 0.5))
    answer = ask(store, run, cursor)["conflicts"]
    assert answer["rows"] == [[5, 0.5]]
    assert (answer["measured"], answer["share"], answer["mean"]) == (2, [0.5], [0.0])


def test_a_cosine_that_is_missing_is_none(store, write) -> None:
    run = write().begin()
    run.say(conflicts(1, ("topic", "stars"), None), Conflicts(step=5, tasks=["a", "b"], cosines=[[1.0, float("nan")]]))
    assert ask(store, run)["conflicts"] is None


def test_norms_of_levels_come_with_their_names(store, write) -> None:
    run = write(("topic",)).begin()
    run.say(Layers(step=1, norms={"2": 0.0123456, "end": 3.0}), Layers(step=5, norms={"2": float("inf"), "end": 2.0}))
    answer = ask(store, run)
    assert answer["layers"] == {"levels": ["2", "end"], "rows": [[1, 0.0123, 3.0], [5, None, 2.0]]}
    assert ask(store, run, answer["cursor"])["layers"] is None


def test_what_was_left_out_is_counted_over_the_whole_run(store, write) -> None:
    run = write(("topic", "stars")).begin()
    run.say(Skipped(step=1, task="stars", loss=float("nan")), Skipped(step=2, task="stars", loss=1.5))
    first = ask(store, run)
    assert first["skipped"] == [{"task": "stars", "steps": 2, "losses": 1}]
    assert ask(store, run, first["cursor"])["skipped"] is None
    run.say(Skipped(step=3, task=None, loss=None))
    later = ask(store, run, first["cursor"])["skipped"]
    assert later == [{"task": "stars", "steps": 2, "losses": 1}, {"task": "", "steps": 1, "losses": 1}]


def test_steps_without_weights_are_counted_over_the_whole_run(store, write) -> None:
    run = write(("topic", "stars")).begin()
    run.say(Unbalanced(step=1), Unbalanced(step=2))
    first = ask(store, run)
    assert first["unbalanced"] == 2
    assert "unbalanced" not in ask(store, run, first["cursor"])
    run.say(Unbalanced(step=7))
    assert ask(store, run, first["cursor"])["unbalanced"] == 3


def saved(step, best_of=(), best=False, disk_bytes=None):
    return Snapshot(step=step, name=f"step-{step:08d}", best_of=list(best_of), best=best, disk_bytes=disk_bytes)


def test_a_page_knows_which_snapshots_are_the_best(store, write) -> None:
    run = write(("topic", "stars")).begin()
    run.say(saved(0, ("topic", "stars"), best=True, disk_bytes=90), saved(4, ("stars",), disk_bytes=130))
    first = ask(store, run)
    assert first["selected"] == {"best": 0, "each": {"topic": 0, "stars": 4}, "disk_bytes": 130}
    assert "selected" not in ask(store, run, first["cursor"])
    run.say(saved(8, ("topic",), best=True, disk_bytes=170))
    later = ask(store, run, first["cursor"])
    assert later["selected"] == {"best": 8, "each": {"topic": 8, "stars": 4}, "disk_bytes": 170}
    assert later["snapshot"] == 8


def test_scores_belong_to_the_step_whose_weights_were_scored(store, write) -> None:
    run = write(("topic",)).begin()
    for of_step in (None, 4):
        run.say(
            Scores(step=9, task="topic", split="test", metric="accuracy", scores={"accuracy": 0.5}, of_step=of_step)
        )
    assert [row[2] for row in ask(store, run)["scores"]] == [9, 4]


def test_the_steps_at_which_texts_were_asked_come_once_each(store, write) -> None:
    run = write(("topic",)).begin()
    for step in (0, 4):
        for place in (0, 1):
            run.say(Said(step=step, pinned=place, answers={}, missing_pair=[], truncated=False, tokens_read=3))
    first = ask(store, run)
    assert first["said"] == [0, 4]
    assert "said" not in ask(store, run, first["cursor"])


def test_the_start_says_how_often_gradients_are_compared_and_the_end_what_it_cost(store, write) -> None:
    run = write(("topic",)).begin()
    answer = ask(store, run)
    assert answer["start"]["conflict_steps"] == 4
    assert answer["end"] is None
    run.say(Finished(step=9, elapsed_s=4.56789, peak_memory_bytes=1 << 30, reason="no_improvement"))
    answer = ask(store, run, answer["cursor"])
    assert answer["end"] == {
        "t": 0.0, "step": 9, "elapsed_s": 4.568, "peak_memory_bytes": 1 << 30, "reason": "no_improvement"
    }  # fmt: skip
    assert answer["status"]["reason"] == "no_improvement"


def test_a_run_whose_configuration_is_damaged_is_still_shown(store, write) -> None:
    run = write(("topic",)).begin()
    (store.folder(run.run_id) / "config.json").write_text('{"training": {"of another version": 1}}')
    answer = ask(store, run)
    assert not answer["missing"] and answer["start"]["max_steps"] == 100


def test_an_update_with_a_measurement_is_small(store, write) -> None:
    run = write().begin(1000).train(3)
    cursor = ask(store, run)["cursor"]
    run.train(1)
    without = size(ask(store, run, cursor))
    levels = {name: 0.123456 for name in ("embeddings", *map(str, range(1, 7)), "end")}
    run.say(conflicts(4, TASKS, -0.123456), Layers(step=4, norms=levels))
    assert size(ask(store, run, cursor)) - without <= 800


@pytest.fixture(scope="module")
def long_run(tmp_path_factory):
    """Two dozen tasks, compared 5,000 times: 276 pairs each time."""
    store = RunStore(tmp_path_factory.mktemp("long"))
    run_id = store.create(RunConfig.from_dict({}))
    tasks = [f"task {number}" for number in range(24)]
    with (store.folder(run_id) / "events.jsonl").open("w") as file:
        for step in range(1, 5001):
            event = conflicts(step, tasks, -0.9 if step == 3333 else 0.123 if step % 2 else -0.0456)
            file.write(json.dumps({**event.to_dict(), "t": step / 10}) + "\n")
    return store, run_id


def test_a_long_run_is_thinned_but_its_summary_is_not(long_run) -> None:
    store, run_id = long_run
    answers = follow(Feed(store), run_id)
    assert all(size(answer) <= 300_000 for answer in answers)
    assert all(answer.get("more") for answer in answers[:-1]) and "more" not in answers[-1]
    steps = [row[0] for answer in answers for row in answer["conflicts"]["rows"]]
    assert steps == sorted(set(steps))
    assert {1, 3333, 5000} <= set(steps)
    assert 100 <= len(steps) <= 250
    for answer in answers:
        assert answer["conflicts"]["measured"] == 5000
        assert answer["conflicts"]["conflicting"] == 2501
        assert set(answer["conflicts"]["share"]) == {0.5}
