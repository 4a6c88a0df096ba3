"""The public endpoints, through gradio_client against a real ``python app.py``."""

import json
import time
import urllib.request

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from demo.asking import Asking
from demo.feed import Feed
from demo.lessons.record import record
from demo.lessons.recording import read_recording
from mtl.data.corpus import TASKS
from mtl.errors import shown
from mtl.runs.config import RunConfig
from mtl.runs.store import RunStore

ENDPOINTS = {"/options", "/start_run", "/run_status", "/run_events", "/stop_run", "/list_runs", "/predict"}
NO_RUN = "A" * 22
SHALLOW = {"num_hidden_layers": 1, "max_length": 32}
SMALL = {
    "encoder": SHALLOW,
    "tasks": ["sentiment", "topic"],
    "training": {"max_steps": 4, "eval_steps": 2, "max_eval_samples": 8, "per_device_train_batch_size": 8},
}
LONG = {"encoder": SHALLOW, "tasks": ["sentiment", "topic"], "training": {"max_steps": 1000, "eval_steps": 500}}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(serve, tmp_path_factory):
    server = serve(tmp_path_factory.mktemp("served"), "--slots", "1")
    server.wait()
    yield server
    server.end()


@pytest.fixture(scope="module")
def client(server) -> Client:
    return Client(server.url, verbose=False)


def call(client: Client, name: str, *arguments):
    return client.predict(*arguments, api_name=name)


def wait_for(client: Client, run_id: str, states: set[str], deadline_s: float = 180) -> dict:
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        status = call(client, "/run_status", run_id)
        if status["state"] in states:
            return status
        assert status["state"] not in {"failed", "interrupted"} - states, status
        time.sleep(0.1)
    raise AssertionError(f"the run did not become {states}: {status}")


def every_event(client: Client, run_id: str) -> list[dict]:
    events, cursor = [], 0
    while (portion := call(client, "/run_events", run_id, cursor))["events"]:
        events, cursor = events + portion["events"], portion["cursor"]
    return events


@pytest.fixture(scope="module")
def finished(client) -> str:
    run_id = call(client, "/start_run", SMALL)
    assert wait_for(client, run_id, {"finished"})["step"] == 4
    return run_id


def test_exactly_the_promised_endpoints_are_public_with_words(client) -> None:
    published = client.view_api(return_format="dict")["named_endpoints"]
    assert set(published) == ENDPOINTS
    for name, endpoint in published.items():
        assert endpoint["description"], name
        for parameter in endpoint["parameters"]:
            assert parameter["python_type"]["type"] != "Any", (name, parameter)
    parameters = {name: [each["parameter_name"] for each in published[name]["parameters"]] for name in published}
    assert parameters["/start_run"] == ["config"]
    assert parameters["/predict"] == ["run_id", "text", "text_pair"]
    assert parameters["/list_runs"] == []


def test_options_name_everything_a_config_can_choose(client) -> None:
    options = call(client, "/options")
    assert set(options) == {"encoders", "tasks", "catalogue", "kinds", "sharing", "balancers", "sampling", "defaults"}
    tasks = {task["name"]: task for task in options["tasks"]}
    assert list(tasks) == list(TASKS)
    assert tasks["relation"]["pair"] is True
    assert all(task["example"] and task["rows"]["train"] > 0 and task["source"] for task in tasks.values())
    assert options["balancers"][0]["name"] == "equal"
    json.dumps(options, allow_nan=False)


