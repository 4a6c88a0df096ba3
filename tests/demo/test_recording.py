import json

import pytest

from demo.asking import Asking
from demo.feed import Feed
from demo.lessons.recording import read_recording
from mtl.errors import CheckpointError, DataError

SAID = {"step": 30, "truncated": False, "tokens_read": 5, "missing_pair": [], "answers": {"topic": {"label": "food"}}}
BEFORE = {**SAID, "step": 0, "answers": {"topic": {"label": "money"}}}


@pytest.fixture
def folder(tmp_path, write):
    run = write(("topic",)).begin(30).train(30).validate("test").finish()
    folder = tmp_path / "recorded"
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(run.path.read_bytes())
    (folder / "config.json").write_text(json.dumps({"tasks": ["topic"]}))
    (folder / "machine.json").write_text(json.dumps({"machine": "AMD EPYC · 2 cores", "date": "2026-11-22"}))
    answers = [{"text": "Good soup.", "text_pair": "", "first": BEFORE, "last": SAID}]
    (folder / "answers.json").write_text(json.dumps(answers))
    return folder


def test_a_recorded_run_is_fed_like_any_other_and_says_so(store, folder) -> None:
    feed = Feed(store, read_recording(folder))
    answer = feed.watch({"run": "recorded", "cursor": 0})
    assert answer["missing"] is False
    assert answer["status"]["state"] == "finished"
    assert answer["status"]["recorded"] == {"machine": "AMD EPYC · 2 cores", "date": "2026-11-22"}
    assert answer["status"]["step"] == answer["status"]["max_steps"] == 30
    assert len(answer["train"]["topic"]) == 30
    again = feed.watch({"run": "recorded", "cursor": answer["cursor"]})
    assert again["train"] == {} and again["cursor"] == answer["cursor"]


def test_a_recorded_run_answers_its_own_text(store, folder) -> None:
    said = Asking(store, read_recording(folder)).answer("recorded", " Good soup. ")
    assert said["answers"]["topic"]["label"] == "food"
    assert said["before"]["topic"]["label"] == "money"


def test_a_recorded_run_answers_no_other_text(store, folder) -> None:
    with pytest.raises(CheckpointError) as caught:
        Asking(store, read_recording(folder)).answer("recorded", "Bad soup.")
    assert caught.value.details["reason"] == "recorded"


def test_no_folder_is_no_recording(tmp_path) -> None:
    assert read_recording(tmp_path / "nothing") is None


@pytest.mark.parametrize("name", ["config.json", "answers.json", "machine.json"])
def test_a_damaged_recording_is_refused(folder, name) -> None:
    (folder / name).write_text("{")
    with pytest.raises(DataError, match="damaged"):
        read_recording(folder)


def test_a_recording_without_an_end_is_refused(folder) -> None:
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(DataError, match="no end"):
        read_recording(folder)


def test_the_shipped_recording_can_be_read() -> None:
    recording = read_recording()
    if recording is None:
        pytest.skip("no run has been recorded yet")
    assert recording.status()["state"] == "finished"
    for answers in recording.answers:
        assert answers["first"]["step"] == 0 < answers["last"]["step"]
