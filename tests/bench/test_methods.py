"""The bench of methods: which trials there are, the sign of Δm, and what the table says of several seeds."""

import json

import pytest

from mtl.balancing import BALANCERS
from mtl.runs.config import RunConfig
from mtl.sharing import SHARING
from tests.bench.method_runs import SCORES, STEPS, TEXTS, TRIALS
from tests.bench.methods import gain, results, table


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


def test_the_table_compares_each_seed_with_its_own_single_tasks(tmp_path) -> None:
    def write(name, seed, value, step):
        scores = {task: value for task in SCORES if name in (f"alone {task}", "equal", "upgrad")}
        file = tmp_path / f"{name.replace(' ', '_')}.{seed}.json"
        file.write_text(json.dumps({"scores": scores, "step_s": step, "memory_bytes": 9e8}))

    for seed, alone in ((0, 0.5), (1, 0.8)):
        for task in SCORES:
            write(f"alone {task}", seed, alone, 0.1)
        write("equal", seed, 0.5, 1.0)
        write("upgrad", seed, 0.6, 1.5)
    lines = {line.split(" | ")[0].strip("| "): line for line in table(results(tmp_path))}
    assert "| 65.0 |" in lines["each alone"]
    assert "+0.0, -37.5" in lines["equal"] and "1.00 ×" in lines["equal"]
    assert "-2.5 (+20.0, -25.0)" in lines["upgrad"] and "1.50 ×" in lines["upgrad"] and "900 |" in lines["upgrad"]
