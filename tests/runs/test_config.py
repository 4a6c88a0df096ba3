"""What a run may be asked to do, and how everything else is refused."""

import json
import math
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from mtl.data.corpus import TASKS
from mtl.errors import ConfigError
from mtl.runs.config import DEFAULT_TASKS, Choice, EncoderConfig, RunConfig, TaskConfig, TrainingConfig
from tests.runs.refusing import refused

NUMBERS = {
    "training.num_train_epochs", "training.learning_rate", "training.head_learning_rate", "training.warmup_ratio",
    "training.weight_decay", "training.max_grad_norm", "training.max_task_grad_norm",
}  # fmt: skip
WHOLE = {
    "training.max_steps", "training.per_device_train_batch_size", "training.per_device_eval_batch_size",
    "training.eval_steps", "training.logging_steps", "training.seed", "training.max_eval_samples",
    "training.conflict_steps", "training.affinity_steps", "training.early_stopping_patience",
    "encoder.num_hidden_layers", "encoder.freeze_layers", "encoder.max_length",
}  # fmt: skip
MAY_BE_ZERO = {
    "training.warmup_ratio", "training.weight_decay", "training.max_grad_norm", "training.seed",
    "encoder.freeze_layers", "training.max_task_grad_norm", "training.conflict_steps",
    "training.affinity_steps", "training.early_stopping_patience",
}  # fmt: skip
NEVER = [math.nan, math.inf, -math.inf, -3, 10**12, 10**400, "5", "", True, False, [1], {"a": 1}, 1 + 2j]


def with_field(path, value):
    part, _, name = path.partition(".")
    return {part: {name: value}}


def test_every_number_of_a_configuration_is_covered_here():
    typed = {f"training.{item.name}" for item in fields(TrainingConfig)}
    typed |= {f"encoder.{item.name}" for item in fields(EncoderConfig)} - {"encoder.name", "encoder.revision"}
    assert typed - {"training.model_selection"} == NUMBERS | WHOLE


@pytest.mark.parametrize("value", ["", "newest", "Best", None, 3, ["best"], {}])
def test_a_selection_that_is_not_known_is_refused(value):
    assert refused(with_field("training.model_selection", value)).details["field"] == "training.model_selection"


@pytest.mark.parametrize("value", NEVER, ids=lambda value: f"{value!r:.12}")
@pytest.mark.parametrize("path", sorted(NUMBERS | WHOLE))
def test_impossible_values_are_refused_by_the_name_of_their_field(path, value):
    assert refused(with_field(path, value)).details["field"] == path


@pytest.mark.parametrize("path", sorted(NUMBERS | WHOLE))
def test_zero_is_refused_where_it_means_nothing(path):
    if path in MAY_BE_ZERO:
        RunConfig.from_dict(with_field(path, 0))
    else:
        assert refused(with_field(path, 0)).details["found"] == 0


@pytest.mark.parametrize("path", sorted(WHOLE))
def test_whole_numbers_are_not_fractions(path):
    refused(with_field(path, 2.5))


@pytest.mark.parametrize("value", [*NEVER, 0, None])
def test_a_loss_scale_is_a_positive_number(value):
    assert refused({"tasks": [{"name": "topic", "loss_scale": value}]}).details["field"] == "tasks.loss_scale"


@pytest.mark.parametrize("value", [*NEVER, 0, 1.5])
def test_a_limit_of_samples_is_a_positive_whole_number(value):
    assert refused({"tasks": [{"name": "topic", "max_train_samples": value}]}).details["field"] == (
        "tasks.max_train_samples"
    )


@pytest.mark.parametrize("value", [None, 5, "", " ", "x" * 201, [], True, math.nan])
@pytest.mark.parametrize("part", ["encoder", "sharing", "balancer", "sampling"])
def test_a_name_is_a_name(part, value):
    assert refused({part: {"name": value}}).details["field"] == f"{part}.name"


