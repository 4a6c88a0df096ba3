"""Balanced gradients beside what else a run may ask for: low precision, and frozen layers."""

from contextlib import nullcontext

import pytest
import torch

from mtl.balancing import BALANCERS
from mtl.runs.config import Choice
from mtl.training.gradients import GradientEngine

MIXED = ("sentiment", "topic", "relation", "question_type")
SOME = pytest.mark.parametrize("name", ["equal", "log_loss", "gradnorm", "upgrad", "pcgrad", "dbmtl"])


@pytest.fixture
def step(make_batch, make_model, rows):
    """`step(freeze_layers=1)`: a model and a batch of each source."""

    def prepare(**encoder):
        model = make_model(MIXED, **encoder)
        sources = dict.fromkeys(task.spec.source for task in model.tasks.values())
        return model, [make_batch(model, source, rows(source, 6)) for source in sources]

    return prepare


def backward(model, batches, name, autocast=nullcontext, **options):
    method = BALANCERS[name]
    balancer = method.load()(list(model.tasks), **method.check("balancer", Choice(name, options)))
    model.zero_grad(set_to_none=True)
    return GradientEngine(model, balancer, autocast).backward(batches, measure=True)


def gradient(model):
    return torch.cat([each.grad.flatten() for each in model.parameters() if each.grad is not None])


def low_precision():
    return torch.autocast("cpu", dtype=torch.bfloat16)


@SOME
def test_in_low_precision_the_gradient_points_the_same_way(name, step):
    model, batches = step()
    backward(model, batches, name)
    wanted = gradient(model)
    found = backward(model, batches, name, low_precision)
    assert all(each.dtype == torch.float32 for each in model.parameters())
    assert torch.nn.functional.cosine_similarity(gradient(model), wanted, dim=0) > 0.98
    assert found.gramian.dtype == torch.float64
    assert all(part.loss.isfinite() and part.norm.isfinite() for part in found.tasks.values())


@SOME
@pytest.mark.parametrize("frozen", [1, 2])
def test_frozen_layers_get_nothing_and_the_heads_all_of_theirs(name, frozen, step):
    model, batches = step(freeze_layers=frozen)
    found = backward(model, batches, name)
    for path, parameter in model.named_parameters():
        assert (parameter.grad is not None) <= parameter.requires_grad, path
    assert all(any(each.grad.any() for each in head.parameters()) for _, head in model.heads.items())
    if frozen == 2:  # nothing is left that tasks could disagree about
        assert not found.gramian.any()
        assert all(part.weight > 0 for part in found.tasks.values())
