"""What a run reached and cost, read from its events and from the store; a race read whole."""

import shutil

import pytest

from mtl.analysis.racing import compare_race, finished_heats
from mtl.analysis.results import read_events, read_result, result
from mtl.errors import ComparisonError
from mtl.runs.config import RunConfig
from mtl.runs.events import Failed, Finished, Loss, Phase, QuestionTime, RunStarted, Scores, Stopped
from mtl.runs.journal import Journal
from mtl.runs.race import Races
from mtl.runs.store import RunStore
from mtl.runs.twins import twin

TASKS = ("sentiment", "topic")
ENDS = {
    "finished": Finished(step=4, elapsed_s=9.0, peak_memory_bytes=1000),
    "stopped": Stopped(step=2, elapsed_s=9.0, reason="requested"),
    "failed": Failed(step=2, error="OutOfMemory", message="", elapsed_s=9.0),
}


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def write(store):
    """`write(config, scores, end)`: a run with a test score for each task."""

    def make(config, scores, end="finished"):
        run_id, clock = store.create(config), iter(range(1000))
        journal = Journal(store.folder(run_id) / "events.jsonl", lambda: float(next(clock)))
        tasks = [{"name": task.name} for task in config.tasks]
        journal.append(
            RunStarted(
                device="cpu", device_name="CPU", precision="fp32", max_steps=4, eval_steps=2, tasks=tasks,
                parameters={"total": 50},
            )
        )  # fmt: skip
        for phase in ("evaluating", "training", "evaluating", "training", "evaluating"):  # t = 1 … 5
            journal.append(Phase(step=1, phase=phase))
        for task, value in scores.items():
            journal.append(Loss(step=4, task=task, split="validation", loss=0.5, examples=3))
            for split, found in (("validation", 0.1), ("test", value)):
                scored = {"accuracy": found, "macro_f1": 0.2}
                journal.append(Scores(step=4, task=task, split=split, metric="accuracy", scores=scored))
        journal.append(QuestionTime(step=4, seconds=0.012, questions=24))
        if end:
            journal.append(ENDS[end])
        journal.close()
        return run_id

    return make


def config(seed=0, tasks=TASKS):
    return RunConfig.from_dict({"tasks": list(tasks), "training": {"seed": seed}})


def test_a_result_is_the_primary_score_on_test_rows_and_what_it_cost(store, write):
    found = read_result(store, write(config(3), {"sentiment": 0.75, "topic": 0.5}))
    assert {task: (score.metric, score.value) for task, score in found.scores.items()} == {
        "sentiment": ("accuracy", 0.75), "topic": ("accuracy", 0.5),
    }  # fmt: skip
    assert (found.seed, found.parameters, found.peak_memory_bytes, found.device_name) == (3, 50, 1000, "CPU")
    assert found.training_s == 2.0  # from 2 to 3 and from 4 to 5
    assert found.question_s == 0.012


def test_parameters_of_parts_are_added_up_where_no_total_is_told():
    start = {"type": "run_started", "parts": [{"parameters": 3}, {"parameters": 4}]}
    assert result("r", 0, [start, {"type": "finished"}]).parameters == 7
    assert result("r", 0, [{"type": "finished"}]).parameters is None


@pytest.mark.parametrize("end", ["stopped", "failed", None])
def test_a_run_without_an_end_is_refused(store, write, end):
    with pytest.raises(ComparisonError, match="at its end") as caught:
        read_result(store, write(config(), {}, end))
    assert caught.value.details["reason"] == "unfinished"


@pytest.mark.parametrize("run_id", ["", "../../etc/passwd", "A" * 22])
def test_a_run_that_is_not_there_is_refused(store, run_id):
    with pytest.raises(ComparisonError, match="deleted") as caught:
        read_result(store, run_id)
    assert caught.value.details["reason"] == "deleted"


def test_a_long_journal_is_read_whole(store):
    run_id = store.create(config())
    journal = Journal(store.folder(run_id) / "events.jsonl", lambda: 0.0)
    for step in range(6000):
        journal.append(Loss(step=step, task="topic", split="train", loss=0.5, examples=step))
    journal.close()
    assert [event["step"] for event in read_events(store, run_id)] == list(range(6000))


def test_a_race_is_compared_when_its_last_run_has_finished(store, write):
    first = write(config(), {"sentiment": 0.8, "topic": 0.6})
    with pytest.raises(ComparisonError) as caught:
        compare_race(store, first)
    assert caught.value.details["reason"] == "no_run" and caught.value.details["task"] == "sentiment"
    write(twin(config(), "sentiment"), {"sentiment": 0.4})
    waiting = write(twin(config(), "topic"), {}, None)
    with pytest.raises(ComparisonError) as caught:
        compare_race(store, first)
    assert caught.value.details["reason"] == "unfinished"
    shutil.rmtree(store.folder(waiting))
    write(twin(config(), "topic"), {"topic": 0.6})
    found = compare_race(store, first)
    assert found.delta_m.mean == pytest.approx(50)
    assert (found.together.parameters, found.alone.parameters) == (50, 100)


def test_of_three_seeds_those_that_have_finished_can_be_compared(store, write):
    first = write(config(0), {"sentiment": 0.8, "topic": 0.6})
    for seed in (0, 1):
        for task in TASKS:
            write(twin(config(seed), task), {task: 0.4})
    write(config(1), {"sentiment": 0.7, "topic": 0.6})
    write(config(2), {"sentiment": 0.7, "topic": 0.6})
    entries = Races(store).entries(first, 3)
    assert {entry.seed for entry in finished_heats(entries)} == {0, 1}
    with pytest.raises(ComparisonError):
        compare_race(store, first, 3)
