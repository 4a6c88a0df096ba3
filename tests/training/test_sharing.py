"""Every way of sharing: who trains what, the same start, snapshots, and every balancer on it."""

import copy
from contextlib import nullcontext

import pytest
import torch

from mtl.balancing import BALANCERS
from mtl.errors import ConfigError
from mtl.inference import answer
from mtl.model import MultiTaskModel, parameter_counts
from mtl.runs.config import Choice
from mtl.sharing import SHARING
from mtl.training.gradients import GradientEngine

TASKS = ("sentiment", "topic", "relation")
OPTIONS = {"partial": {"layers": 1}, "lora": {"train_base": True}, "soft": {"tie": 0.5}}
FROZEN_BASE = ("lora", {"train_base": False})
SCHEMES = [*((name, OPTIONS.get(name, {})) for name in SHARING), FROZEN_BASE]
EACH = pytest.mark.parametrize(("scheme", "options"), SCHEMES, ids=[f"{name} {options}" for name, options in SCHEMES])


@pytest.fixture
def step(make_batch, make_model, rows):
    def prepare(scheme, options, tasks=TASKS, size=6):
        model = make_model(tasks, sharing=Choice(scheme, options))
        sources = dict.fromkeys(task.spec.source for task in model.tasks.values())
        return model, [make_batch(model, source, rows(source, size)) for source in sources]

    return prepare


def backward(model, batches, balancer="equal", **options):
    method = BALANCERS[balancer]
    made = method.load()(list(model.tasks), **method.check("balancer", Choice(balancer, options)))
    model.zero_grad(set_to_none=True)
    return GradientEngine(model, made, nullcontext).backward(batches)


def gradients(model):
    return {name: each.grad.clone() for name, each in model.named_parameters() if each.grad is not None}


@EACH
def test_a_run_starts_from_what_the_pretrained_encoder_says(scheme, options, step):
    model, batches = step(scheme, options)
    plain, _ = step("hard", {})
    model.eval(), plain.eval()
    found = model.encode(batches[0], ["sentiment", "topic"])
    wanted = plain.encode(batches[0], ["sentiment", "topic"])
    for name in found:
        assert found[name].shape == wanted[name].shape
        if scheme != "mmoe":  # experts add something from the start
            torch.testing.assert_close(found[name], wanted[name], atol=1e-5, rtol=1e-4)


@EACH
def test_equal_weights_give_the_gradient_of_the_sum(scheme, options, step):
    model, batches = step(scheme, options | ({"tie": 0.0} if scheme == "soft" else {}))
    backward(model, batches)
    found = gradients(model)
    model.zero_grad(set_to_none=True)
    total = 0
    for batch in batches:
        for name, logits in model(batch, list(batch.labels)).items():
            total = total + model.tasks[name].loss(logits, batch.labels[name])
    total.backward()
    wanted = gradients(model)
    assert found.keys() == wanted.keys()
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, atol=1e-5, rtol=1e-3, msg=name)


@EACH
@pytest.mark.parametrize("balancer", BALANCERS)
def test_encoder_and_heads_learn_under_every_balancer(scheme, options, balancer, step):
    model, batches = step(scheme, options)
    done = backward(model, batches, balancer)
    assert set(done.tasks) == set(TASKS)
    learning = {name for name, gradient in gradients(model).items() if gradient.any()}
    for task in TASKS:
        assert any(name.startswith(f"heads.task_{task}") for name in learning), task
    assert any(name.startswith("sharing.") for name in learning)
    if (scheme, options) != FROZEN_BASE and scheme != "soft":
        common = set(map(id, model.sharing.common()))
        assert any(id(each) in common and each.grad is not None and each.grad.any() for each in model.parameters())


@EACH
def test_what_is_a_tasks_own_learns_from_it_alone(scheme, options, step):
    model, batches = step(scheme, options | ({"tie": 0.0} if scheme == "soft" else {}))
    common = set(map(id, model.sharing.common()))
    touched = {}
    for task in TASKS:
        only = copy.copy(batches)
        for at, batch in enumerate(only):
            labels = {name: each for name, each in batch.labels.items() if name == task}
            only[at] = type(batch)(**{**vars(batch), "labels": labels})
        backward(model, only)
        touched[task] = {name for name, each in model.named_parameters() if each.grad is not None and each.grad.any()}
    several = {name for name in touched["sentiment"] if name in touched["topic"] or name in touched["relation"]}
    for name, each in model.named_parameters():
        if name in several:
            assert id(each) in common, name


@EACH
def test_a_snapshot_answers_as_the_model_does(scheme, options, step, tmp_path):
    model, batches = step(scheme, options)
    backward(model, batches)
    with torch.no_grad():
        for each in model.parameters():
            if each.grad is not None:
                each.sub_(0.05 * each.grad)
    model.eval().save_pretrained(tmp_path / "snapshot")
    again = MultiTaskModel.from_pretrained(tmp_path / "snapshot")
    texts = ("The soup was lovely", "The bread was superb")
    assert answer(again, *texts).to_dict() == answer(model, *texts).to_dict()
    assert parameter_counts(again) == parameter_counts(model)


