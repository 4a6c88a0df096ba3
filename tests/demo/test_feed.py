import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.feed import Feed
from mtl.runs.config import RunConfig
from mtl.runs.events import Download, Dropped, Failed, Loss, Phase, Truncated
from mtl.runs.presence import Claim
from mtl.runs.process import Process
from mtl.runs.store import RunStore


def size(answer: dict) -> int:
    """Bytes as Gradio sends them."""
    return len(json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode())


def follow(feed: Feed, run_id: str) -> list[dict]:
    """All answers an attaching page gets, until nothing is new."""
    answers, cursor = [], 0
    while True:
        answers.append(feed.watch({"run": run_id, "cursor": cursor}))
        if answers[-1]["cursor"] == cursor:
            return answers[:-1]
        cursor = answers[-1]["cursor"]


def test_a_page_that_attaches_gets_everything_so_far(store, write) -> None:
    run = write(("topic", "stars")).begin().train(2).validate()
    answer = Feed(store).watch({"run": run.run_id, "cursor": 0})
    assert answer["missing"] is False
    assert answer["start"]["max_steps"] == 100
    assert "type" not in answer["start"]
    assert answer["train"]["topic"] == [[1, 1.0, 32, 2.0, 1.0, 0.1235], [2, 2.0, 64, 1.0, 1.0, 0.1235]]
    assert answer["validation"]["stars"] == [[2, 2.0, 0.9877]]
    assert answer["scores"][0] == ["topic", "validation", 2, 2.0, "accuracy", {"accuracy": 0.8765, "macro_f1": 0.7654}]
    assert answer["optimizer"] == [[1, 0.0002, 1.235], [2, 0.0002, 1.235]]
    assert answer["snapshot"] == 2
    assert answer["status"]["device_name"] == "AMD EPYC · 2 cores"


def test_a_download_is_told_byte_by_byte_until_the_next_phase(store, write) -> None:
    run, feed = write(), Feed(store)
    assert Claim(Process.current(), 0.0).write(store.folder(run.run_id))
    run.say(
        Phase(step=0, phase="downloading"), Download(step=0, encoder="x", bytes_done=1_234_567, bytes_total=9_876_543)
    )
    status = feed.watch({"run": run.run_id, "cursor": 0})["status"]
    assert (status["state"], status["phase"]) == ("starting", "downloading")
    assert status["download"] == {"bytes_done": 1_234_567, "bytes_total": 9_876_543}
    run.say(Phase(step=0, phase="loading"))
    assert "download" not in feed.watch({"run": run.run_id, "cursor": 0})["status"]


def test_the_cursor_brings_only_what_is_new(store, write) -> None:
    run, feed = write().begin().train(3), Feed(store)
    first = feed.watch({"run": run.run_id, "cursor": 0})
    run.train(1)
    second = feed.watch({"run": run.run_id, "cursor": first["cursor"]})
    assert second["start"] is None
    assert [row[0] for row in second["train"]["topic"]] == [4]
    third = feed.watch({"run": run.run_id, "cursor": second["cursor"]})
    assert third["cursor"] == second["cursor"]
    assert third["train"] == {} and third["scores"] == [] and third["optimizer"] == []


def test_a_cursor_stays_true_when_the_server_restarts(store, write) -> None:
    run = write().begin().train(3)
    cursor = Feed(store).watch({"run": run.run_id, "cursor": 0})["cursor"]
    run.train(1)
    answer = Feed(RunStore(store.folder(run.run_id).parent)).watch({"run": run.run_id, "cursor": cursor})
    assert [row[0] for row in answer["train"]["topic"]] == [4]


def test_an_update_is_small(store, write) -> None:
    run, feed = write().begin(1000).train(123), Feed(store)
    cursor = feed.watch({"run": run.run_id, "cursor": 0})["cursor"]
    assert size(feed.watch({"run": run.run_id, "cursor": cursor})) <= 400
    run.train(1)
    live = feed.watch({"run": run.run_id, "cursor": cursor})
    assert len(live["train"]) == 6
    assert size(live) <= 1000


def test_a_torn_last_line_waits_until_it_is_whole(store, write) -> None:
    run, feed = write(("topic",)).begin().train(1), Feed(store)
    cursor = feed.watch({"run": run.run_id, "cursor": 0})["cursor"]
    line = b'{"type":"loss","task":"topic","split":"train","t":9.0,"step":9,"loss":0.5,"examples":9}\n'
    with run.path.open("ab", buffering=0) as file:
        file.write(line[:40])
        assert feed.watch({"run": run.run_id, "cursor": cursor})["train"] == {}
        file.write(line[40:])
    assert feed.watch({"run": run.run_id, "cursor": cursor})["train"]["topic"] == [[9, 9.0, 9, 0.5, None, None]]


HOSTILE = [
    None, 7, "x", [], {}, {"run": None}, {"run": 5, "cursor": 0}, {"run": "unknown", "cursor": 0}, {"cursor": 3},
    {"run": "x" * 10_000_000, "cursor": 0}, {"run": {"run": {"run": []}}}, {"run": "../../etc/passwd", "cursor": 0},
    {"run": "A" * 22, "cursor": 0}, {"run": "\x00" * 22, "cursor": 0}, {"run": "é\ud800", "cursor": 0},
]  # fmt: skip


@pytest.mark.parametrize("args", HOSTILE, ids=range(len(HOSTILE)))
def test_a_question_that_makes_no_sense_is_answered_by_missing(store, args) -> None:
    answer = Feed(store).watch(args)
    assert answer["missing"] is True
    assert size(answer) < 200


@pytest.mark.parametrize("cursor", ["0", None, 1.5, True, -1, [0], {"a": 1}, 10**30, "9" * 1_000_000])
def test_a_cursor_that_is_no_count_is_answered_by_missing(store, write, cursor) -> None:
    run = write().begin()
    assert Feed(store).watch({"run": run.run_id, "cursor": cursor})["missing"] is True


