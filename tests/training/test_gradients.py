"""The gradient engine against plain autograd: the same gradients, and the norms that it reports."""

from contextlib import nullcontext

import pytest
import torch

from mtl.balancing.balancer import View
from mtl.balancing.constant import Equal, Fixed
from mtl.errors import ConfigError
from mtl.runs.config import DEFAULT_TASKS
from mtl.tasks.features import Features
from mtl.training.gradients import GradientEngine

TEXTS = ("sentiment", "topic", "stars", "entities")
MIXES = {
    "one task": ("topic",),
    "several tasks on one text": TEXTS,
    "several sources": ("topic", "relation", "question_type"),
    "everything": DEFAULT_TASKS,
    "every kind": (*DEFAULT_TASKS, "aspects", "answers", "headline"),
}


@pytest.fixture
def make_batches(make_batch, rows):
    def make(model, size=5):
        sources = dict.fromkeys(task.spec.source for task in model.tasks.values())
        return [make_batch(model, source, rows(source, size)) for source in sources]

    return make


def plain_loss(model, batches, weights):
    """Σ wᵢ Lᵢ by the book: one forward per source, one sum, one backward."""
    total = 0
    for batch in batches:
        logits = model(batch, list(batch.labels))
        for name, labels in batch.labels.items():
            total = total + weights.get(name, 1.0) * model.tasks[name].loss(logits[name], labels)
    return total


def gradients(model):
    return {
        name: None if parameter.grad is None else parameter.grad.clone() for name, parameter in model.named_parameters()
    }


def engine(model, balancer):
    return GradientEngine(model, balancer, nullcontext)


def assert_same_gradients(model, batches, balancer, weights):
    plain_loss(model, batches, weights).backward()
    wanted = gradients(model)
    model.zero_grad(set_to_none=True)
    report = engine(model, balancer).backward(batches).tasks
    found = gradients(model)
    size = max(gradient.abs().max().item() for gradient in wanted.values() if gradient is not None)
    for name, gradient in wanted.items():
        if gradient is None:
            assert found[name] is None or not found[name].any(), name
        else:
            torch.testing.assert_close(found[name], gradient, atol=1e-6 * size, rtol=1e-5, msg=name)
    return report


@pytest.mark.parametrize("encoder", [{}, {"freeze_layers": 1}, {"freeze_layers": 2}, {"num_hidden_layers": 1}], ids=str)
@pytest.mark.parametrize("mix", MIXES)
def test_equal_weights_give_the_gradient_of_the_sum(mix, encoder, make_model, make_batches):
    model = make_model(MIXES[mix], **encoder).double().train()
    report = assert_same_gradients(model, make_batches(model), Equal(list(model.tasks)), {})
    assert set(report) == set(MIXES[mix])
    assert all(part.weight == 1 for part in report.values())


@pytest.mark.parametrize("mix", MIXES)
def test_fixed_weights_give_the_gradient_of_the_weighted_sum(mix, make_model, make_batches):
    model = make_model(MIXES[mix]).train()
    weights = {"topic": 3.0, "stars": 0.25, "relation": 0.5}
    chosen = {name: weight for name, weight in weights.items() if name in model.tasks}
    report = assert_same_gradients(model, make_batches(model), Fixed(list(model.tasks), chosen), chosen)
    assert {name: part.weight for name, part in report.items()} == {name: chosen.get(name, 1.0) for name in model.tasks}


def test_a_weight_of_zero_leaves_its_head_and_the_encoder_alone(make_model, make_batches):
    model = make_model(("topic", "stars"))
    report = assert_same_gradients(model, make_batches(model), Fixed(list(model.tasks), {"stars": 0.0}), {"stars": 0.0})
    assert report["stars"].norm > 0
    assert report["topic"].norm > 0


def test_a_wholly_frozen_encoder_still_teaches_the_heads(make_model, make_batches):
    model = make_model(TEXTS, freeze_layers=2)
    engine(model, Equal(list(model.tasks))).backward(make_batches(model))
    assert all(parameter.grad is None for parameter in model.encoder.parameters())
    assert all(parameter.grad.any() for parameter in model.heads.parameters())


@pytest.mark.parametrize("mix", MIXES)
def test_the_reported_norm_is_that_of_the_gradient_at_the_representation(mix, make_model, make_batches):
    model = make_model(MIXES[mix])
    batches = make_batches(model)
    weights = dict.fromkeys(model.tasks, 7.0) | {"topic": 0.125}
    report = engine(model, Fixed(list(model.tasks), weights)).backward(batches).tasks
    for batch in batches:
        names = list(batch.labels)
        hidden = model.encode(batch, names)[names[0]]
        for name in names:
            logits = model.heads[name](Features(hidden, batch.attention_mask), batch.labels[name])
            loss = model.tasks[name].loss(logits, batch.labels[name])
            (gradient,) = torch.autograd.grad(loss, hidden, retain_graph=True)
            assert report[name].norm.item() == pytest.approx(gradient.norm().item(), rel=1e-5)
            assert report[name].loss.item() == pytest.approx(loss.item(), rel=1e-6)


def test_tasks_without_a_label_are_left_out(make_model, make_batch, rows):
    model = make_model(("topic", "stars"))
    batch = make_batch(model, "texts", [{**row, "stars": None} for row in rows("texts", 4)])
    report = engine(model, Equal(list(model.tasks))).backward([batch]).tasks
    assert list(report) == ["topic"]
    assert all(parameter.grad is None for parameter in model.heads["stars"].parameters())


def test_a_batch_without_any_label_changes_nothing(make_model, make_batch, rows):
    model = make_model(("topic",))
    batch = make_batch(model, "texts", [{**row, "topic": None} for row in rows("texts", 4)])
    assert engine(model, Equal(["topic"])).backward([batch]).tasks == {}
    assert all(parameter.grad is None for parameter in model.parameters())


def test_tasks_of_one_text_cost_one_pass_of_the_encoder(make_model, make_batches):
    model = make_model(TEXTS)
    passes = []
    inside = model.encoder.get_submodule("encoder.layer.1.output.dense")
    inside.register_forward_hook(lambda *_: passes.append("forward"))
    inside.register_full_backward_hook(lambda *_: passes.append("backward"))
    engine(model, Equal(list(model.tasks))).backward(make_batches(model))
    assert passes == ["forward", "backward"]


def test_heads_read_hidden_states_without_padding(make_model):
    hidden = torch.randn(2, 4, 3)
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    pooled = Features(hidden, mask).pooled
    torch.testing.assert_close(pooled[0], hidden[0, :2].mean(0))
    torch.testing.assert_close(pooled[1], hidden[1].mean(0))
    assert Features(hidden, torch.zeros(2, 4)).pooled.isfinite().all()


def test_weights_name_only_tasks_of_the_run():
    with pytest.raises(ConfigError, match="topic"):
        Fixed(["topic"], {"stars": 1.0})
    view = View(["topic", "stars"], torch.zeros(2))
    assert Fixed(view.tasks, {"stars": 2.0}).weights(view).tolist() == [1.0, 2.0]
    assert Equal(view.tasks).weights(view).tolist() == [1.0, 1.0]
