"""A data set of the Hub, from the id that a visitor types to the task that trains on it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from demo.errands import Errands
from demo.tabs.data_handlers import DataHandlers
from mtl.runs.config import RunConfig

LOCALHUB = os.environ.get("MTL_LOCALHUB")
ROOT = Path(__file__).resolve().parents[2]
ME = SimpleNamespace(session_hash="me", username=None)
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]


@pytest.fixture(scope="module")
def hub(tmp_path_factory, start_hub):
    """A Hub with one data set, and a gated one."""
    root = tmp_path_factory.mktemp("hub")
    for name in ("moods", "gated"):
        folder = root / "datasets" / "own" / name
        folder.mkdir(parents=True)
        rows = [
            {"text": f"The soup {at} was {('bad', 'good')[at % 2]}", "mood": ("sad", "glad")[at % 2]}
            for at in range(60)
        ]
        (folder / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return start_hub(root, "--gated", "own/gated")


@pytest.fixture
def online(hub, environment, tmp_path):
    """The environment of a server that reaches this Hub, with the tiny encoder in its cache of models."""
    kept = {name: value for name, value in environment.items() if name not in ("HF_HUB_OFFLINE", "HF_ENDPOINT")}
    more = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_UPDATE_DOWNLOAD_COUNTS": "0"}
    return kept | more | {"HF_DATASETS_CACHE": str(tmp_path / "datasets"), "PYTHONPATH": str(ROOT)}


def handlers(environment, folder):
    return DataHandlers(SimpleNamespace(errands=Errands(folder, environment)))


def test_an_id_that_is_typed_becomes_a_task_that_trains(online, tmp_path):
    tab = handlers(online, tmp_path)
    shown = tab.fetch(ME, {"hub": {"id": " own/moods ", "config": "", "train": ""}})
    assert shown["problem"] is None
    assert (shown["draft"]["text"], shown["draft"]["label"], shown["draft"]["name"]) == ("text", "mood", "moods")
    assert shown["preview"]["labels"] == {"glad": 24, "sad": 24}
    assert not shown["preview"]["sampled"]
    seen = tab.see(ME, {**shown, "draft": {**shown["draft"], "name": "my moods"}})
    config = {
        "sources": [seen["source"]],
        "tasks": [{"name": "my moods", "spec": seen["preview"]["spec"]}],
        "training": {"max_steps": 2, "eval_steps": 2, "per_device_train_batch_size": 8},
    }
    RunConfig.from_dict(config)
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "mtl", "train", "config.json"]
    done = subprocess.run(command, env=online, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    events = tmp_path / "checkpoints" / done.stdout.split()[0] / "events.jsonl"
    said = [json.loads(line) for line in events.read_text().splitlines()]
    assert said[-1]["type"] == "finished"
    assert [each["task"] for each in said if each["type"] == "scores" and each["split"] == "test"] == ["my moods"]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"id": "own/nothing"}, "not_found"),
        ({"id": "own/gated"}, "gated"),
        ({"id": "own/moods", "train": "april"}, "split"),
        ({"id": "own/moods", "revision": "v9"}, "revision"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_reason(form, reason, online, tmp_path):
    problem = handlers(online, tmp_path).fetch(ME, {"hub": form})["problem"]
    assert (problem["type"], problem["details"]["reason"]) == ("DataError", reason)


def test_without_a_hub_this_is_said_within_seconds(online, tmp_path):
    nowhere = online | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    began = time.monotonic()
    problem = handlers(nowhere, tmp_path).fetch(ME, {"hub": {"id": "own/moods"}})["problem"]
    assert problem["details"]["reason"] == "offline"
    assert time.monotonic() - began < 30
