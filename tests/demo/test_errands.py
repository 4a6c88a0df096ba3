"""Errands in processes of their own: what they bring, that they end in time, and that one visitor has one."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.errands import Errands
from mtl.data.uploads import Uploads

ROWS = "text,label\n" + "".join(f"text {at},{'good' if at % 2 else 'bad'}\n" for at in range(40))


def source(stored):
    return {"kind": "file", "name": "mine", "splits": {"train": stored}}


def script(tmp_path, code):
    path = tmp_path / "errand.py"
    path.write_text(code)
    return [sys.executable, str(path)]


@pytest.fixture
def send(tmp_path):
    """`send(code)`: errands whose process runs this code."""
    made = []

    def new(code, **settings):
        made.append(Errands(tmp_path, {}, command=script(tmp_path, code), **settings))
        return made[-1]

    yield new
    for errands in made:
        errands.close()


def wait_until(true, deadline_s=20):
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_file_is_looked_at_in_another_process(tmp_path):
    (tmp_path / "sent").write_text(ROWS)
    stored = Uploads(tmp_path / "uploads").save(tmp_path / "sent", "a.csv")
    errands = Errands(tmp_path / "uploads", {"HF_HUB_OFFLINE": "1"})
    told = errands.run({"do": "look", "name": "moods", "source": source(stored)}, "me")["done"]
    assert told["inspection"]["suggestion"]["labels"] == ["bad", "good"]
    assert told["preview"]["rows"] == {"train": 32, "validation": 4, "test": 4}
    assert told["preview"]["shown"][0]["labels"]
    asked = {
        "do": "see",
        "source": source(stored),
        "spec": {**told["preview"]["spec"], "label": "text", "text": "label"},
    }
    assert errands.run({**asked, "spec": {**asked["spec"], "labels": ["x", "y"]}}, "me")["error"]["details"] == {
        "reason": "no_rows", "source": "mine", "split": "train", "problems": {"unknown_label": 40},
    }  # fmt: skip


def test_a_refusal_comes_back_with_its_type_and_values(tmp_path):
    found = Errands(tmp_path, {}).run({"do": "look", "name": "x", "source": source(f"{'a' * 22}.csv")}, "me")
    assert found["error"]["type"] == "DataError"
    assert found["error"]["details"]["reason"] == "missing"


@pytest.mark.parametrize("stored", ["/etc/passwd", "../secret.csv", "a.csv", f"../{'a' * 22}.csv"])
def test_no_path_reaches_the_disk(tmp_path, stored):
    found = Errands(tmp_path, {}).run({"do": "look", "name": "x", "source": source(stored)}, "me")
    assert found["error"]["type"] == "ConfigError"


def test_what_takes_too_long_is_ended(send):
    errands = send("import time\ntime.sleep(60)")
    began = time.monotonic()
    assert errands.run({}, "me", deadline_s=0.3)["error"] == {
        "type": "ErrandLate", "message": "ErrandLate", "details": {"seconds": 0.3},
    }  # fmt: skip
    assert time.monotonic() - began < 10


def test_a_visitor_can_stop_their_own(send):
    errands = send("import time\ntime.sleep(60)")
    assert not errands.stop("me")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(errands.run, {}, "me")
        wait_until(lambda: not errands.stop("somebody else") and errands.stop("me"))
        assert waiting.result(20)["error"]["type"] == "ErrandStopped"


def test_a_newer_errand_of_the_same_visitor_ends_the_older(send, tmp_path):
    code = "import json, sys, time\nif json.load(sys.stdin)['slow']: time.sleep(60)\nprint(json.dumps({'done': 1}))"
    errands = send(code)
    with ThreadPoolExecutor(1) as pool:
        older = pool.submit(errands.run, {"slow": True}, "me")
        wait_until(lambda: "me" in errands._under_way)
        assert errands.run({"slow": False}, "me") == {"done": 1}
        assert older.result(20)["error"]["type"] == "ErrandStopped"


def test_a_visitor_waits_for_room_but_not_for_ever(send):
    errands = send("import time\ntime.sleep(60)", at_once=1, wait_s=0.2)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(errands.run, {}, "me")
        wait_until(lambda: "me" in errands._under_way)
        assert errands.run({}, "somebody else")["error"]["type"] == "ErrandBusy"
        errands.close()
        assert first.result(20)["error"]["type"] == "ErrandStopped"
    assert errands.run({}, "me")["error"]["type"] == "ErrandStopped"


@pytest.mark.parametrize(
    "code", ["raise SystemExit(3)", "print('no JSON')", "print('[1]')", "import os\nos.kill(os.getpid(), 9)"]
)
def test_an_errand_that_crashes_is_told_as_lost(send, code):
    assert send(code).run({}, "me")["error"]["type"] == "ErrandLost"


def test_an_errand_whose_server_is_gone_ends_itself():
    asked = {"do": "check", "encoder": "sentence-transformers/all-MiniLM-L6-v2", "seconds": 0.5}
    errand = subprocess.run(
        [sys.executable, "-m", "mtl.errands"], input=json.dumps(asked), text=True, capture_output=True, timeout=60
    )
    assert errand.returncode == -signal.SIGALRM
    assert not errand.stdout
