"""Configurations made from another one."""

from itertools import islice

import pytest

from mtl import assembly
from mtl.analysis.gains import transfer_gains
from mtl.assembly import check
from mtl.errors import ConfigError
from mtl.runs.config import RunConfig
from mtl.runs.pairs import config_of_split, config_of_tasks, pair_configs

OWN = {
    "sources": [
        {"name": "reviews", "kind": "hub", "id": "someone/reviews"},
        {"name": "mails", "kind": "hub", "id": "someone/mails"},
    ],
    "tasks": [
        {"name": "liked", "spec": {"kind": "classification", "source": "reviews", "text": "text", "label": "liked"}},
        {"name": "spam", "spec": {"kind": "classification", "source": "mails", "text": "text", "label": "spam"}},
        {"name": "topic", "loss_scale": 3.0},
    ],
    "balancer": {"name": "fixed", "options": {"weights": {"liked": 2.0, "topic": 0.5}}},
    "sampling": {"name": "weighted", "options": {"weights": {"mails": 2.0, "topic": 5.0}, "temperature": 2.0}},
    "training": {"seed": 7, "max_steps": 500, "eval_steps": 100},
}


@pytest.fixture
def config():
    return RunConfig.from_dict(OWN)


def test_what_is_left_out_is_forgotten_everywhere(config) -> None:
    found = config_of_tasks(config, ["topic", "liked"])
    assert [task.name for task in found.tasks] == ["liked", "topic"]
    assert [source.name for source in found.sources] == ["reviews"]
    assert found.balancer.options == {"weights": {"liked": 2.0, "topic": 0.5}}
    assert found.sampling.options == {"weights": {"topic": 5.0}, "temperature": 2.0}
    assert (found.training, found.encoder, found.tasks[1].loss_scale) == (config.training, config.encoder, 3.0)
    check(found)
    assert config_of_tasks(config, [task.name for task in config.tasks]) == config
    assert config_of_tasks(config, ["spam"]).balancer.options == {"weights": {}}


def test_all_pairs_and_all_alone(config) -> None:
    found = pair_configs(config, 40)
    assert list(found) == [
        ("liked",), ("spam",), ("topic",), ("liked", "spam"), ("liked", "topic"), ("spam", "topic"),
    ]  # fmt: skip
    for names, part in found.items():
        check(part)
        assert tuple(task.name for task in part.tasks) == names
        training = part.training
        assert (training.max_steps, training.eval_steps, training.seed) == (40, 40, 7)
        assert (training.conflict_steps, training.affinity_steps) == (0, 0)
        assert part.within == config.tasks and part.sampling == config.sampling
        assert part.balancer.options["weights"].keys() <= set(names)


def test_a_task_reads_the_same_texts_alone_as_in_company(tiny_encoder, corpus) -> None:
    """In the same steps; that a part of a run takes the texts of the whole is held by tests/training/test_twins.py."""
    config = RunConfig.from_dict({"tasks": ["sentiment", "topic", "relation"], "encoder": {"freeze_layers": 0}})

    def texts(part):
        steps = islice(assembly.assemble(part, report=lambda event: None).batches(), 4)
        return [[batch.input_ids.tolist() for batch in step if batch.source == "pairs"] for step in steps]

    found = pair_configs(config, 10)
    assert texts(found["relation",]) == texts(found["topic", "relation"]) == texts(config)


def test_the_runs_give_a_matrix_of_gains(tiny_encoder, corpus) -> None:
    config = RunConfig.from_dict({"tasks": ["topic", "relation"], "encoder": {"freeze_layers": 0}})
    runs: dict = {}
    for names, part in pair_configs(config, 3).items():
        told = runs.setdefault(names, [])
        assembly.train(part, report=lambda event, told=told: told.append(event.to_dict()))
    found = transfer_gains(runs)
    assert found.tasks == ("topic", "relation")
    assert all(-1 < effect.value < 1 for effect in found.effects()) and len(list(found.effects())) == 2


def test_what_makes_no_pairs_is_refused(config) -> None:
    with pytest.raises(ConfigError):
        pair_configs(RunConfig.from_dict({"tasks": ["topic"]}), 10)
    for steps in (0, -1, 10**9):
        with pytest.raises(ConfigError) as refused:
            pair_configs(config, steps)
        assert refused.value.details["field"] == "training.max_steps"
    for names in ([], ["nobody"]):
        with pytest.raises(ConfigError):
            config_of_tasks(config, names)


def test_a_split_is_a_sharing_scheme(config) -> None:
    half = config_of_split(config, 4, 6)
    assert (half.sharing.name, half.sharing.options) == ("partial", {"layers": 4})
    assert config_of_split(half, 6, 6) == config
    for layers in (0, 7):
        with pytest.raises(ConfigError):
            config_of_split(config, layers, 6)
