import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import pytest

from demo.asking import ANSWERING, MAX_CHARACTERS, Asking, readable
from mtl.errors import CheckpointError, ConfigError, RunNotFound
from mtl.runs.config import Pinned, RunConfig
from mtl.runs.events import Said
from mtl.runs.journal import Journal
from mtl.runs.selected import Selected

ROOT = Path(__file__).resolve().parents[2]


class EchoAnswers:
    """What an echoing model answers."""

    def __init__(self, folder: Path, which: str, text: str, text_pair: str | None) -> None:
        self.said = {"type": "label", "label": f"{text}|{text_pair}", "which": which, "run": folder.parent.name}

    def to_dict(self) -> dict:
        return {"step": 7, "answers": {"topic": self.said}, "missing_pair": [], "truncated": False, "tokens_read": 5}


class Echo:
    """Answers with the question: stands for a model where the model does not matter."""

    def __init__(self, folder: Path, which: str) -> None:
        self.folder, self.which, self.asked = folder, which, 0

    def answer(self, text: str, text_pair: str | None = None) -> EchoAnswers:
        self.asked += 1
        return EchoAnswers(self.folder, self.which, text, text_pair)


class Loads:
    """Loads echoes, and remembers which."""

    def __init__(self) -> None:
        self.made: list[Echo] = []

    def __call__(self, folder: Path, which: str) -> Echo:
        Event().wait(0.05)  # a model takes its time, in which others ask too
        self.made.append(Echo(folder, which))
        return self.made[-1]


def add_snapshot(store, run_id: str, step: int) -> None:
    folder = store.folder(run_id) / "snapshots" / f"step-{step:08d}"
    folder.mkdir(parents=True)
    (folder / "complete.json").write_text("{}")


@pytest.fixture
def run_id(store) -> str:
    run_id = store.create(RunConfig())
    add_snapshot(store, run_id, 0)
    add_snapshot(store, run_id, 7)
    return run_id


def test_the_newest_snapshot_answers_beside_the_first(store, run_id) -> None:
    said = Asking(store, load=Loads()).answer(run_id, " Hello ", "World")
    assert said["answers"]["topic"]["label"] == "Hello|World"
    assert said["answers"]["topic"]["which"] == "newest"
    assert said["before"]["topic"]["which"] == "first"
    assert (said["step"], said["truncated"], said["tokens_read"], said["missing_pair"]) == (7, False, 5, [])


@pytest.mark.parametrize("which", ["best", "each"])
def test_the_best_snapshots_answer_if_they_are_asked_and_anew_when_they_change(store, run_id, which) -> None:
    loads = Loads()
    asking = Asking(store, load=loads)
    assert asking.answer(run_id, "Hello", which=which)["answers"]["topic"]["which"] == which
    asking.answer(run_id, "Hello", which=which)
    Selected(7, {"topic": 0}).write(store.folder(run_id) / "snapshots")
    asking.answer(run_id, "Hello", which=which)
    assert {echo.which: echo.asked for echo in loads.made} == {which: 2, "first": 1}


@pytest.mark.parametrize("which", ["newest ", "first", "../..", "", None, 5])
def test_other_snapshots_cannot_be_asked(store, run_id, which) -> None:
    with pytest.raises(ConfigError, match="`which` should be one of newest, best, each"):
        Asking(store, load=Loads()).answer(run_id, "Hello", which=which)


def test_a_second_text_that_cannot_be_seen_is_none(store, run_id) -> None:
    assert Asking(store, load=Loads()).answer(run_id, "Hello", " \u200b\n")["answers"]["topic"]["label"] == "Hello|None"


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "\u200b\u200d\ufeff", "\x00\x07", "\ud800", None, 5, ["a"], {"a": 1}]
)
def test_a_text_without_anything_to_see_is_refused(store, run_id, text) -> None:
    with pytest.raises(ConfigError, match="`text` should hold at least one visible character"):
        Asking(store, load=Loads()).answer(run_id, text)


@pytest.mark.parametrize("text", ["😀", "你好，世界", "שלום עולם", "a\u200bb", "e\u0301", "\U0001f468\u200d\U0001f469"])
def test_every_script_reaches_the_model(store, run_id, text) -> None:
    assert Asking(store, load=Loads()).answer(run_id, text)["answers"]["topic"]["label"] == f"{text}|None"


def test_a_lone_surrogate_does_not_reach_the_tokenizer(store, run_id) -> None:
    assert readable("text", "a\ud800b") == ("a?b", False)


def test_a_very_long_text_is_cut_and_said_to_be(store, run_id) -> None:
    said = Asking(store, load=Loads()).answer(run_id, "x" * 100_000)
    assert said["truncated"] is True
    assert len(said["answers"]["topic"]["label"]) == MAX_CHARACTERS + len("|None")


def test_blank_ends_do_not_count_as_cut(store, run_id) -> None:
    assert Asking(store, load=Loads()).answer(run_id, "x" + " " * 100_000)["truncated"] is False


@pytest.fixture
def live(store, run_id, monkeypatch):
    """`live(reply)`: the run trains, and its worker replies; gives the list of what it was asked."""

    def serve(reply, state="training"):
        asked: list[tuple[str, str | None]] = []

        def ask(folder, question, deadline_s, wanted):
            assert folder == store.folder(run_id)
            assert wanted() is (state in ANSWERING)
            asked.append((question.text, question.text_pair))
            return reply

        monkeypatch.setattr("demo.asking.questions.ask", ask)
        status = replace(store.status(run_id), state=state, step=9)
        monkeypatch.setattr(store, "status", lambda _: status)
        return asked

    return serve


