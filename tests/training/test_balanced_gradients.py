"""The engine under every balancer: against the reference's own engine, its cost, and what reaches whom."""

import copy
from contextlib import nullcontext

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchjd.aggregation import IMTLG, MGDA, UPGrad
from torchjd.autojac import backward as jacobian_backward

from mtl.balancing import BALANCERS
from mtl.balancing.balancer import View
from mtl.runs.config import Choice
from mtl.tasks.features import Features
from mtl.training.gradients import GradientEngine

TEXTS = ("sentiment", "topic", "stars", "entities")
OWN = ("topic", "relation", "question_type")
MIXED = ("sentiment", "topic", "stars", "relation", "question_type")


def make(name, tasks, **options):
    method = BALANCERS[name]
    return method.load()(list(tasks), **method.check("balancer", Choice(name, options)))


@pytest.fixture
def step(make_batch, make_model, rows):
    """`step(tasks, size)`: a model and a batch of each source."""

    def prepare(tasks, size=6, **encoder):
        model = make_model(tasks, **encoder)
        sources = dict.fromkeys(task.spec.source for task in model.tasks.values())
        return model, [make_batch(model, source, rows(source, size)) for source in sources]

    return prepare


def run(model, batches, balancer, measure=False):
    model.zero_grad(set_to_none=True)
    return GradientEngine(model, balancer, nullcontext).backward(batches, measure)


def flat(parameters):
    return torch.cat([torch.zeros(each.numel()) if each.grad is None else each.grad.flatten() for each in parameters])


def losses_of(model, batches):
    found = []
    for batch in batches:
        logits = model(batch, list(batch.labels))
        found += [model.tasks[name].scaled_loss(logits[name], labels) for name, labels in batch.labels.items()]
    return found


REFERENCES = {"upgrad": (UPGrad(), 1e-2), "mgda": (MGDA(), 1e-3), "imtl_g": (IMTLG(), 1e-2)}


@pytest.mark.parametrize("tasks", [OWN, TEXTS, MIXED], ids=["own", "one text", "mixed"])
@pytest.mark.parametrize("name", REFERENCES)
def test_exact_rows_give_what_the_references_own_engine_gives(name, tasks, step):
    model, batches = step(tasks)
    model.double()
    aggregator, bar = REFERENCES[name]
    shared = list(model.encoder.parameters())
    wanted_model = copy.deepcopy(model)
    inputs = list(wanted_model.encoder.parameters())
    jacobian_backward(losses_of(wanted_model, batches), inputs=inputs, parallel_chunk_size=1)
    jacobians = [each.jac.flatten(1) for each in inputs if hasattr(each, "jac")]
    wanted = len(tasks) * aggregator(torch.cat(jacobians, dim=1))
    options = {"normalise": "none"} if name == "mgda" else {}
    run(model, batches, make(name, tasks, exact=True, **options))
    found = torch.cat([each.grad.flatten() for each in shared if each.grad is not None])
    assert len(found) == len(wanted)
    torch.testing.assert_close(found, wanted.to(found), atol=bar * float(wanted.abs().max()), rtol=0)