def test_a_run_goes_from_start_to_answers(client, finished) -> None:
    events = every_event(client, finished)
    kinds = [event["type"] for event in events]
    assert kinds[-1] == "finished"
    assert all({"type", "t", "step"} <= set(event) for event in events)
    losses = {(event["task"], event["split"]) for event in events if event["type"] == "loss"}
    assert losses >= {(task, split) for task in ("sentiment", "topic") for split in ("train", "validation")}
    said = call(client, "/predict", finished, "Maria loved the hotel.", "")
    assert set(said) == {"sentiment", "topic"}
    assert sum(said["topic"]["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert finished in [run["run_id"] for run in call(client, "/list_runs")]


def test_a_finished_run_can_be_recorded_and_shown_without_its_model(server, finished, tmp_path) -> None:
    store, text = RunStore(server.runs), "Maria loved the hotel."
    record(store, finished, [(text, "")], tmp_path)
    recording = read_recording(tmp_path)
    said = Asking(store, recording).answer("recorded", text)
    assert said["step"] == 4
    assert set(said["answers"]) == set(said["before"]) == {"sentiment", "topic"}
    shown_first = Feed(store, recording).watch({"run": "recorded", "cursor": 0})
    assert shown_first["status"]["recorded"].keys() == {"machine", "date"}
    assert len(shown_first["train"]["topic"]) == 4


@pytest.mark.parametrize(
    "text", ["😀😀", "服务很好，酒店很安静。", "שלום", "a\u200bb", "e\u0301 \U0001f468\u200d\U0001f469"]
)
def test_any_script_is_answered(client, finished, text) -> None:
    assert set(call(client, "/predict", finished, text)) == {"sentiment", "topic"}


def test_a_very_long_text_is_answered_and_said_to_be_cut(client, finished) -> None:
    said = call(client, "/predict", finished, "good " * 20_000)
    assert all(answer["truncated"] is True for answer in said.values())
    assert all("truncated" not in answer for answer in call(client, "/predict", finished, "good").values())


def test_an_empty_text_is_refused_in_one_sentence(client, finished) -> None:
    with pytest.raises(AppError, match="`text` should hold at least one visible character") as caught:
        call(client, "/predict", finished, " \u200b ")
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["/run_status", "/run_events", "/stop_run"])
@pytest.mark.parametrize("run_id", [NO_RUN, "../../etc", ""])
def test_an_unknown_run_is_said_to_be_unknown(client, endpoint, run_id) -> None:
    with pytest.raises(AppError, match="There is no run") as caught:
        call(client, endpoint, run_id)
    assert str(caught.value) == f"There is no run {shown(run_id)}."


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"training": {"learning_rate": -1}}, "training.learning_rate"),
        ({"tasks": ["nonsense"]}, "tasks"),
        ({"tasks": "topic"}, "tasks"),
        ({"surprise": 1}, "surprise"),
        (["topic"], "config"),
        ("topic", "config"),
        (5, "config"),
    ],
)
def test_an_impossible_config_is_refused_by_field(client, config, field) -> None:
    with pytest.raises(AppError) as caught:
        call(client, "/start_run", config)
    assert str(caught.value).startswith(f"`{field}` should")


@pytest.mark.parametrize("cursor", [-1, 1.5, "0", None, True])
def test_an_impossible_cursor_is_refused(client, finished, cursor) -> None:
    with pytest.raises(AppError, match="`cursor` should"):
        call(client, "/run_events", finished, cursor)


def test_a_second_press_is_the_same_run_and_a_stop_ends_it(client, server) -> None:
    first = call(client, "/start_run", LONG)
    assert call(client, "/start_run", LONG) == first
    assert Client(server.url, verbose=False).predict(LONG, api_name="/start_run") != first
    wait_for(client, first, {"training", "evaluating"})
    status = call(client, "/stop_run", first)
    assert status["run_id"] == first
    stopped = wait_for(client, first, {"stopped"}, 60)
    assert stopped["reason"] == "requested"
    for run in call(client, "/list_runs"):
        call(client, "/stop_run", run["run_id"])
        wait_for(client, run["run_id"], {"stopped", "finished"}, 60)


def test_an_empty_config_is_the_default_preset(client, server) -> None:
    run_id = call(client, "/start_run", {})
    call(client, "/stop_run", run_id)
    assert RunStore(server.runs).config(run_id).training.max_steps == RunConfig().training.max_steps
    assert len(RunStore(server.runs).config(run_id).tasks) == 6
    wait_for(client, run_id, {"stopped"}, 60)


def test_the_page_feeds_nothing_to_hostile_callers(server) -> None:
    """The page's own polls are reachable by anybody: no argument may raise."""
    with urllib.request.urlopen(f"{server.url}config", timeout=30) as answer:
        config = json.load(answer)
    blocks = [component["id"] for component in config["components"] if component["props"].get("server_fns")]
    assert blocks
    for data in (None, "x", [], {"run": "x" * 3_000_000}, {"run": NO_RUN, "cursor": "0"}, {"run": {"run": []}}):
        body = {"data": data, "component_id": blocks[0], "fn_name": "watch", "session_hash": "hostile"}
        request = urllib.request.Request(
            f"{server.url}gradio_api/component_server", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["missing"] is True


def test_on_a_shared_machine_visitors_see_their_own_runs(serve, tmp_path) -> None:
    server = serve(tmp_path / "runs", "--shared")
    server.wait()
    mine, yours = (Client(server.url, verbose=False) for _ in range(2))
    run_id = call(mine, "/start_run", LONG)
    assert [run["run_id"] for run in call(mine, "/list_runs")] == [run_id]
    assert call(yours, "/list_runs") == []
    with pytest.raises(AppError, match="Only who started run"):
        call(yours, "/stop_run", run_id)
    assert call(yours, "/run_status", run_id)["run_id"] == run_id
    call(mine, "/stop_run", run_id)
    with pytest.raises(AppError, match="on a shared machine"):
        call(mine, "/start_run", {"training": {"max_steps": 100_000}})
    assert server.end()[0] == 0
