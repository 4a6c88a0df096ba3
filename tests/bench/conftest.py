"""A small table in the layout of the real ones, and a run on it."""

import pytest

from tests.bench.real_runs import RUNS, Run


@pytest.fixture
def tables(tmp_path):
    """A table with sentences and tags, each split with a word of its own, so that one sees which was read."""
    import pyarrow
    import pyarrow.parquet as parquet

    folder = tmp_path / "data" / "snips"
    folder.mkdir(parents=True)
    for split, word in (("train", "soup"), ("validation", "bread"), ("test", "train")):
        rows = [{"text": f"the {word} in lima {at}", "tokens": ["the", word, "in", "lima", str(at)]} for at in range(8)]
        for at, each in enumerate(rows):
            each |= {"slots": ["O", "B-thing", "O", "B-place", "O"], "intent": f"intent {at % 2}"}
        parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{split}.parquet")
    return tmp_path / "data"


@pytest.fixture
def brief():
    """The run on these tables, for a few steps."""
    training = {"max_steps": 2, "eval_steps": 100, "per_device_train_batch_size": 4}
    return Run(["snips"], RUNS["snips"].tasks, training, RUNS["snips"].bars, more={"encoder": {"freeze_layers": 0}})
