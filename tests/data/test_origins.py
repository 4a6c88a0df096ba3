"""Where rows come from is told in one place: tasks of the corpus, of the catalogue and of a visitor's own files."""

import json
import random
import subprocess
import sys

import pytest

from mtl import assembly
from mtl.data.catalogue import catalogue
from mtl.data.corpus import TASKS
from mtl.data.origins import RunData, find_specs
from mtl.data.sources import SPLITS
from mtl.data.table import Limits
from mtl.data.uploads import Uploads
from mtl.errors import ConfigError, DataError
from mtl.runs import events
from mtl.runs.config import DEFAULT_TASKS, RunConfig
from mtl.runs.sources import FileSource, SplitNames


def content(count=60, seed=0):
    """Reviews with a sentiment, a grade, and words with tags; every fifth sentiment is missing."""
    chance = random.Random(seed)
    lines = []
    for at in range(count):
        mood = chance.choice(("good", "bad"))
        words = ["The", chance.choice(("soup", "bread")), "was", mood, str(at)]
        row = {"text": " ".join(words), "mood": mood if at % 5 else None, "grade": 5 if mood == "good" else 1}
        tags = ["O", "B-FOOD", "O", "O", "O"]
        lines.append(json.dumps({**row, "second": f"Number {at}", "tokens": words, "tags": tags}))
    return "\n".join(lines)


MOOD = {"kind": "classification", "source": "mine", "label": "mood"}
GRADE = {"kind": "regression", "source": "mine", "label": "grade", "low": 1, "high": 5}
FOOD = {"kind": "tagging", "source": "mine", "label": "tags", "tokens": "tokens"}
PAIR = {"kind": "classification", "source": "mine", "label": "second", "text_pair": "text", "text": "other"}


def configured(source, **specs):
    tasks = [{"name": name, "spec": spec} for name, spec in specs.items()]
    return RunConfig.from_dict({"tasks": tasks, "sources": [source]})


def test_tasks_of_the_corpus_are_what_they_were(corpus):
    data = RunData(RunConfig())
    assert data.specs() == tuple(TASKS[name] for name in DEFAULT_TASKS)
    assert len(data.rows("texts", "train")) == 40
    assert not data.dropped


def test_several_tasks_of_one_file_share_its_rows(uploads, upload):
    source = upload("reviews.jsonl", content())
    data = RunData(configured(source, mood=MOOD, grade=GRADE, food=FOOD), uploads)
    mood, grade, food = data.specs()
    assert mood.labels == ("bad", "good")
    assert food.labels == ("FOOD",)
    assert {spec.source for spec in (mood, grade, food)} == {"mine"}
    rows = [row for split in SPLITS for row in data.rows("mine", split)]
    assert len(rows) == 60
    assert sum(row["mood"] is None for row in rows) == 12  # these still serve the other tasks
    assert all(row["grade"] in (1.0, 5.0) for row in rows)
    assert not data.dropped


def test_splits_are_the_same_whatever_the_runs_seed(uploads, upload):
    source = upload("reviews.jsonl", content())
    config = configured(source, grade=GRADE)
    other = RunConfig.from_dict(config.to_dict() | {"training": {"seed": 7}})
    first, second = RunData(config, uploads), RunData(other, uploads)
    assert all(first.rows("mine", split) == second.rows("mine", split) for split in SPLITS)


def test_tasks_that_read_other_columns_of_a_source_are_kept_apart(uploads, upload):
    rows = [{"text": f"text {at}", "other": f"other {at}", "a": "xy"[at % 2], "b": "uv"[at % 2]} for at in range(30)]
    source = upload("a.json", json.dumps(rows))
    spec = {"kind": "classification", "source": "mine"}
    config = configured(
        source, one={**spec, "label": "a"}, two={**spec, "label": "b", "text": "other"},
        three={**spec, "label": "b", "text": "text", "text_pair": "other"} | {"label": "a"},
    )  # fmt: skip
    data = RunData(config, uploads)
    names = [each.source for each in data.specs()]
    assert names == ["mine", "mine · other", "mine · text + other"]
    held_out = [{row["other"] for row in data.rows(name, "test")} for name in names]
    assert held_out[0] == held_out[1] == held_out[2]


def test_splits_that_come_as_files_are_kept_as_they_are(uploads, upload):
    train, test = upload("a.jsonl", content(40)), upload("b.jsonl", content(12, seed=1))
    source = FileSource("mine", SplitNames(train=train.splits.train, test=test.splits.train))
    data = RunData(configured(source, grade=GRADE), uploads)
    assert [len(data.rows("mine", split)) for split in SPLITS] == [36, 4, 12]
    assert data.rows("mine", "test")[0]["text"] == json.loads(content(12, seed=1).split("\n")[0])["text"]


def test_bad_rows_are_dropped_and_counted(uploads, upload):
    lines = [*content(30).split("\n"), '{"text": "odd", "grade": 9}', '{"text": "", "grade": 1}', '{"grade": "x"}']
    data = RunData(configured(upload("a.jsonl", "\n".join(lines)), grade=GRADE), uploads)
    assert sum(len(data.rows("mine", split)) for split in SPLITS) == 30
    (dropped,) = data.dropped
    assert (dropped.source, dropped.split, dropped.rows) == ("mine", "train", 3)
    assert dropped.problems == {"out_of_range": 1, "empty_text": 1, "missing_text": 1}


def test_a_file_is_sampled_down_to_the_rows_asked_for(uploads, upload):
    data = RunData(configured(upload("a.jsonl", content(50), max_rows=20), grade=GRADE), uploads)
    assert sum(len(data.rows("mine", split)) for split in SPLITS) == 20