def test_while_it_trains_the_worker_answers_and_no_model_is_loaded(store, run_id, live) -> None:
    now = {"step": 9, "answers": {"topic": {"label": "food"}}, "truncated": False, "missing_pair": [], "tokens_read": 3}
    asked, loads = live({"now": now, "before": {"topic": {"label": "money"}}}), Loads()
    asking = Asking(store, load=loads)
    said = asking.answer(run_id, " Hello ", "x" * 100_000)
    assert said == {**now, "truncated": True, "before": {"topic": {"label": "money"}}}
    assert asked == [("Hello", "x" * MAX_CHARACTERS)]
    asking.answer(run_id, "Hello", "x" * 100_000)
    assert len(asked) == 1, "the same question at the same step was asked twice"
    assert loads.made == []


@pytest.mark.parametrize("reply", [None, {"error": "no memory left"}])
def test_if_the_worker_cannot_answer_the_snapshots_do(store, run_id, live, reply) -> None:
    asked = live(reply)
    asking = Asking(store, load=Loads())
    assert asking.answer(run_id, "Hello")["answers"]["topic"]["label"] == "Hello|None"
    assert asking.answer(run_id, "Hello")["step"] == 7
    assert len(asked) == 2, "a missing reply was remembered"


@pytest.mark.parametrize("state", ["queued", "starting", "finished", "stopped", "failed", "interrupted"])
def test_nobody_asks_a_worker_that_does_not_train(store, run_id, live, state) -> None:
    asked = live(None, state)
    Asking(store, load=Loads()).answer(run_id, "Hello")
    assert asked == []


def test_the_same_question_is_computed_once_until_a_new_snapshot(store, run_id) -> None:
    loads = Loads()
    asking = Asking(store, load=loads)
    asking.answer(run_id, "Hello")
    asking.answer(run_id, "Hello")
    assert [echo.asked for echo in loads.made] == [1, 1]
    add_snapshot(store, run_id, 9)
    asking.answer(run_id, "Hello")
    assert [echo.asked for echo in loads.made] == [2, 1]


def test_many_who_ask_at_once_load_one_model(store, run_id) -> None:
    loads, together = Loads(), Barrier(16)
    asking = Asking(store, load=loads)

    def ask(_: int) -> dict:
        together.wait(10)
        return asking.answer(run_id, "Hello")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(16)))
    assert [echo.asked for echo in loads.made] == [1, 1]


def test_only_two_models_are_kept(store) -> None:
    loads = Loads()
    asking = Asking(store, load=loads)
    runs = [store.create(RunConfig()) for _ in range(3)]
    for run_id in runs:
        add_snapshot(store, run_id, 3)
    for run_id in (*runs, runs[0]):
        asking.answer(run_id, f"Hello {len(loads.made)}")
    assert len(loads.made) == 4
    assert len(asking._predictors._values) == 2


def test_a_run_without_a_snapshot_has_no_answer_yet(store) -> None:
    with pytest.raises(CheckpointError) as caught:
        Asking(store, load=Loads()).answer(store.create(RunConfig()), "Hello")
    assert caught.value.details["reason"] == "missing"


@pytest.mark.parametrize("run_id", ["recorded", "../..", "A" * 22, "", None, 5, "x" * 1_000_000])
def test_no_such_run_is_said_so(store, run_id) -> None:
    with pytest.raises(RunNotFound):
        Asking(store, load=Loads()).answer(run_id, "Hello")


def test_torch_is_loaded_by_the_first_question_only(tmp_path) -> None:
    code = """
import sys
from pathlib import Path
from demo.asking import Asking
from mtl.errors import CheckpointError
from mtl.runs.config import RunConfig
from mtl.runs.store import RunStore

store = RunStore(Path(sys.argv[1]))
asking, run_id = Asking(store), store.create(RunConfig())
assert "torch" not in sys.modules
snapshot = store.folder(run_id) / "snapshots" / "step-00000000"
snapshot.mkdir(parents=True)
(snapshot / "complete.json").write_text('{"files": {"model.safetensors": 5}}')
try:
    asking.answer(run_id, "Hello")
except CheckpointError as error:
    assert error.details["reason"] == "missing", error
else:
    raise AssertionError("a snapshot without weights answered")
assert "torch" in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def followed(store) -> str:
    """A run that was asked a pinned pair at steps 0 and 4."""
    run_id = store.create(RunConfig(pinned=(Pinned("Hello", "World"), Pinned("Other"))))
    with closing(Journal(store.folder(run_id) / "events.jsonl", lambda: 0.0)) as events:
        for step in (0, 4):
            for place in (0, 1):
                answers = {"topic": {"type": "label", "label": f"{step} {place}", "probabilities": {}}}
                said = Said(step=step, pinned=place, answers=answers, missing_pair=[], truncated=False, tokens_read=5)
                events.append(said)
    return run_id


def test_what_was_said_to_a_pinned_text_is_found_at_its_step_beside_the_first(store, followed) -> None:
    said = Asking(store, load=Loads()).said(followed, 4)
    assert (said["text"], said["text_pair"], said["step"]) == ("Hello", "World", 4)
    assert said["answers"]["topic"]["label"] == "4 0"
    assert said["before"]["topic"]["label"] == "0 0"
    assert Asking(store, load=Loads()).said(followed, 4, pinned=1)["answers"]["topic"]["label"] == "4 1"


@pytest.mark.parametrize("step", [1, 5, -1, None, "4", "../.."])
def test_a_step_at_which_nothing_was_asked_is_said_so(store, followed, step) -> None:
    with pytest.raises(CheckpointError) as caught:
        Asking(store, load=Loads()).said(followed, step)
    assert caught.value.details["reason"] == "missing"
