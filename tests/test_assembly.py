"""Names become objects here, and impossible configurations are refused before anything is loaded."""

import json
import subprocess
import sys

import pytest
import torch

from mtl import assembly, listing
from mtl.data.corpus import TASKS
from mtl.data.sources import SPLITS
from mtl.errors import ConfigError, DataError, EncoderError
from mtl.runs import events
from mtl.runs.config import RunConfig


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"encoder": "../anything"}, "encoder.name"),
        ({"encoder": {"num_hidden_layers": 50}}, "encoder.num_hidden_layers"),
        ({"encoder": {"freeze_layers": 50}}, "encoder.freeze_layers"),
        ({"tasks": ["juggling"]}, "tasks"),
        ({"balancer": "magic"}, "balancer"),
        ({"sharing": "magic"}, "sharing"),
        ({"sampling": "magic"}, "sampling"),
        ({"balancer": {"name": "equal", "options": {"c": 1}}}, "balancer.options"),
        ({"balancer": {"name": "fixed", "options": {"weights": {"topic": -1}}}}, "balancer.weights.topic"),
        ({"tasks": ["topic"], "balancer": {"name": "fixed", "options": {"weights": {"stars": 1}}}}, "balancer.weights"),
        ({"sharing": {"name": "hard", "options": {"x": 1}}}, "sharing.options"),
    ],
    ids=str,
)
def test_what_no_run_could_do_is_refused_by_its_field(values, field):
    with pytest.raises(ConfigError) as caught:
        assembly.check(RunConfig.from_dict(values))
    assert caught.value.details["field"] == field


def test_the_default_and_every_listed_method_pass():
    assembly.check(RunConfig())
    listed = listing.options()
    for part, table in (("balancer", "balancers"), ("sharing", "sharing"), ("sampling", "sampling")):
        for method in listed[table]:
            assembly.check(RunConfig.from_dict({part: method["name"]}))
    for task in listed["tasks"]:
        assembly.check(RunConfig.from_dict({"tasks": [task["name"]]}))


def test_checking_and_listing_load_no_torch(environment):
    code = """
import sys
from mtl import assembly, listing
from mtl.runs.config import RunConfig
assembly.check(RunConfig())
listing.options()
print({"torch", "transformers", "accelerate", "sklearn", "scipy"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "set()"


def test_options_are_plain_values():
    listed = listing.options()
    json.dumps(listed, allow_nan=False)
    assert [task["name"] for task in listed["tasks"]] == list(TASKS)
    assert listed["defaults"] == RunConfig().to_dict()
    for task in listed["tasks"]:
        assert task["example"]
        assert task["rows"].keys() == set(SPLITS)


def test_a_trainer_is_what_the_configuration_says(tiny_encoder, corpus):
    said = []
    config = RunConfig.from_dict(
        {
            "encoder": {"num_hidden_layers": 1, "max_length": 16},
            "tasks": [{"name": "topic", "loss_scale": 3.0}, "relation"],
            "balancer": {"name": "fixed", "options": {"weights": {"topic": 0.5}}},
            "training": {"max_steps": 7, "seed": 3, "max_eval_samples": 4},
        }
    )
    trainer = assembly.assemble(config, report=said.append)
    assert trainer.max_steps == 7
    assert list(trainer.sources) == ["texts", "pairs"]
    assert list(trainer.model.heads) == ["topic", "relation"]
    assert trainer.model.tasks["topic"].loss_scale == 3.0
    assert len(trainer.model.encoder.encoder.layer) == 1
    assert trainer.model.max_length == 16
    assert trainer.plan.shares(0) == pytest.approx({"texts": 40 / 64, "pairs": 24 / 64})
    assert {name: len(examples) for name, examples in trainer.sources["texts"].splits.items()} == {
        "train": 40, "validation": 4, "test": 8,
    }  # fmt: skip
    assert [event.phase for event in said if isinstance(event, events.Phase)] == ["loading", "tokenising"]
    batches = next(trainer.batches())
    report = trainer.train_step(batches).tasks
    assert {name: part.weight for name, part in report.items()} == {"topic": 0.5, "relation": 1.0}


def test_texts_that_are_cut_are_told_once_a_source(tiny_encoder, corpus, rows):
    corpus("texts", "train", [*rows("texts", 3), {**rows("texts", 1)[0], "text": "soup " * 50}])
    said = []
    config = RunConfig.from_dict({"tasks": ["topic", "relation"], "encoder": {"max_length": 30}})
    assembly.assemble(config, report=said.append)
    assert [event for event in said if isinstance(event, events.Truncated)] == [
        events.Truncated(step=0, source="texts", rows=1, max_length=30)
    ]


def test_the_same_seed_makes_the_same_model(make_trainer):
    one, same, other = make_trainer(seed=1), make_trainer(seed=1), make_trainer(seed=2)
    first, again, different = (trainer.model.heads["topic"].linear.weight for trainer in (one, same, other))
    assert torch.equal(first, again)
    assert not torch.equal(first, different)


def labels(trainer, task, split="train"):
    source = next(source for source in trainer.sources.values() if any(each.name == task for each in source.tasks))
    return [example.labels[task] for example in source.splits[split]]


def test_a_limit_of_samples_takes_labels_away_and_rows_without_any(make_trainer):
    both = make_trainer([{"name": "topic", "max_train_samples": 5}, "stars"])
    assert sum(label is not None for label in labels(both, "topic")) == 5
    assert sum(label is not None for label in labels(both, "stars")) == 40
    alone = make_trainer([{"name": "topic", "max_train_samples": 5}])
    assert len(labels(alone, "topic")) == 5
    assert len(labels(alone, "topic", "validation")) == 10
    assert len(labels(alone, "topic", "test")) == 8


def test_limited_rows_are_seeded_and_smaller_limits_take_a_part_of_larger_ones(make_trainer):
    def texts(limit, seed):
        trainer = make_trainer([{"name": "topic", "max_train_samples": limit}], seed=seed)
        return [tuple(example.input_ids) for example in trainer.sources["texts"].splits["train"]]

    assert texts(5, 1) == texts(5, 1) == texts(9, 1)[:5]
    assert texts(5, 1) != texts(5, 2)


def test_validation_rows_are_limited_and_test_rows_never(make_trainer):
    trainer = make_trainer(["topic"], max_eval_samples=3)
    assert len(labels(trainer, "topic", "validation")) == 3
    assert len(labels(trainer, "topic", "test")) == 8
    assert len(labels(make_trainer(["topic"], max_eval_samples=None), "topic", "validation")) == 10


def test_a_label_that_is_none_of_the_tasks_is_a_typed_error(make_trainer, corpus, rows):
    corpus("texts", "train", [*rows("texts", 3), {**rows("texts", 1)[0], "topic": "juggling"}])
    with pytest.raises(DataError, match="juggling"):
        make_trainer(["topic"])


def test_no_weights_are_a_typed_error(tiny_encoder, corpus, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EncoderError) as caught:
        assembly.assemble(RunConfig(), report=lambda event: None)
    assert caught.value.details["reason"] == "offline"


def test_warming_up_finds_the_weights(tiny_encoder, weights_cache, tmp_path, monkeypatch):
    from huggingface_hub import constants

    assembly.warm()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    assert weights_cache(RunConfig().encoder.name).origin == "cache"  # remembered


def test_a_model_is_trained_in_one_call(tiny_encoder, corpus):
    said = []
    model = assembly.train({"tasks": ["topic"], "training": {"max_steps": 2}}, said.append)
    assert not model.training
    assert [event.step for event in said if isinstance(event, events.Optimizer)] == [1, 2]
