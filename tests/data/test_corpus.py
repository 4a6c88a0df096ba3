"""The shipped corpus: its tasks and rows, read without torch."""

import pytest

from mtl.data.corpus import TASKS, example, read_split, sizes
from mtl.data.sources import SPLITS
from mtl.errors import DataError
from mtl.tasks import TASK_KINDS


def test_every_task_is_named_by_its_key_and_of_a_known_kind():
    for name, spec in TASKS.items():
        assert spec.name == name
        assert spec.kind in TASK_KINDS
        assert len(set(spec.labels)) == len(spec.labels)
        assert bool(spec.labels) == (spec.kind in ("classification", "tagging"))
        assert bool(spec.tokens) == (spec.kind == "tagging")
        assert spec.low < spec.high
        assert spec.pair == (spec.text_pair is not None)


def test_tasks_of_one_source_read_the_same_columns():
    columns = {}
    for spec in TASKS.values():
        assert columns.setdefault(spec.source, (spec.text, spec.text_pair)) == (spec.text, spec.text_pair)
    assert sum(spec.source == "texts" for spec in TASKS.values()) == 4


def test_rows_come_in_file_order(corpus, rows):
    assert list(read_split("texts", "train")) == rows("texts", 40, 0)
    assert len(read_split("pairs", "test")) == 8


def test_sizes_count_only_labelled_rows(corpus, rows):
    unlabelled = [{**row, "topic": None} for row in rows("texts", 3)]
    corpus("texts", "train", [*rows("texts", 5), *unlabelled])
    assert sizes(TASKS["topic"]) == {"train": 5, "validation": 10, "test": 8}
    assert sizes(TASKS["stars"])["train"] == 8
    assert tuple(sizes(TASKS["topic"])) == SPLITS


def test_an_example_is_a_training_text(corpus):
    assert example(TASKS["topic"]) in [row["text"] for row in read_split("texts", "train")]
    assert " / " in example(TASKS["relation"])


def test_a_missing_source_is_a_typed_error(corpus):
    with pytest.raises(DataError) as caught:
        read_split("poems", "train")
    assert caught.value.details == {"source": "poems", "reason": "missing"}


def test_a_damaged_file_is_a_typed_error(corpus, tmp_path):
    (tmp_path / "bundled" / "texts.train.jsonl").write_text('{"text": "a"}\n{"text": ')
    with pytest.raises(DataError) as caught:
        read_split("texts", "train")
    assert caught.value.details["reason"] == "damaged"


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_has_rows_in_every_split_of_what_is_shipped(name):
    assert all(count > 0 for count in sizes(TASKS[name]).values())
    assert example(TASKS[name])
