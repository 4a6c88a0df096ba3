"""Sources and own tasks in a configuration: frozen, round-trip, and every impossible value refused."""

import json
from dataclasses import FrozenInstanceError

import pytest

from mtl.data.sources import TaskSpec
from mtl.errors import ConfigError
from mtl.runs.config import RunConfig, TaskConfig
from mtl.runs.sources import SOURCE_KINDS, UPLOAD, FileSource, HubSource, SplitNames
from tests.runs.refusing import refused

FILE = "AbCdEfGhIjKlMnOpQrStUv.csv"
HUB = {"kind": "hub", "name": "reviews", "id": "stanfordnlp/sst2"}
UPLOADED = {"kind": "file", "name": "mine", "splits": {"train": FILE}}
SPEC = {"kind": "classification", "source": "mine", "label": "label", "text": "text", "labels": ["a", "b"]}
WHOLE = {
    "tasks": ["sentiment", {"name": "own", "spec": SPEC}],
    "sources": [
        {**HUB, "config": "default", "revision": "main", "splits": {"test": "validation"}, "max_rows": 500},
        {**UPLOADED, "bad_rows": "stop", "seed": 3},
    ],
}


def refused_field(values):
    return refused(values).details["field"]


def test_a_configuration_with_sources_comes_back_as_it_was():
    config = RunConfig.from_dict(WHOLE)
    plain = json.loads(json.dumps(config.to_dict(), allow_nan=False))
    assert RunConfig.from_dict(plain) == config
    assert RunConfig.from_dict(plain).to_dict() == config.to_dict()
    assert config.sources == (
        HubSource("reviews", "stanfordnlp/sst2", "default", "main", SplitNames(test="validation"), max_rows=500),
        FileSource("mine", SplitNames(train=FILE), bad_rows="stop", seed=3),
    )
    assert config.tasks[1].spec == TaskSpec("own", "classification", "mine", "label", ("a", "b"))
    assert hash(config.sources[0]) != hash(config.sources[1])


def test_configurations_from_before_sources_stay_valid():
    old = RunConfig().to_dict()
    del old["sources"]
    for task in old["tasks"]:
        del task["spec"]
    assert RunConfig.from_dict(old) == RunConfig.from_dict({}) == RunConfig()


def test_sources_and_own_tasks_are_frozen():
    config = RunConfig.from_dict(WHOLE)
    for part, field in (
        (config.sources[0], "id"),
        (config.tasks[1].spec, "label"),
        (config.sources[0].splits, "train"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(part, field, "x")


HUB_DAMAGE = {
    "kind": ["", None, 5, "git", ["hub"]],
    "name": ["", None, 5, "a" * 61, "../x", "a/b", " a", "a\n"],
    "id": [
        "", None, 5, "a/b/c", "/etc", "../x", "a/..", "a--b/c", "https://huggingface.co/x", "a/b@main", "a b/c", "a/b.",
        "a\n/b", "-a/b", "buckets/a/b", "a" * 97,
    ],
    "config": ["", 5, "../x", "a b", "a\n", "-x", "x" * 201],
    "revision": ["", 5, "../x", "a b", "refs/../x"],
    "splits": [5, "train", ["train"], {"dev": "x"}, {"train": ""}, {"train": 5}, {"train": "x", "test": "x"}],
    "max_rows": [0, 9, -1, 1.5, "5", None, True, 500_001],
    "bad_rows": ["", None, "keep", 5],
    "seed": [-1, 1.5, None, 2**32],
    "token": ["hf_x"],
    "path": ["/etc"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, all in HUB_DAMAGE.items() for value in all], ids=str
)
def test_impossible_values_of_a_hub_source_are_refused(field, value):
    assert refused_field({"sources": [{**HUB, field: value}]}).startswith(f"sources.{field}")


@pytest.mark.parametrize(
    "name",
    [
        "",
        None,
        5,
        "my.csv",
        "../../etc/passwd",
        "/etc/passwd",
        FILE + "/..",
        FILE + "\n",
        f"../{FILE}",
        FILE[:-4] + ".py",
    ],
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_no_path_of_a_visitor_is_the_name_of_an_upload(name, split):
    if split == "test" and name is None:
        return
    splits = {"train": FILE, split: name}
    assert refused_field({"sources": [{**UPLOADED, "splits": splits}]}).startswith("sources.splits")
    assert UPLOAD.fullmatch(FILE)


@pytest.mark.parametrize("missing", ["kind", "name", "id"])
def test_what_a_hub_source_cannot_do_without(missing):
    assert (
        refused_field({"sources": [{key: value for key, value in HUB.items() if key != missing}]})
        == f"sources.{missing}"
    )


@pytest.mark.parametrize("missing", ["name", "splits"])
def test_what_a_file_source_cannot_do_without(missing):
    values = {key: value for key, value in UPLOADED.items() if key != missing}
    assert refused_field({"sources": [values]}) == f"sources.{missing}"


@pytest.mark.parametrize(
    "sources", [5, "hub", {"name": "x"}, [5], ["hub"], [HUB, HUB], [{**HUB, "name": f"s{at}"} for at in range(25)]]
)
def test_impossible_lists_of_sources_are_refused(sources):
    assert refused_field({"sources": sources}).startswith("sources")


SPEC_DAMAGE = {
    "kind": ["", None, 5],
    "source": ["", None, 5],
    "label": ["", None, 5, "text"],
    "text": ["", None, 5],
    "text_pair": ["", 5, "text", "label"],
    "tokens": ["", 5, "label"],
    "labels": ["ab", 5, None, [""], ["a", "a"], [5], [f"l{at}" for at in range(501)]],
    "low": ["x", None, True, 1e10, float("nan")],
    "high": ["x", None, 0.0, -1.0, 1e10],
    "scheme": ["", None, "bioes"],
    "options": [5, None, "x"],
    "name": ["other"],
    "path": ["x"],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, all in SPEC_DAMAGE.items() for value in all],
    ids=lambda each: str(each)[:20],
)
def test_impossible_values_of_an_own_task_are_refused(field, value):
    assert refused_field({"tasks": [{"name": "own", "spec": {**SPEC, field: value}}]}).startswith("tasks")


@pytest.mark.parametrize("name", ["", ".", "a.b", "a/b", "x" * 61, " a", "a\n"])
def test_names_of_own_tasks_that_no_head_can_have_are_refused(name):
    assert refused_field({"tasks": [{"name": name, "spec": SPEC}]}).startswith("tasks.name")


@pytest.mark.parametrize("spec", [5, "x", ["x"]])
def test_a_spec_is_a_table(spec):
    assert refused_field({"tasks": [{"name": "own", "spec": spec}]}) == "tasks.spec"


def test_a_task_and_its_spec_have_one_name():
    with pytest.raises(ConfigError):
        TaskConfig("other", spec=TaskSpec("own", "classification", "mine", "label"))


def test_every_kind_of_source_is_in_the_table():
    assert {
        kind: cls(**{"name": "x", "id": "a/b"} if kind == "hub" else {"name": "x", "splits": SplitNames(FILE)}).kind
        for kind, cls in SOURCE_KINDS.items()
    } == {"hub": "hub", "file": "file"}