def test_heads_follow_their_own_gradient_where_gradients_are_combined(step):
    model, batches = step(MIXED)
    sum(losses_of(model, batches)).backward()
    wanted = {name: flat(head.parameters()) for name, head in model.heads.items()}
    run(model, batches, make("upgrad", MIXED))
    for name, head in model.heads.items():
        torch.testing.assert_close(flat(head.parameters()), wanted[name], atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("tasks", [TEXTS, MIXED], ids=["one text", "mixed"])
@pytest.mark.parametrize("name", ["log_loss", "stch", "uncertainty", "gradnorm", "random"])
def test_weights_of_losses_weigh_heads_and_encoder_alike(name, tasks, step):
    model, batches = step(tasks)
    torch.manual_seed(1)
    report = run(model, batches, make(name, tasks)).tasks
    found = flat(model.parameters())
    model.zero_grad(set_to_none=True)
    order = [name for batch in batches for name in batch.labels]
    sum(report[task].weight * loss for task, loss in zip(order, losses_of(model, batches), strict=True)).backward()
    torch.testing.assert_close(found, flat(model.parameters()), atol=1e-6, rtol=1e-4)


def test_tasks_of_one_text_are_compared_at_the_representation(step):
    model, batches = step(TEXTS)
    (batch,) = batches
    report = run(model, batches, make("upgrad", TEXTS)).tasks
    hidden = model.encode(batch, list(TEXTS))["topic"]
    rows = []
    for name in TEXTS:
        leaf = hidden.detach().requires_grad_()
        logits = model.heads[name](Features(leaf, batch.attention_mask), batch.labels[name])
        model.tasks[name].scaled_loss(logits, batch.labels[name]).backward()
        rows.append(leaf.grad.flatten())
    jacobian = torch.stack(rows).double()
    wanted = make("upgrad", TEXTS).weights(View(TEXTS, torch.ones(4), jacobian @ jacobian.T, ""))
    assert [report[name].weight for name in TEXTS] == pytest.approx(wanted.tolist(), rel=1e-3)


def test_a_mixed_steps_weight_is_that_within_times_that_between(step):
    model, batches = step(MIXED)
    balancer = make("imtl_g", MIXED)
    asked = []

    class Spy(type(balancer)):
        def weights(self, view):
            found = super().weights(view)
            asked.append((list(view.tasks), found.tolist()))
            return found

    balancer.__class__ = Spy
    report = run(model, batches, balancer).tasks
    (inner, within), (outer, between) = asked
    assert inner == ["sentiment", "topic", "stars"]
    assert outer == ["sentiment", "relation", "question_type"]
    weights = {name: report[name].weight for name in report}
    assert [weights[name] for name in inner] == pytest.approx([each * between[0] for each in within])
    assert [weights["relation"], weights["question_type"]] == pytest.approx(between[1:])


def test_measuring_changes_no_gradient_and_gives_the_exact_gramian(step):
    for name in ("equal", "log_loss", "upgrad"):
        model, batches = step(MIXED)
        model.double()
        plain = run(model, batches, make(name, MIXED))
        wanted = flat(model.parameters())
        measured = run(model, batches, make(name, MIXED), measure=True)
        torch.testing.assert_close(flat(model.parameters()), wanted, atol=1e-9, rtol=1e-4)
        assert plain.gramian is None
        assert set(measured.names) == set(MIXED)
        rows = []
        for loss in losses_of(model, batches):
            found = torch.autograd.grad(loss, list(model.encoder.parameters()), retain_graph=True, allow_unused=True)
            rows.append(torch.cat([each.flatten() for each in found if each is not None]))
        order = [task for batch in batches for task in batch.labels]
        jacobian = torch.stack([rows[order.index(task)] for task in measured.names])
        torch.testing.assert_close(measured.gramian, jacobian @ jacobian.T, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("tasks", [("topic",), TEXTS, OWN, (*MIXED, "aspects", "answers", "headline")], ids=len)
@pytest.mark.parametrize("name", BALANCERS)
def test_every_parameter_learns_under_every_balancer(name, tasks, step):
    model, batches = step(tasks)
    done = run(model, batches, make(name, tasks))
    assert set(done.tasks) == set(tasks)
    assert not done.skipped
    for path, parameter in model.named_parameters():
        unused = "pooler" in path or "position_embeddings" in path or "token_type" in path
        if parameter.requires_grad and not unused:
            assert parameter.grad is not None, path
            assert parameter.grad.isfinite().all(), path
            assert parameter.grad.any() or "key.bias" in path, path


@pytest.mark.parametrize("name", [name for name in BALANCERS if name != "fixed"])
def test_one_task_alone_trains_as_it_does_with_equal_weights(name, step):
    model, batches = step(("topic",))
    run(model, batches, make("equal", ["topic"]))
    wanted = flat(model.parameters())
    report = run(model, batches, make(name, ["topic"])).tasks
    assert report["topic"].weight == 1
    torch.testing.assert_close(flat(model.parameters()), wanted)


@pytest.mark.parametrize("name", ["equal", "upgrad", "log_loss"])
def test_gradients_add_up_over_several_batches(name, step):
    model, batches = step(MIXED)
    run(model, batches, make(name, MIXED))
    once = flat(model.parameters())
    GradientEngine(model, make(name, MIXED), nullcontext).backward(batches)
    torch.testing.assert_close(flat(model.parameters()), 2 * once, atol=1e-6, rtol=1e-3)


def test_a_tasks_gradient_is_cut_to_its_limit(step):
    model, batches = step(("topic", "stars"))
    norms = {name: float(part.norm) for name, part in run(model, batches, make("equal", model.tasks)).tasks.items()}
    limit = 0.5 * min(norms.values())
    GradientEngine(model, make("equal", model.tasks), nullcontext)
    model.zero_grad(set_to_none=True)
    GradientEngine(model, make("equal", model.tasks), nullcontext, limit).backward(batches)
    found = flat(model.parameters())
    model.zero_grad(set_to_none=True)
    sum(
        limit / norms[name] * loss for name, loss in zip(batches[0].labels, losses_of(model, batches), strict=True)
    ).backward()
    torch.testing.assert_close(found, flat(model.parameters()), atol=1e-6, rtol=1e-3)


def flops(model, batches, balancer):
    with FlopCounterMode(display=False) as counter:
        run(model, batches, balancer)
    return counter.get_total_flops()


@pytest.mark.parametrize("name", ["upgrad", "pcgrad", "mgda", "dbmtl", "log_loss", "gradnorm"])
@pytest.mark.parametrize(("tasks", "bar"), [(OWN, 1.02), (TEXTS, 1.05), (MIXED, 1.05)], ids=["own", "text", "mixed"])
def test_balancing_costs_hardly_a_flop(name, tasks, bar, step):
    model, batches = step(tasks, size=48)
    assert flops(model, batches, make(name, tasks)) <= bar * flops(model, batches, make("equal", tasks))
