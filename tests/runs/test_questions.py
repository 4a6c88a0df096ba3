"""Questions to a run in training: asked and answered through its folder, and nothing is left behind."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mtl.runs import questions
from mtl.runs.questions import AT_ONCE, STALE_S, Desk, Question, ask

DEADLINE = 10.0


@pytest.fixture
def worker(tmp_path):
    """`worker(answer)`: serves the folder from a thread until the test is over."""
    ended, threads = threading.Event(), []

    def serve(answer):
        desk = Desk(tmp_path)

        def loop():
            while not ended.wait(0.005):
                for question in desk.waiting():
                    desk.reply(question, answer(question))

        threads.append(threading.Thread(target=loop))
        threads[0].start()

    yield serve
    ended.set()
    for thread in threads:
        thread.join(DEADLINE)


@pytest.mark.parametrize("pair", [None, "世界 😀"])
def test_the_reply_is_that_of_the_worker_and_no_file_is_left(tmp_path, worker, pair):
    worker(lambda question: {"said": [question.text, question.text_pair, question.which]})
    assert ask(tmp_path, Question("héllo ${x}", pair, "each"), DEADLINE) == {"said": ["héllo ${x}", pair, "each"]}
    assert list((tmp_path / "questions").iterdir()) == []


def test_everybody_gets_the_answer_to_their_own_question(tmp_path, worker):
    worker(lambda question: {"said": question.text})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda n: ask(tmp_path, Question(str(n)), DEADLINE), range(60)))
    assert replies == [{"said": str(n)} for n in range(60)]


def test_nobody_waits_longer_than_the_deadline_or_than_the_run_lives(tmp_path):
    began = time.monotonic()
    assert ask(tmp_path, Question("hello"), 0.1) is None
    assert ask(tmp_path, Question("hello"), DEADLINE, wanted=lambda: False) is None
    assert time.monotonic() - began < 2
    assert list((tmp_path / "questions").iterdir()) == []


def test_few_are_answered_at_once_and_the_oldest_first(tmp_path):
    desk, clock = Desk(tmp_path), time.time()
    (tmp_path / "questions").mkdir()
    for age in range(10):
        path = tmp_path / "questions" / f"q{age}.json"
        path.write_text(json.dumps({"text": str(age), "text_pair": None}))
        questions.os.utime(path, (clock - age, clock - age))
    assert [question.text for question in desk.waiting()] == [str(age) for age in range(9, 9 - AT_ONCE, -1)]


@pytest.mark.parametrize("content", ["{", "[]", '"text"', "5", '{"text": "y"}', ""])
def test_a_damaged_question_is_thrown_away(tmp_path, content):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "x.json").write_text(content)
    assert Desk(tmp_path).waiting() == []
    assert list((tmp_path / "questions").iterdir()) == []


def test_a_question_nobody_waits_for_any_more_is_thrown_away(tmp_path):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "x.json").write_text('{"text": "y", "text_pair": null}')
    assert len(Desk(tmp_path).waiting()) == 1
    assert Desk(tmp_path, clock=lambda: time.time() + STALE_S + 1).waiting() == []
    assert list((tmp_path / "questions").iterdir()) == []


def test_a_folder_without_questions_and_a_full_disk_are_no_trouble(tmp_path, monkeypatch):
    assert Desk(tmp_path).waiting() == []

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(questions, "write_json", full)
    assert ask(tmp_path, Question("hello"), DEADLINE) is None
    Desk(tmp_path).reply(Question("y", id="x"), {})
