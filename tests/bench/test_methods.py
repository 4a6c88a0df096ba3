"""The bench of methods: which trials there are, the sign of Δm, and what the table says of several seeds."""

import json

import pytest

from mtl.balancing import BALANCERS
from mtl.runs.config import RunConfig
from mtl.sharing import SHARING
from tests.bench.method_runs import SCORES, STEPS, TEXTS, TRIALS
from tests.bench.method_tables import gain, ill_table, table
from tests.bench.methods import results


def test_every_balancer_and_every_scheme_is_tried_once() -> None:
    balancers = {trial.changes["balancer"] for trial in TRIALS.values() if trial.group == "balancer"}
    schemes = {trial.changes["sharing"] for trial in TRIALS.values() if trial.group == "sharing"}
    assert (balancers, schemes) == (set(BALANCERS) - {"fixed"}, set(SHARING) - {"hard"})


@pytest.mark.parametrize("name", TRIALS)
def test_every_task_has_the_same_texts_alone_and_together(name) -> None:
    run = TRIALS[name].run()
    assert run.training["max_steps"] == STEPS
    assert run.training["per_device_train_batch_size"] == TEXTS * len(run.tasks)
    scaled = {task["name"]: task.get("loss_scale", 1.0) for task in run.tasks}
    assert scaled.get("similarity", 1.0) == (50.0 if TRIALS[name].group == "ill_scaled" else 1.0)
    plain = {"tasks": list(run.tasks), "training": run.training, **run.more}
    plain["sources"] = [
        {"kind": "file", "name": table, "splits": {"train": f"{'0' * 22}.parquet"}} for table in run.tables
    ]
    RunConfig.from_dict(json.loads(json.dumps(plain)))


def test_a_gain_over_single_task_training_is_positive() -> None:
    assert gain({"a": 0.9, "b": 0.4}, {"a": 0.6, "b": 0.5}) == pytest.approx(100 * (0.5 - 0.2) / 2)


@pytest.fixture
def write(tmp_path):
    """`write("equal", 0, 0.5)`: leaves the numbers of a trial in which every task had this score."""

    def leave(name, seed, value, step=1.0):
        tasks = [TRIALS[name].task] if TRIALS[name].task else SCORES
        file = tmp_path / f"{name.replace(' ', '_')}.{seed}.json"
        file.write_text(json.dumps({"scores": dict.fromkeys(tasks, value), "step_s": step, "memory_bytes": 9e8}))

    return leave


def by_name(lines):
    """The lines of a table by their first cell."""
    return {line.split(" | ")[0].strip("| "): line for line in lines}


def test_the_table_compares_each_seed_with_its_own_single_tasks(write, tmp_path) -> None:
    for seed, alone in ((0, 0.5), (1, 0.8)):
        for task in SCORES:
            write(f"alone {task}", seed, alone, 0.1)
        write("equal", seed, 0.5, 1.0)
        write("random", seed, 0.4)
        write("upgrad", seed, 0.6, 1.5)
        write("sharing soft", seed, 0.4 + seed / 10)
    lines = by_name(table(results(tmp_path)))
    assert "| 65.0 |" in lines["each alone"]
    assert "+0.0, -37.5" in lines["equal"] and "1.00 ×" in lines["equal"]
    assert "-2.5 (+20.0, -25.0)" in lines["upgrad"] and "1.50 ×" in lines["upgrad"] and "900 |" in lines["upgrad"]
    # Of each seed: 20 and 12.5 points of percent above random weights, and then 40 and 25.
    assert "| +16.2 [-31.4, +63.9] no difference |" in lines["equal"]
    assert "| +6.2 [-73.2, +85.7] no difference |" in lines["sharing soft"]


def test_what_beats_random_weights_with_every_seed_alike_is_said(write, tmp_path) -> None:
    for seed in range(3):
        for task in SCORES:
            write(f"alone {task}", seed, 0.5)
        write("random", seed, 0.4)
        write("equal", seed, 0.5)
        write("upgrad", seed, 0.3)
    lines = by_name(table(results(tmp_path)))
    assert "| +20.0 [+20.0, +20.0] better |" in lines["equal"]
    assert "| -20.0 [-20.0, -20.0] worse |" in lines["upgrad"]


def test_an_ill_scaled_run_is_held_against_the_well_scaled_ones(write, tmp_path) -> None:
    write("equal", 0, 0.8)
    write("nash", 0, 0.7)
    write("ill equal", 0, 0.2)
    write("ill nash", 0, 0.695)
    lines = by_name(ill_table(results(tmp_path)))
    assert lines["ill equal"].endswith("| 20.0 | -60.0 | -60.0 |")
    assert lines["ill nash"].endswith("| 69.5 | -10.5 | -0.5 |")
