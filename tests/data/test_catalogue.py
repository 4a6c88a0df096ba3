"""The catalogue: enough tasks of every kind, in two languages, each with its licence and where it was confirmed."""

import re
from collections import Counter

import pytest

from mtl.data.catalogue import catalogue
from mtl.data.corpus import SOURCES, TASKS
from mtl.data.rows import SHAPES
from mtl.errors import ConfigError

ENTRIES = sorted(catalogue().items())


def test_there_are_enough_tasks_of_every_kind():
    assert len(ENTRIES) >= 25
    kinds = Counter(entry.spec.kind for _, entry in ENTRIES)
    assert set(kinds) == set(SHAPES)
    assert {entry.spec.kind for _, entry in ENTRIES if entry.spec.pair} >= {"classification", "regression"}
    chinese = Counter(entry.spec.kind for _, entry in ENTRIES if "zh" in entry.language)
    assert {"classification", "tagging", "question_answering", "generation"} <= set(chinese)


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=[name for name, _ in ENTRIES])
def test_every_entry_is_complete(name, entry):
    assert entry.spec.name == name
    assert entry.title
    assert entry.licence
    assert re.fullmatch(r"en|zh|en-de|en-zh", entry.language)
    assert entry.confirmed
    assert all(page.startswith("https://") for page in entry.confirmed)
    assert "/" in entry.source.id
    if entry.spec.kind in ("classification", "multilabel", "tagging"):
        assert entry.spec.labels or name == "clinc_intent"
    assert bool(entry.spec.tokens) == (entry.spec.kind == "tagging")
    assert entry.spec.pair or entry.spec.kind != "question_answering"


def test_names_are_nobody_elses():
    assert not catalogue().keys() & TASKS.keys()
    assert not {entry.source.name for _, entry in ENTRIES} & SOURCES


def test_one_name_of_a_source_means_one_source():
    sources = {}
    for _, entry in ENTRIES:
        assert sources.setdefault(entry.source.name, entry.source) == entry.source


def test_a_mistake_in_the_file_is_refused(tmp_path):
    path = tmp_path / "catalogue.toml"
    path.write_text(
        '["a/b"]\nlicence = "x"\nconfirmed = []\ntasks.t = {title = "t", kind = "classification", lable = "y"}'
    )
    with pytest.raises(ConfigError):
        catalogue(path)