def test_without_arguments_nothing_breaks(store) -> None:
    assert Feed(store).watch()["missing"] is True


def test_a_cursor_past_the_end_starts_again(store, write) -> None:
    run = write().begin().train(1)
    answer = Feed(store).watch({"run": run.run_id, "cursor": 10**9})
    assert answer["start"] is not None
    assert answer["cursor"] < 100


def test_a_journal_that_was_replaced_is_read_anew(store, write) -> None:
    run, feed = write(("topic",)).begin().train(20), Feed(store)
    feed.watch({"run": run.run_id, "cursor": 0})
    run.path.write_text('{"type":"phase","t":0,"step":0,"phase":"loading"}\n')
    assert feed.watch({"run": run.run_id, "cursor": 0})["train"] == {}


class CountingStore(RunStore):
    """A real store that counts how much it is asked to parse."""

    parsed = 0

    def events(self, run_id: str, cursor: int = 0):
        events, cursor = super().events(run_id, cursor)
        self.parsed += len(events)
        return events, cursor


def test_fifty_watchers_cost_one_parse(store, write) -> None:
    run = write().begin().train(50)
    counting = CountingStore(store.folder(run.run_id).parent)
    feed = Feed(counting)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: feed.watch({"run": run.run_id, "cursor": 0}), range(50)))
    assert len({json.dumps(answer["train"]) for answer in answers}) == 1
    assert counting.parsed == answers[0]["cursor"]


@pytest.fixture(scope="module")
def long_run(tmp_path_factory) -> tuple[RunStore, str]:
    """Six tasks, 10,000 steps: written at once, since a journal line by line takes a while."""
    store = RunStore(tmp_path_factory.mktemp("long"))
    run_id = store.create(RunConfig.from_dict({}))
    with (store.folder(run_id) / "events.jsonl").open("w") as file:
        for step in range(1, 10_001):
            for task in ("a", "b", "c", "d", "e", "f"):
                loss = Loss(step=step, task=task, split="train", loss=77.0 if step == 7777 else 1.0, examples=step * 32)
                file.write(json.dumps({**loss.to_dict(), "t": step / 10}) + "\n")
    return store, run_id


def test_a_long_run_comes_in_several_answers_and_thinned(long_run) -> None:
    store, run_id = long_run
    answers = follow(Feed(store), run_id)
    assert len(answers) > 1
    assert all(size(answer) <= 200_000 for answer in answers)
    assert all(answer.get("more") for answer in answers[:-1]) and "more" not in answers[-1]
    rows = [row for answer in answers for row in answer["train"].get("c", [])]
    steps = [row[0] for row in rows]
    assert steps == sorted(set(steps))
    assert steps[0] == 1 and steps[-1] == 10_000
    assert [row[3] for row in rows if row[0] == 7777] == [77.0]
    assert 1000 <= len(rows) <= 2100
    # The density is even: no part of the run is drawn much finer than another.
    tenths = [sum(1000 * part < step <= 1000 * (part + 1) for step in steps) for part in range(10)]
    assert max(tenths) <= 2 * min(tenths)


def test_a_page_a_little_behind_gets_every_point(long_run) -> None:
    store, run_id = long_run
    answer = Feed(store).watch({"run": run_id, "cursor": 60_000 - 6 * 150})
    assert len(answer["train"]["a"]) == 150


def test_a_failed_run_brings_its_error_and_a_bounded_traceback(store, write) -> None:
    run = write(("topic",)).begin().train(1)
    details = {"task": "topic", "step": 2}
    run.say(Loss(step=2, task="topic", split="train", loss=float("nan"), examples=8))
    trace = "x" * 100_000 + "LossNotFinite"
    run.say(Failed(step=2, error="LossNotFinite", message="…", details=details, traceback=trace, elapsed_s=2.0))
    answer = Feed(store).watch({"run": run.run_id, "cursor": 0})
    assert answer["train"]["topic"][-1] == [2, 1.0, 8, None, None, None]
    assert answer["status"]["state"] == "failed"
    assert answer["status"]["error"]["error"] == "LossNotFinite"
    assert answer["status"]["error"]["details"] == details
    assert answer["status"]["error"]["traceback"].endswith("LossNotFinite")
    assert size(answer) < 10_000


def test_cut_texts_and_dropped_rows_are_passed_on(store, write) -> None:
    run = write(("topic",)).begin()
    run.say(Truncated(step=0, source="texts", rows=12, max_length=128))
    run.say(Dropped(step=0, source="texts", split="train", rows=3, problems={"empty_text": 3}))
    answer = Feed(store).watch({"run": run.run_id, "cursor": 0})
    assert [(each["source"], each["rows"]) for each in answer["truncated"]] == [("texts", 12)]
    assert [(each["split"], each["problems"]) for each in answer["dropped"]] == [("train", {"empty_text": 3})]


def test_a_run_that_waits_has_a_status_and_no_rows(store, write) -> None:
    run = write()
    answer = Feed(store).watch({"run": run.run_id, "cursor": 0})
    assert answer["missing"] is False
    assert answer["status"]["state"] == "queued"
    assert answer["start"] is None and answer["train"] == {}


def test_a_deleted_run_is_missing(store, write) -> None:
    run, feed = write().begin(), Feed(store)
    feed.watch({"run": run.run_id, "cursor": 0})
    (store.folder(run.run_id) / "config.json").unlink()
    assert feed.watch({"run": run.run_id, "cursor": 0})["missing"] is True


def test_nothing_recorded_is_missing(store) -> None:
    assert Feed(store).watch({"run": "recorded", "cursor": 0})["missing"] is True
