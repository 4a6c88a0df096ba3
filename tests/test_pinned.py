"""Pinned texts: asked at every validation, with the weights of that step, and without a trace in the training."""

import pytest

from mtl.errors import ConfigError
from mtl.inference import asked
from mtl.pinned import LIKELIEST, shortened
from mtl.runs import events
from mtl.runs.config import MAX_PINNED, MAX_PINNED_CHARACTERS, RunConfig
from mtl.runs.selected import Selected
from mtl.snapshots import Snapshots
from tests.training.said import of

TASKS = ["topic", "stars", "relation", "headline"]
PINNED = [{"text": "The soup was lovely in Lima.", "text_pair": "The bread was superb."}, "Only one text, 你好"]


class Everything(Snapshots):
    """Keeps every step."""

    def _drop(self, kept):
        pass


def trained(make_trainer, never, folder, pinned):
    said = []
    trainer = make_trainer(TASKS, max_steps=4, eval_steps=2, parts={"pinned": pinned})
    trainer.run(said.append, never, Everything(folder))
    return said


def test_every_validation_asks_every_text_with_the_weights_of_its_step(make_trainer, never, tmp_path):
    said = of(trained(make_trainer, never, tmp_path, PINNED), events.Said)
    assert [(event.step, event.pinned) for event in said] == [(step, place) for step in (0, 2, 4) for place in (0, 1)]
    for event in said:
        model = Snapshots(tmp_path).load(event.step)
        text, pair = (PINNED[0]["text"], PINNED[0]["text_pair"]) if event.pinned == 0 else (PINNED[1], None)
        wanted = asked(model, event.step, text, pair)
        assert event.answers == {name: shortened(answer.to_dict()) for name, answer in wanted.answers.items()}
        assert tuple(event.missing_pair) == wanted.missing_pair == (() if pair else ("relation",))
    assert said[0].answers != said[-2].answers


def test_what_is_asked_changes_no_loss(make_trainer, never, tmp_path):
    losses = [
        [(event.step, event.task, event.loss) for event in of(said, events.Loss)]
        for said in (
            trained(make_trainer, never, tmp_path / "with", PINNED),
            trained(make_trainer, never, tmp_path / "without", []),
        )
    ]
    assert losses[0] == losses[1]


def test_of_many_labels_the_likeliest_are_told_in_their_order():
    probabilities = {f"label {number}": number % 37 / 100 for number in range(60)}
    found = shortened({"type": "label", "label": "x", "probabilities": probabilities})["probabilities"]
    assert len(found) == LIKELIEST
    assert list(found) == [name for name in probabilities if name in found]
    assert min(found.values()) >= max(p for name, p in probabilities.items() if name not in found)
    few = {"type": "label", "label": "a", "probabilities": {"a": 0.9, "b": 0.1}}
    assert shortened(few) == few
    assert shortened({"type": "text", "text": "x"}) == {"type": "text", "text": "x"}


def test_thresholds_are_told_of_the_same_labels():
    numbers = {f"label {number}": number / 100 for number in range(60)}
    found = shortened({"type": "labels", "labels": [], "probabilities": numbers, "thresholds": numbers})
    assert found["probabilities"] == found["thresholds"]


def test_a_config_keeps_its_texts():
    config = RunConfig.from_dict({"pinned": PINNED})
    assert RunConfig.from_dict(config.to_dict()) == config
    assert config.to_dict()["pinned"][1] == {"text": PINNED[1], "text_pair": ""}


@pytest.mark.parametrize(
    ("pinned", "rule"),
    [
        ("text", "be a list of tables"),
        ([{}], "be given"),
        ([{"text": ""}], "hold at least one visible character"),
        ([{"text": " \u200b\n"}], "hold at least one visible character"),
        ([{"text": 5}], "hold at least one visible character"),
        ([{"text": "x" * (MAX_PINNED_CHARACTERS + 1)}], f"have at most {MAX_PINNED_CHARACTERS} characters"),
        ([{"text": "x", "text_pair": None}], "hold at least one visible character"),
        ([{"text": "x", "colour": "red"}], "be one of the fields"),
        (["x"] * (MAX_PINNED + 1), f"be at most {MAX_PINNED}"),
    ],
)
def test_what_cannot_be_pinned_is_refused(pinned, rule):
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict({"pinned": pinned})
    assert rule in caught.value.message
    assert caught.value.details["field"].startswith("pinned")


def test_without_pinned_texts_nothing_is_asked(make_trainer, never, tmp_path):
    assert not of(trained(make_trainer, never, tmp_path, []), events.Said)
    assert Selected.read(tmp_path).steps
