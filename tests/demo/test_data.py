"""The Data tab's handlers of plain values: what a visitor brings, by what name it is known, and what is refused."""

import json
import time
from types import SimpleNamespace

import pytest

from demo.errands import Errands
from demo.keeping import KEPT_BYTES, KEPT_S, in_use, prune
from demo.tabs import data_handlers
from demo.tabs.data import stated_limits
from demo.tabs.data_handlers import DataHandlers
from demo.tabs.form import ROWS as MAX_ROWS
from demo.tabs.form import SCALES, SELECTION, TRAINING, Form, own_tasks
from demo.tabs.shelf import shelf
from mtl import assembly
from mtl.data.catalogue import catalogue
from mtl.data.corpus import TASKS
from mtl.data.drafts import named, task_name
from mtl.data.origins import find_specs
from mtl.data.uploads import Uploads
from mtl.runs.config import RunConfig
from mtl.runs.sources import UPLOAD, FileSource, SplitNames, source_from

ME = SimpleNamespace(session_hash="me", username=None)
ROWS = "text,sentiment,stars\n" + "".join(f"text {at},{'good' if at % 2 else 'bad'},{at % 5 + 1}\n" for at in range(40))
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "${alert(2)}",
    '=HYPERLINK("http://evil")',
    "{{value}}",
    "</script><script>alert(3)</script>",
)


class Here(Errands):
    """Errands in this process: the same code without its start."""

    def _send(self, asked, session, deadline_s):
        from mtl.errands import run

        return json.loads(json.dumps(run(asked)))


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "runs" / "uploads")


@pytest.fixture
def handlers(store, uploads, tmp_path):
    services = SimpleNamespace(
        uploads=uploads,
        store=store,
        starter=SimpleNamespace(shared=True),
        errands=Here(tmp_path / "runs" / "uploads", {}),
    )
    return DataHandlers(services)


@pytest.fixture
def bring(handlers, tmp_path):
    """`bring(content, name)`: has a file taken in as Gradio hands it over; gives what the wizard holds."""

    def take(content, name="reviews.csv"):
        sent = tmp_path / "gradio" / name
        sent.parent.mkdir(exist_ok=True)
        sent.write_bytes(content if isinstance(content, bytes) else content.encode())
        shown, emptied = handlers.take(ME, str(sent))
        assert emptied is None
        assert not sent.exists(), "Gradio's copy stayed"
        json.dumps(shown, allow_nan=False)
        return shown

    return take


def test_a_file_becomes_a_task_with_columns_labels_and_rows(bring):
    shown = bring(ROWS)
    assert shown["title"] == "reviews.csv"
    assert shown["problem"] is None
    assert UPLOAD.fullmatch(shown["source"]["splits"]["train"])
    assert (shown["draft"]["name"], shown["draft"]["kind"], shown["draft"]["label"]) == (
        "reviews", "classification", "sentiment",
    )  # fmt: skip
    assert [spec["label"] for spec in shown["inspection"]["others"]] == ["stars"]
    assert shown["preview"]["rows"] == {"train": 32, "validation": 4, "test": 4}
    assert shown["preview"]["labels"] == {"bad": 16, "good": 16}
    assert "examples" not in shown["preview"], "whole rows are not for the page"


def test_other_columns_and_kinds_are_seen_anew(bring, handlers):
    shown = bring(ROWS)
    draft = {**shown["draft"], "label": "stars", "kind": "regression"}
    found = handlers.see(ME, {**shown, "draft": draft, "fit": True})
    assert found["problem"] is None
    assert (found["draft"]["low"], found["draft"]["high"]) == (1.0, 5.0)
    assert found["preview"]["shown"][0]["number"] in (1.0, 2.0, 3.0, 4.0, 5.0)
    tagged = handlers.see(ME, {**shown, "draft": {**draft, "kind": "tagging", "text": "", "tokens": "text"}})
    assert tagged["problem"]["details"]["problems"] == {"tag_count": 40}
    back = handlers.see(ME, {**found, "draft": shown["draft"]})
    assert back["preview"] == shown["preview"]


def test_settings_of_a_kind_are_checked_and_kept(bring, handlers):
    lines = [f"soup number {at},bread number {at},{at % 6}" for at in range(40)]
    shown = bring("\n".join(["first,second,alike", *lines]), "pairs.csv")
    draft = {"name": "it", "kind": "regression", "text": "first", "text_pair": "second", "label": "alike"}
    set_ = {**draft, "options": {"apart": True}}
    found = handlers.see(ME, {**shown, "draft": set_, "fit": True})
    assert found["preview"]["spec"]["options"] == {"apart": True}
    alone = handlers.see(ME, {**shown, "draft": {**set_, "text_pair": None}})
    assert alone["problem"] is None
    assert alone["draft"]["options"] == {}, "without a second text there is nothing to read apart"