@pytest.mark.parametrize("part", ["sharing", "balancer", "sampling"])
@pytest.mark.parametrize("value", [None, 5, "x", [1]])
def test_options_are_a_table(part, value):
    assert refused({part: {"name": "x", "options": value}}).details["field"] == f"{part}.options"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"colour": 1}, "colour"),
        ({"training": {"lr": 1}}, "training.lr"),
        ({"encoder": {"layers": 1}}, "encoder.layers"),
        ({"tasks": [{"name": "topic", "weight": 1}]}, "tasks.weight"),
        ({"balancer": {"name": "equal", "weights": {}}}, "balancer.weights"),
        ({1: 2}, "1"),
    ],
)
def test_an_unknown_field_is_refused_by_name(values, field):
    assert refused(values).details["field"] == field


@pytest.mark.parametrize("values", [None, 5, "topic", [], [("tasks", [])]])
def test_a_configuration_is_a_table(values):
    refused(values)


@pytest.mark.parametrize("part", ["encoder", "training", "sharing", "balancer", "sampling"])
@pytest.mark.parametrize("value", [None, 5, ["x"], True])
def test_a_part_is_a_table_or_a_name(part, value):
    assert refused({part: value}).details["field"] == part


@pytest.mark.parametrize(
    "tasks",
    [[], "topic", None, 5, {"topic": 1}, [None], [5], [{}], ["topic", "topic"], ["topic", {"name": "topic"}],
     [f"t{number}" for number in range(25)]],
    ids=str,
)  # fmt: skip
def test_tasks_are_a_list_of_different_names(tasks):
    assert refused({"tasks": tasks}).details["field"].startswith("tasks")


def test_nothing_given_is_the_default_preset():
    config = RunConfig.from_dict({})
    assert config == RunConfig()
    assert [task.name for task in config.tasks] == list(DEFAULT_TASKS)
    assert set(DEFAULT_TASKS) < set(TASKS)
    assert (config.sharing, config.balancer) == (Choice("hard"), Choice("equal"))


def test_names_alone_are_enough():
    short = RunConfig.from_dict({"encoder": "a/b", "tasks": ["topic"], "balancer": "fixed", "sharing": "hard"})
    assert short.encoder == EncoderConfig("a/b")
    assert short.tasks == (TaskConfig("topic"),)
    assert short.balancer == Choice("fixed", {})


def test_a_configuration_comes_back_from_json_unchanged():
    config = RunConfig.from_dict(
        {
            "encoder": {"name": "a/b", "revision": "abc", "num_hidden_layers": 3, "freeze_layers": 2, "max_length": 64},
            "tasks": [{"name": "topic", "loss_scale": 12.5, "max_train_samples": 7}, "stars"],
            "sharing": {"name": "hard", "options": {"x": [1, 2]}},
            "balancer": {"name": "fixed", "options": {"weights": {"topic": 0.5}}},
            "sampling": "proportional",
            "training": {"max_steps": -1, "num_train_epochs": 0.5, "max_eval_samples": None, "seed": 2**32 - 1},
        }
    )
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert RunConfig.from_dict(RunConfig().to_dict()) == RunConfig()


def test_to_dict_names_every_field():
    plain = RunConfig().to_dict()
    assert plain.keys() == {item.name for item in fields(RunConfig)}
    assert plain["training"].keys() == {item.name for item in fields(TrainingConfig)}


def test_a_configuration_does_not_change():
    config = RunConfig()
    with pytest.raises(FrozenInstanceError):
        config.training.seed = 1
    options = {"weights": {"topic": 2.0}}
    choice = Choice("fixed", options)
    options["more"] = 1
    assert choice.options == {"weights": {"topic": 2.0}}
    assert hash(choice) == hash(Choice("fixed", {"weights": {"topic": 2.0}}))


def test_a_change_is_checked_like_the_first_values():
    with pytest.raises(ConfigError):
        replace(RunConfig().training, max_steps=0)
    with pytest.raises(ConfigError):
        replace(RunConfig(), tasks=())


def test_no_more_layers_can_be_frozen_than_are_used():
    assert (
        refused({"encoder": {"num_hidden_layers": 2, "freeze_layers": 3}}).details["field"] == "encoder.freeze_layers"
    )
    assert EncoderConfig(num_hidden_layers=2, freeze_layers=2).freeze_layers == 2
