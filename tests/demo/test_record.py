import math

import pytest

from demo.lessons.record import record, thinned
from mtl.analysis.results import read_events
from mtl.errors import CheckpointError
from mtl.runs.events import Loss


def test_only_training_points_are_thinned(store, write) -> None:
    run = write(("topic",)).begin(300).train(150)
    for _ in range(30):
        run.validate()
    run.train(150).validate("test").finish()
    events = read_events(store, run.run_id)
    kept = thinned(events, 20)
    kinds = [event["type"] for event in kept]
    losses = [event for event in kept if event["type"] == "loss" and event["split"] == "train"]
    assert len(losses) <= 20 and kinds.count("optimizer") <= 20
    assert (losses[0]["step"], losses[-1]["step"]) == (1, 300)
    assert kinds.count("scores") == 31 and kinds.count("snapshot") == 31 and kinds[-1] == "finished"
    assert sum(event["type"] == "loss" and event["split"] == "validation" for event in kept) == 31
    assert all(event in events for event in kept), "an event was changed"


def test_a_broken_loss_is_kept(store, write) -> None:
    run = write(("topic",)).begin().train(50)
    run.say(Loss(step=51, task="topic", split="train", loss=math.nan, examples=8))
    run.train(50).finish()
    assert [event["step"] for event in thinned(read_events(store, run.run_id), 10) if event.get("loss", 1) is None] == [
        51
    ]


def test_a_run_that_goes_on_is_not_recorded(store, write, tmp_path) -> None:
    run = write(("topic",)).begin().train(1)
    with pytest.raises(CheckpointError, match="finished"):
        record(store, run.run_id, [("Good soup.", "")], tmp_path / "out")
    assert not (tmp_path / "out").exists()