def test_a_strong_tie_pulls_encoders_together_and_none_leaves_them(step):
    for tie, pulled in ((0.5, True), (0.0, False)):
        model, batches = step("soft", {"tie": tie})
        second = model.sharing.encoders[TASKS[1]]
        with torch.no_grad():
            for each in second.parameters():
                each.add_(0.3)
        backward(model, batches)
        with_tie = [each.grad.clone() for each in second.parameters() if each.grad is not None]
        model.zero_grad(set_to_none=True)
        model.sharing.regularise()
        pulls = [each.grad for each in second.parameters() if each.grad is not None]
        assert bool(pulls) == pulled
        for pull in pulls:  # 2λ(θ₂ − θ̄) = 2 · 0.5 · (0.3 − 0.1)
            torch.testing.assert_close(pull, torch.full_like(pull, 0.2), atol=1e-5, rtol=1e-3)
        assert len(with_tie) >= len(pulls)


def test_sharing_no_layer_or_all_of_them_is_refused(make_model):
    for layers in (2, 5):
        with pytest.raises(ConfigError, match=r"sharing\.layers"):
            make_model(TASKS, sharing=Choice("partial", {"layers": layers}))


def test_what_is_shared_is_counted(step):
    counts = {scheme: parameter_counts(step(scheme, options)[0]) for scheme, options in SCHEMES[:6]}
    encoder = counts["hard"]["shared"]
    assert counts["soft"]["shared"] == 0
    assert counts["soft"]["total"] == counts["hard"]["total"] + 2 * encoder
    assert 0 < counts["partial"]["shared"] < encoder
    assert counts["lora"]["total"] - counts["hard"]["total"] < encoder


EVERY_KIND = ("topic", "stars", "entities", "aspects", "answers", "headline")


@EACH
def test_every_kind_of_task_learns_and_answers_the_same_from_a_snapshot(scheme, options, step, tmp_path):
    model, batches = step(scheme, options, EVERY_KIND, 4)
    done = backward(model, batches, "upgrad")
    assert set(done.tasks) == set(EVERY_KIND) and not done.skipped
    for name, head in model.heads.items():
        assert any(each.grad is not None and each.grad.any() for each in head.parameters()), name
    model.eval().save_pretrained(tmp_path / "snapshot")
    again = MultiTaskModel.from_pretrained(tmp_path / "snapshot")
    texts = ("Where was the soup?", "The soup was lovely in Lima.")
    assert answer(again, *texts).to_dict() == answer(model, *texts).to_dict()


@EACH
def test_every_parameter_is_part_of_one_level_once(scheme, options, step):
    model, _ = step(scheme, options)
    listed = [id(each) for part in model.parts() for each in part.parameters]
    assert sorted(listed) == sorted(map(id, model.parameters()))


@EACH
def test_a_part_learns_from_those_whose_it_is_and_from_no_other(scheme, options, step):
    model, batches = step(scheme, options | ({"tie": 0.0} if scheme == "soft" else {}))
    for task in TASKS:
        only = [
            type(batch)(
                **{**vars(batch), "labels": {name: each for name, each in batch.labels.items() if name == task}}
            )
            for batch in batches
        ]
        backward(model, only)
        for part in model.parts():
            learns = any(each.grad is not None and each.grad.any() for each in part.parameters)
            trained = any(each.requires_grad for each in part.parameters)
            through_stitches = scheme == "cross_stitch" and part.kind == "layer"
            assert learns == (trained and (task in part.tasks or through_stitches)), (task, part)


def test_parts_tell_the_layers_that_are_shared_and_those_that_are_not(step):
    def levels(scheme, kind="layer"):
        parts = step(scheme, OPTIONS.get(scheme, {}))[0].parts()
        return [(part.level, part.tasks) for part in parts if part.kind == kind]

    every, each = tuple(TASKS), [(task,) for task in TASKS]
    assert levels("hard") == [("embeddings", every), ("1", every), ("2", every)]
    assert levels("partial") == [("embeddings", every), ("1", every), *(("2", task) for task in each)]
    assert levels("soft") == [(level, task) for level in ("embeddings", "1", "2") for task in each]
    assert levels("cross_stitch", "stitch") == [("1", every), ("2", every)]
    assert levels("lora", "adapter") == [(level, task) for level in ("1", "2") for task in each]
    assert levels("mmoe", "expert") == [("experts", every)] * 4
    assert levels("mmoe", "gate") == [("experts", task) for task in each]
    assert levels("soft", "head") == [("head", task) for task in each]