@pytest.mark.parametrize("options", [{"apart": 3}, {"num_beams": 4}, {"other": None}])
def test_settings_that_the_kind_has_not_are_refused(options, bring, handlers):
    shown = bring(ROWS)
    draft = {**shown["draft"], "kind": "regression", "label": "stars", "text_pair": "sentiment", "options": options}
    assert handlers.see(ME, {**shown, "draft": draft})["problem"]["type"] == "ConfigError"


def test_tasks_of_one_file_share_its_source_and_one_encoder_pass(bring, handlers):
    shown = bring(ROWS)
    other = handlers.see(ME, {**shown, "draft": shown["inspection"]["others"][0]})
    assert other["source"] == shown["source"]
    config = RunConfig.from_dict(
        {
            "sources": [shown["source"]],
            "tasks": [
                {"name": each["preview"]["spec"]["name"], "spec": each["preview"]["spec"]} for each in (shown, other)
            ],
        }
    )
    assembly.check(config)
    assert len({spec.source for spec in find_specs(config)}) == 1


def test_stopping_at_bad_rows_makes_another_source(bring, handlers):
    shown = bring(ROWS + " ,good,1\n")
    assert shown["preview"]["problems"] == {"empty_text": 1}
    strict = handlers.see(ME, {**shown, "bad_rows": "stop"})
    assert source_from(strict["source"]).bad_rows == "stop"
    assert strict["source"]["name"] != shown["source"]["name"]
    assert strict["preview"]["problems"] == {"empty_text": 1}
    assert handlers.see(ME, {**strict, "bad_rows": "drop"})["source"] == shown["source"]


def test_hostile_cells_stay_what_they_are(bring):
    lines = [json.dumps({"text": f"{HOSTILE[at % 5]} {at}", "mood": HOSTILE[at % 2]}) for at in range(40)]
    shown = bring("\n".join(lines), "<b>.jsonl")
    assert set(shown["preview"]["labels"]) == set(HOSTILE[:2])
    assert all(row["text"].startswith(HOSTILE) for row in shown["preview"]["shown"])


DAMAGE = [
    ("suffix", b"x", "a.exe"),
    ("compressed", b"PK\x03\x04" + b"\0" * 60, "a.csv"),
    ("binary", bytes(range(256)) * 4, "a.csv"),
    ("empty", b"", "a.csv"),
    ("damaged", b'{"text": ', "a.json"),
    ("damaged", b"text,label", "a.parquet"),
    ("too_many_columns", ",".join(f"c{at}" for at in range(201)) + "\n" + "1," * 201, "a.csv"),
]


@pytest.mark.parametrize(("reason", "content", "name"), DAMAGE, ids=[f"{each[0]}-{each[2]}" for each in DAMAGE])
def test_a_damaged_file_is_said_with_its_reason(reason, content, name, bring):
    problem = bring(content, name)["problem"]
    assert problem["type"] == "DataError"
    assert problem["details"]["reason"] == reason
    assert problem["message"]
    named = {problem["details"].get(key, name) for key in ("file", "source")}
    assert named == {name}, "the visitor knows the file by their own name only"


def test_a_table_that_fits_no_task_shows_its_columns(bring):
    shown = bring("a,b\n" + "1,2\n" * 40, "numbers.csv")
    assert shown["preview"] is None
    assert [column["name"] for column in shown["inspection"]["columns"]] == ["a", "b"]
    few = bring("text,label\na,x\nb,y\na b,x\na c,y\n", "few.csv")
    assert few["inspection"]["columns"] and few["problem"]["details"]["reason"] == "too_few_rows"


def test_what_is_too_large_is_refused_before_it_is_read(handlers, tmp_path, monkeypatch):
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2**30)
    monkeypatch.setattr("shutil.copyfile", lambda *_: pytest.fail("it was read"))
    shown, _ = handlers.take(ME, str(huge))
    assert shown["problem"]["details"]["reason"] == "too_large"
    assert shown["problem"]["details"]["limit"] == stated_limits()["bytes"]
    assert not huge.exists()


@pytest.mark.parametrize("train", ["/etc/passwd", "../runs.csv", "", None, 7, ["a"], f"../{'a' * 22}.csv"])
def test_a_visitor_never_names_a_path(train, handlers, bring):
    shown = bring(ROWS)
    forged = {**shown, "source": {**shown["source"], "splits": {"train": train}}}
    assert handlers.see(ME, forged)["problem"]["type"] == "ConfigError"


