"""Data sets of a Hub on this machine, with the real clients: what is read, and each kind of damage with its reason."""

import json
import os

import pyarrow
import pytest

from mtl.data.refusals import REFUSALS
from tests.hub.data_sets import Client, card, write

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]

MOODS = {"names": {"0": "bad", "1": "good"}}


def table(count, first=0):
    texts = [f"text {at}" for at in range(first, first + count)]
    return pyarrow.table({"text": texts, "label": [at % 2 for at in range(count)], "extra": ["x" * 50] * count})


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The repos of the Hub."""
    root = tmp_path_factory.mktemp("hub")
    own = root / "datasets" / "own"
    features = [
        {"name": "text", "dtype": "string"},
        {"name": "label", "dtype": {"class_label": MOODS}},
        {"name": "extra", "dtype": "string"},
    ]
    for name in ("reviews", "gated", "busy", "cut", "slow", "flaky", "streamed", "streamcut"):
        write(own / name, "README.md", card(dataset_info={"features": features}))
        for split, count in (("train", 3000), ("validation", 20), ("test", 10)):
            write(own / name, f"data/{split}-00000-of-00001.parquet", table(count))
    by_label = pyarrow.table({"text": [f"t {at}" for at in range(5000)], "label": [at // 500 for at in range(5000)]})
    write(own / "sorted", "train.parquet", by_label)
    configs = [
        {"config_name": name, "data_files": [{"split": "train", "path": f"{name}.jsonl"}]} for name in ("a", "b")
    ]
    write(own / "several", "README.md", card(configs=configs))
    for name in ("a", "b"):
        lines = [{"translation": {"en": f"{name} {at}", "zh": f"你好 {at}"}} for at in range(12)]
        write(own / "several", f"{name}.jsonl", "\n".join(map(json.dumps, lines)))
    write(own / "tables", "train.csv", "text,label\n" + "".join(f"text {at},l{at % 2}\n" for at in range(30)))
    write(own / "tables", "dev.csv", "text,label\nheld out,l0\n")
    write(own / "script", "script.py", "raise SystemExit('it was run')")
    write(own / "script", "train.csv", "a,b\n1,2\n")
    write(own / "empty", "README.md", "nothing here")
    write(own / "pictures", "a.png", "not a table")
    write(own / "garbage", "train.parquet", "PAR1 this is no Parquet PAR1")
    write(own / "mixed", "train-0.jsonl", '{"a": 1}\n')
    write(own / "mixed", "train-1.jsonl", '{"b": {"c": "x"}}\n')
    write(own / "odd", "first.csv", "a,b\n1,2\n")
    files = [{"split": split, "path": "first.csv"} for split in ("one", "two")]
    write(own / "odd", "README.md", card(configs=[{"config_name": "default", "data_files": files}]))
    return root


@pytest.fixture(scope="module")
def served(root, start_hub):
    return start_hub(root, "--gated", "own/gated")


@pytest.fixture(scope="module")
def client(served, tmp_path_factory):
    client = Client(served.url, tmp_path_factory.mktemp("client"))
    yield client
    client.close()


@pytest.fixture
def hub(served):
    served.forget()
    yield served
    served.calm()


def test_a_small_data_set_is_read_whole_and_its_labels_have_names(hub, client):
    found = client.read(max_rows=500)
    assert found["rows"] == {"train": 500, "validation": 20, "test": 10}
    assert found["names"]["label"] == ["bad", "good"]
    assert all(row["text"].startswith("text ") for row in found["all"]["train"])
    assert len({row["text"] for row in found["all"]["train"]}) == 500
    assert client.read(max_rows=500)["all"] == found["all"]
    assert client.read(max_rows=500, seed=1)["all"]["train"] != found["all"]["train"]


def test_the_servers_token_is_never_sent(hub, client):
    client.read("own/several", config="a")
    assert hub.log()
    assert not any(request["auth"] for request in hub.log())


def test_only_the_columns_that_are_needed_are_kept(hub, client):
    assert client.read(columns=["text", "label"])["names"].keys() == {"text", "label"}
    assert (
        client.read("own/several", config="b", columns=["translation.en"])["all"]["train"][0]["translation.en"] == "b 0"
    )


def test_a_large_data_set_is_streamed_and_never_downloaded_whole(hub, client):
    found = client.read("own/sorted", whole_bytes=1000, max_rows=1000)
    assert found["rows"] == {"train": 1000}
    labels = {row["label"] for row in found["all"]["train"]}
    assert len(labels) >= 8  # of ten, one after the other in the file
    sent = [request for request in hub.log() if "resolve" in request["path"] and request["method"] == "GET"]
    assert all(request["range"] for request in sent if request["path"].endswith(".parquet"))
    assert client.read("own/sorted", whole_bytes=1000, max_rows=1000)["all"] == found["all"]


def test_names_of_labels_come_with_a_stream_too(hub, client):
    found = client.read("own/streamed", whole_bytes=10, max_rows=50, columns=["text", "label"])
    assert found["names"] == {"text": [], "label": ["bad", "good"]}
    assert found["rows"] == {"train": 50, "validation": 20, "test": 10}


def test_csv_and_json_are_read_and_splits_found_by_their_usual_names(hub, client):
    assert client.read("own/tables")["rows"] == {"train": 30, "validation": 1}
    found = client.read("own/several", config="a")
    assert found["all"]["train"][0] == {"translation.en": "a 0", "translation.zh": "你好 0"}


def test_splits_can_be_named(hub, client):
    found = client.read(splits={"train": "validation", "test": "test"})
    assert found["rows"] == {"train": 20, "test": 10}
    assert client.read("own/odd", splits={"train": "two"})["rows"] == {"train": 1}


GET = "/resolve/.*parquet"
THREE = ["train", "validation", "test"]
DAMAGE = [
    ("not_found", "own/nothing", {}, {}, {"id": "own/nothing"}),
    ("gated", "own/gated", {}, {}, {"id": "own/gated"}),
    ("revision", "own/reviews", {"revision": "v9"}, {}, {"found": "v9"}),
    ("config", "own/several", {"config": "c"}, {}, {"known": ["a", "b"], "found": "c"}),
    ("config", "own/several", {}, {}, {"known": ["a", "b"], "found": None}),
    ("split", "own/reviews", {"splits": {"test": "dev"}}, {}, {"known": THREE, "found": "dev"}),
    ("no_train", "own/odd", {}, {}, {"known": ["one", "two"]}),
    ("column", "own/reviews", {"columns": ["text", "topic"]}, {}, {"known": ["text", "label", "extra"]}),
    ("column", "own/streamed", {"columns": ["topic"], "whole_bytes": 10}, {}, {"found": "topic"}),
    ("script", "own/script", {}, {}, {"found": "script.py"}),
    ("no_data", "own/empty", {}, {}, {}),
    ("no_data", "own/pictures", {}, {}, {}),
    ("unreadable", "own/garbage", {}, {}, {}),
    ("unreadable", "own/mixed", {}, {}, {}),
    ("unavailable", "own/reviews", {}, {"fail_rate": 1.0}, {}),
    ("unavailable", "own/busy", {}, {"fail_rate": 1.0, "fault_path": GET}, {}),
    ("unavailable", "own/busy", {"whole_bytes": 10}, {"fail_rate": 1.0, "fault_path": GET}, {}),
    ("cut", "own/cut", {}, {"drop_after": 3000, "fault_path": GET}, {}),
    ("cut", "own/streamcut", {"whole_bytes": 10}, {"drop_after": 3000, "fault_path": GET}, {}),
    ("offline", "own/slow", {}, {"latency_ms": 20_000}, {"seconds": 5.0}),
]  # fmt: skip
SLOW = {"cut", "unavailable"}
"""The clients try again several times before they give up."""


@pytest.mark.parametrize(
    ("reason", "id", "asked", "faults", "details"), DAMAGE, ids=[f"{each[0]}-{at}" for at, each in enumerate(DAMAGE)]
)
def test_every_failure_has_its_reason(reason, id, asked, faults, details, hub, client):
    if faults:
        hub.faults(**faults)
    found = client.read(id, **asked)
    assert found["error"] == "DataError", found
    assert found["details"]["reason"] == reason, found
    assert details.items() <= found["details"].items()
    assert found["details"].get("id", found["details"].get("source")) == id
    assert found["seconds"] < (60 if reason in SLOW else 10)
    assert "{" not in found["message"]


def test_every_reason_of_the_hub_has_its_row():
    files = {
        "missing", "suffix", "empty", "too_large", "compressed", "binary", "encoding", "damaged", "too_many_rows",
        "too_many_columns", "too_many_labels", "one_label", "no_rows", "too_few_rows", "bad_rows",
    }  # fmt: skip
    assert {each[0] for each in DAMAGE} == set(REFUSALS) - files


def test_a_hub_that_is_busy_for_a_moment_is_asked_again(hub, client):
    hub.faults(fail_first=1, fault_path=GET)
    found = client.read("own/flaky")
    assert found.get("rows", found) == {"train": 3000, "validation": 20, "test": 10}


def test_a_download_that_broke_off_is_made_up_for_later(hub, client):
    assert client.read("own/cut")["rows"]["train"] == 3000


def test_without_a_network_the_answer_comes_in_seconds_and_a_filled_cache_is_read_when_told(served, hub, tmp_path):
    client = Client(served.url, tmp_path)
    rows = client.read()["rows"]
    client.close()
    offline = Client("http://127.0.0.1:9", tmp_path)
    found = offline.read()
    offline.close()
    assert found["details"]["reason"] == "offline"
    assert found["seconds"] < 7
    told = Client("http://127.0.0.1:9", tmp_path, HF_HUB_OFFLINE="1")
    assert told.read()["rows"] == rows
    assert told.read("own/other")["details"]["reason"] == "offline"
    told.close()


OWN = {
    "sources": [{"kind": "hub", "name": "mine", "id": "own/flaky"}],
    "tasks": [
        {"name": "mood", "spec": {"name": "mood", "kind": "classification", "source": "mine", "label": "label"}},
    ],
}


def test_who_waits_for_data_is_told_so_and_can_leave(hub, client):
    hub.faults(latency_ms=1500)
    found = client.tell(OWN | {"patience": 0.5})
    assert found["error"] == "stopped"
    assert 1.0 < found["seconds"] < 2.0  # the next second after the patience was over
    hub.calm()
    found = client.tell(OWN)
    assert found["labels"] == ["bad", "good"]
    assert {source for source, _ in found["told"]} == {"mine"}
    assert [seconds for _, seconds in found["told"]] == sorted(seconds for _, seconds in found["told"])
