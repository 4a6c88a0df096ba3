import json
import math

from mtl.runs.events import EVENT_TYPES, FINAL_TYPES, Event, Failed, Loss, RunStarted, Stopped


def test_a_record_names_its_type_and_leaves_out_what_was_not_measured():
    event = Loss(step=3, task="topic", split="validation", loss=0.5, examples=8)
    expected = {"type": "loss", "step": 3, "task": "topic", "split": "validation", "loss": 0.5, "examples": 8}
    assert event.to_dict() == expected


def test_numbers_that_json_does_not_know_become_null_at_any_depth():
    event = Loss(step=1, task="topic", split="train", loss=math.nan, examples=8, weight=1.0, grad_norm=math.inf)
    assert event.to_dict()["loss"] is None
    assert event.to_dict()["grad_norm"] is None
    task = {"name": "topic", "baseline": {"f1": math.nan}, "labels": ("a", "b")}
    started = RunStarted(
        device="cpu", device_name="x", precision="fp32", max_steps=1, eval_steps=1, tasks=(task,), parameters={}
    )
    line = json.dumps(started.to_dict(), allow_nan=False)
    assert json.loads(line)["tasks"] == [{"name": "topic", "baseline": {"f1": None}, "labels": ["a", "b"]}]


def test_every_kind_of_event_is_in_the_table_under_its_own_name():
    assert set(EVENT_TYPES.values()) == set(Event.__subclasses__())
    assert all(name == kind.type for name, kind in EVENT_TYPES.items())
    assert {Failed.type, Stopped.type} < FINAL_TYPES < set(EVENT_TYPES)
