"""``python -m mtl`` as a person types it."""

import json
import subprocess
import sys

import pytest


@pytest.fixture
def mtl(environment, tmp_path):
    """`mtl("options")`: runs the command in a folder of its own."""

    def run(*arguments, **more):
        command = [sys.executable, "-W", "error::DeprecationWarning:mtl", "-m", "mtl", *map(str, arguments)]
        return subprocess.run(
            command, env=environment | more, cwd=tmp_path, capture_output=True, text=True, timeout=120, encoding="utf-8"
        )

    return run


def test_options_are_json_and_say_what_the_machine_is(mtl):
    done = mtl("options")
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert {"encoders", "tasks", "sharing", "balancers", "sampling", "defaults", "machine"} <= listed.keys()
    assert listed["machine"]["device"] == "cpu"
    assert listed["machine"]["versions"]["torch"]


def test_a_configuration_is_trained_and_then_asked(mtl, tmp_path):
    config = {
        "tasks": ["question_type", "relation"],
        "training": {"max_steps": 2, "eval_steps": 2, "max_eval_samples": 8, "per_device_train_batch_size": 8},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = mtl("train", "config.json")
    assert done.returncode == 0, done.stderr
    run_id = done.stdout.split()[0]
    folder = tmp_path / "checkpoints" / run_id
    said = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert said[-1]["type"] == "finished"
    assert {event["task"] for event in said if event["type"] == "scores" and event["split"] == "test"} == set(
        config["tasks"]
    )
    assert sorted(path.name for path in (folder / "snapshots").iterdir()) == [
        "selected.json",
        "step-00000000",
        "step-00000002",
    ]

    asked = mtl("predict", run_id, "The soup was lovely.", "你好")
    assert asked.returncode == 0, asked.stderr
    answers = json.loads(asked.stdout)
    assert answers["step"] == 2
    assert answers["answers"].keys() == set(config["tasks"])
    assert mtl("--runs-dir", "elsewhere", "predict", run_id, "soup").returncode == 2


def test_a_file_is_taken_in_and_trained_on(mtl, tmp_path):
    lines = [f"The soup number {at} was {('good', 'bad')[at % 2]},{at % 2}" for at in range(40)]
    (tmp_path / "my reviews.csv").write_text("\n".join(["text,label", *lines]))
    taken = mtl("upload", "my reviews.csv")
    assert taken.returncode == 0, taken.stderr
    spec = {"kind": "classification", "source": "mine", "label": "label"}
    config = {
        "tasks": [{"name": "mood", "spec": spec}],
        "sources": [{"kind": "file", "name": "mine", "splits": {"train": taken.stdout.strip()}}],
        "training": {"max_steps": 1, "per_device_train_batch_size": 8},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = mtl("train", "config.json")
    assert done.returncode == 0, done.stderr
    assert mtl("upload", "elsewhere.csv").returncode == 2


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b'{"balancer": "magic"}', "balancer"),
        (b'{"training": {"max_steps": 0}}', "max_steps"),
        (b"[]", "config"),
        (b"{", "config"),
        (b"\xff\xfe", "config"),
        (None, "config"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_in_one_line(content, word, mtl, tmp_path):
    if content is not None:
        (tmp_path / "config.json").write_bytes(content)
    done = mtl("train", "config.json")
    assert done.returncode != 0
    assert "ConfigError" in done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("run_id", ["../../etc", "A" * 22])
def test_an_unknown_run_is_refused_in_one_line(run_id, mtl):
    done = mtl("predict", run_id, "soup")
    assert done.returncode == 2
    assert done.stderr.startswith("RunNotFound:")
    assert len(done.stderr.splitlines()) == 1


def test_help_and_nonsense(mtl):
    assert "predict" in mtl("--help").stdout
    assert mtl("juggle").returncode == 2
    assert mtl().returncode == 2