def test_a_test_without_labels_is_made_from_training_rows(uploads, upload):
    hidden = upload("b.jsonl", "\n".join(json.dumps({"text": f"hidden {at}", "mood": -1}) for at in range(9)))
    labelled = "\n".join(json.dumps({"text": f"text {at}", "mood": at % 2}) for at in range(40))
    train = upload("a.jsonl", labelled)
    source = FileSource("mine", SplitNames(train=train.splits.train, test=hidden.splits.train))
    config = configured(source, mood={**MOOD, "labels": ["0", "1"]})
    with pytest.raises(DataError) as caught:
        RunData(config, uploads).specs()  # -1 is a label like others where nothing says what numbers stand for
    assert caught.value.details["problems"] == {"unknown_label": 9}
    empty = upload("b.jsonl", "\n".join(json.dumps({"text": f"hidden {at}", "mood": None}) for at in range(9)))
    source = FileSource("mine", SplitNames(train=train.splits.train, test=empty.splits.train))
    data = RunData(configured(source, mood={**MOOD, "labels": ["0", "1"]}), uploads)
    assert not any("hidden" in row["text"] for row in data.rows("mine", "test"))
    assert [len(data.rows("mine", split)) for split in SPLITS] == [32, 4, 4]


UNKNOWN = [
    ("tasks", {"tasks": ["juggling"]}),
    ("tasks.source", {"tasks": [{"name": "x", "spec": {**MOOD, "source": "nowhere"}}]}),
    ("tasks.source", {"tasks": [{"name": "x", "spec": {**MOOD, "source": "texts"}}]}),
    ("tasks.kind", {"tasks": [{"name": "x", "spec": {**MOOD, "kind": "juggling"}}]}),
    ("tasks.label", {"tasks": [{"name": "x", "spec": MOOD}, {"name": "y", "spec": {**GRADE, "label": "mood"}}]}),
    ("sources.name", {"name": "texts"}),
    ("sources.name", {"name": "stanfordnlp sst2"}),
]


@pytest.mark.parametrize(("field", "values"), UNKNOWN, ids=[f"{each[0]}-{at}" for at, each in enumerate(UNKNOWN)])
def test_what_no_run_can_find_is_refused_before_anything_is_read(field, values, monkeypatch):
    monkeypatch.setattr("mtl.data.origins.read_source", lambda *_: pytest.fail("it was read"))
    source = {"kind": "file", "name": "mine", "splits": {"train": "a" * 22 + ".csv"}}
    if "name" in values:
        source, values = source | values, {}
    with pytest.raises(ConfigError) as caught:
        assembly.check(RunConfig.from_dict({**values, "sources": [source]}))
    assert caught.value.details["field"] == field


def test_a_kind_that_is_not_built_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("mtl.assembly.TASK_KINDS", {"classification": None})
    with pytest.raises(ConfigError) as caught:
        assembly.check(RunConfig.from_dict({"tasks": ["stars"]}))
    assert caught.value.details["field"] == "tasks.kind"


def test_every_task_of_the_catalogue_is_found_without_the_network():
    for name, entry in catalogue().items():
        (spec,) = find_specs(RunConfig.from_dict({"tasks": [name]}))
        assert spec == entry.spec


def test_listing_and_checking_need_neither_torch_nor_datasets_nor_the_hub():
    code = """
import sys
from mtl.assembly import check
from mtl.listing import options
from mtl.runs.config import RunConfig
options()
check(RunConfig.from_dict({"tasks": ["sst2", "topic"]}))
import mtl.data.wizard
heavy = {"torch", "datasets", "transformers", "pyarrow", "pandas", "huggingface_hub", "charset_normalizer"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_run_on_an_uploaded_file_trains_and_its_snapshot_knows_the_task(
    tiny_encoder, uploads, upload, tmp_path, never
):
    from mtl.inference import answer
    from mtl.model import MultiTaskModel

    lines = content(60) + '\n{"text": "odd", "mood": "good", "grade": 9}'
    config = configured(upload("reviews.jsonl", lines), mood=MOOD, grade=GRADE, food=FOOD).to_dict()
    config |= {"training": {"max_steps": 2, "per_device_train_batch_size": 8}, "encoder": {"freeze_layers": 0}}
    config["tasks"].append("topic")
    said = []
    trainer = assembly.assemble(RunConfig.from_dict(config), report=said.append, uploads=uploads)
    assert [each for each in said if isinstance(each, events.Dropped)] == [
        events.Dropped(step=0, source="mine", split="train", rows=1, problems={"missing_text": 1, "out_of_range": 1})
    ]
    trainer.run(said.append, never, None)
    trainer.model.save_pretrained(tmp_path / "model")
    model = MultiTaskModel.from_pretrained(tmp_path / "model")
    assert [task.spec for task in model.tasks.values()] == [task.spec for task in trainer.model.tasks.values()]
    assert model.tasks["mood"].spec.labels == ("bad", "good")
    assert set(answer(model, "The soup was good").answers) == {"mood", "grade", "food", "topic"}


def test_limits_of_the_store_hold_in_a_run(upload, tmp_path):
    source = upload("a.jsonl", content(60))
    small = Uploads(tmp_path / "uploads", Limits(rows=30))
    with pytest.raises(DataError) as caught:
        RunData(configured(source, grade=GRADE), small).specs()
    assert caught.value.details["reason"] == "too_many_rows"
    assert caught.value.details["limit"] == 30