def test_a_name_that_nobody_got_leads_nowhere(handlers, bring):
    shown = bring(ROWS)
    forged = {**shown, "source": {**shown["source"], "splits": {"train": f"{'a' * 22}.csv"}}}
    assert handlers.see(ME, forged)["problem"]["details"]["reason"] == "missing"


@pytest.mark.parametrize("forged", [{}, {"source": None}, {"source": "x", "draft": 5}, {"draft": {"kind": []}}])
def test_nonsense_is_refused_in_words(forged, handlers, bring):
    shown = {**bring(ROWS), **forged} if forged else {}
    assert handlers.see(ME, shown)["problem"]["type"] == "ConfigError"


@pytest.mark.parametrize("id", ["", "../x", "a/b/c", "http://x", "a b", 5, None])
def test_a_data_set_is_named_by_its_id_alone(id, handlers):
    assert handlers.fetch(ME, {"hub": {"id": id}})["problem"]["details"]["field"].startswith("sources.")
    assert handlers.fetch(ME, {})["problem"]["type"] == "ConfigError"


def test_names_are_made_of_what_the_visitor_says(bring):
    source = FileSource(name="x", splits=SplitNames(train=f"{'a' * 22}.csv"))
    assert named(source, "我的 (数据).csv").name.startswith("我的 数据 .csv ")
    assert named(source, "///").name.startswith("data ")
    assert named(source, "a") == named(source, "a")
    assert [task_name(title) for title in ("a/b-c.d", "我的.csv", "..", "_x_.json", "a" * 90)] == [
        "b-c", "我的", "data", "x", "a" * 40,
    ]  # fmt: skip
    assert bring(ROWS, "..csv")["problem"] is None


def test_the_form_carries_own_tasks_and_shows_them_again(bring):
    shown = bring(ROWS)
    usual = RunConfig().to_dict()
    values = {place: usual["training"][place.partition(".")[2]] for place in (*TRAINING, SELECTION)}
    values |= {f"encoder.{part}": usual["encoder"][part] for part in ("name", "num_hidden_layers", "freeze_layers")}
    values |= {SCALES: {"numbers": {}}, MAX_ROWS: {"numbers": {}}}
    form = Form(widgets={place: SimpleNamespace(value=None) for place in (*values, "tasks")})
    record = {"spec": shown["preview"]["spec"], "source": shown["source"]}
    values["tasks"] = {"tasks": ["topic", "reviews"], "own": [record, {"spec": None}, 5]}
    config = RunConfig.from_dict(form.read(tuple(values.values())))
    assert [task.name for task in config.tasks] == ["topic", "reviews"]
    assert [source.name for source in config.sources] == [shown["source"]["name"]]
    assembly.check(config)
    written = dict(zip(form.widgets, form.write(config.to_dict()), strict=False))["tasks"]
    assert written["tasks"] == ["topic", "reviews"]
    assert written["own"] == own_tasks(config.to_dict())
    again = RunConfig.from_dict(form.read(tuple({**values, "tasks": written}.values())))
    assert again == config
    values["tasks"] = {"tasks": ["topic"], "own": [record]}
    assert RunConfig.from_dict(form.read(tuple(values.values()))).sources == ()


def test_everything_that_is_here_is_on_the_shelf():
    entries = {entry["name"]: entry for entry in shelf()}
    assert entries.keys() == TASKS.keys() | catalogue().keys()
    assert all(entry["licence"] and entry["kind"] for entry in entries.values())
    assert all(len(entries[name]["shown"]) == 3 and entries[name]["rows"] for name in TASKS)


def test_a_run_that_is_not_over_keeps_its_files(store, uploads, tmp_path, write):
    (tmp_path / "sent").write_text(ROWS)
    stored = [uploads.save(tmp_path / "sent", "a.csv") for _ in range(2)]
    source = {"kind": "file", "name": "own", "splits": {"train": stored[0]}}
    spec = {"kind": "classification", "source": "own", "label": "sentiment", "labels": ["bad", "good"]}
    store.create(RunConfig.from_dict({"sources": [source], "tasks": [{"name": "mine", "spec": spec}]}), "me")
    month_later = time.time() + KEPT_S + 60
    assert in_use(store, finished=True) == {stored[0]}
    assert prune(uploads, in_use(store, finished=True), now=month_later) == [stored[1]]
    assert prune(uploads, now=month_later - 120) == []
    assert prune(uploads, now=month_later) == [stored[0]]


def test_a_full_store_lets_the_oldest_go(bring, monkeypatch):
    bring(ROWS)
    assert KEPT_BYTES > 2**30
    for module in (data_handlers, __import__("demo.keeping", fromlist=["x"])):
        monkeypatch.setattr(module, "KEPT_BYTES", len(ROWS) + 10)
    shown = bring(ROWS, "second.csv")
    assert shown["problem"] is None
