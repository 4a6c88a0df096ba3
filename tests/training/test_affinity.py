"""The look-ahead probe: against steps taken by hand, and without a trace in training."""

import copy
from itertools import islice

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mtl.runs import events
from mtl.training.affinity import AffinityProbe
from tests.training.said import of

TASKS = ("sentiment", "topic", "question_type")
SCHEMES = ["hard", {"name": "partial", "options": {"layers": 1}}, "soft", "cross_stitch", "lora", "mmoe"]


def first_batches(trainer):
    return next(trainer.batches())


def with_dropout(trainer, share=0.1):
    for module in trainer.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share
    return trainer


def loss_of(model, batch, name):
    logits = model(batch, [name])[name]
    return model.tasks[name].scaled_loss(logits, batch.labels[name])


def by_hand(model, batches, rate):
    """1 − Lⱼ after / Lⱼ before of a step of torch's own SGD on a copy of the model, ``{(i, j): …}``."""
    found = {}
    holders = {name: batch for batch in batches for name in batch.labels}
    for source in holders:
        other = copy.deepcopy(model).eval()
        common = [each for each in other.sharing.common() if each.requires_grad]
        before = {name: float(loss_of(other, holders[name], name).detach()) for name in holders}
        sgd = torch.optim.SGD(common, lr=rate)
        loss_of(other, holders[source], source).backward()
        sgd.step()
        after = {name: float(loss_of(other, holders[name], name).detach()) for name in holders}
        found |= {(source, name): 1 - after[name] / before[name] for name in holders}
    return found


@pytest.mark.parametrize("sharing", SCHEMES, ids=lambda each: each if isinstance(each, str) else each["name"])
def test_a_probe_is_a_plain_step_on_the_common_parameters(make_trainer, sharing):
    trainer = make_trainer(list(TASKS), parts={"sharing": sharing}, per_device_train_batch_size=12)
    batches = first_batches(trainer)
    found = AffinityProbe(trainer.model, 0.1).measure(batches, 1)
    if not any(each.requires_grad for each in trainer.model.sharing.common()):
        assert found is None
        return
    wanted = by_hand(trainer.model, batches, 0.1)
    rows = dict(zip(found.tasks, found.affinities, strict=True))
    values = {(i, j): value for i, row in rows.items() for j, value in zip(found.tasks, row, strict=True)}
    assert set(found.tasks) == set(TASKS)
    assert values == pytest.approx(wanted, abs=2e-5)
    if sharing == "hard":
        assert min(values[name, name] for name in TASKS) > 0  # a step for itself lowers a task's loss


def test_a_small_step_is_linear(make_trainer):
    trainer = make_trainer(["sentiment", "topic"], per_device_train_batch_size=12)
    (batch,) = first_batches(trainer)
    model, rate = trainer.model.double().eval(), 2e-4
    found = AffinityProbe(model, rate).measure([batch], 1)
    common = [each for each in model.sharing.common() if each.requires_grad]
    losses = [loss_of(model, batch, name) for name in found.tasks]
    rows = torch.stack([torch.cat([each.reshape(-1) for each in torch.autograd.grad(loss, common)]) for loss in losses])
    wanted = rate * (rows @ rows.T) / torch.stack(losses)[None, :]
    # Losses are summed in single precision.
    assert torch.tensor(found.affinities) == pytest.approx(wanted.detach().float(), rel=0.02, abs=5e-7)


def test_cosines_come_level_by_level(make_trainer):
    trainer = make_trainer(["sentiment", "topic"], per_device_train_batch_size=12)
    (batch,) = first_batches(trainer)
    model = trainer.model.eval()
    found = AffinityProbe(model, 0.1).measure([batch], 1)
    assert list(found.levels) == ["embeddings", "1", "2"]
    layer = list(model.encoder.encoder.layer[1].parameters())
    rows = [
        torch.cat([each.reshape(-1) for each in torch.autograd.grad(loss_of(model, batch, name), layer)])
        for name in found.tasks
    ]
    wanted = float(torch.cosine_similarity(*rows, dim=0))
    assert found.levels["2"][0][1] == found.levels["2"][1][0] == pytest.approx(wanted, abs=2e-4)
    assert found.levels["2"][0][0] == pytest.approx(1)


def draws(module, given):
    """What a model might do at any time."""
    torch.rand(3)


def losses(said):
    return [(event.step, event.task, event.split, event.loss) for event in of(said, events.Loss)]


def test_a_run_that_is_probed_is_the_same_run(make_trainer, train):
    settings = {"max_steps": 6, "eval_steps": 3, "per_device_train_batch_size": 12}
    probed = with_dropout(make_trainer(list(TASKS), affinity_steps=2, **settings))
    plain = with_dropout(make_trainer(list(TASKS), **settings))
    said, silent = train(probed)[0], train(plain)[0]
    assert [event.step for event in of(said, events.Affinity)] == [1, 3, 5]
    assert not of(silent, events.Affinity)
    assert losses(said) == losses(silent)
    assert len({loss for *_, loss in losses(said)}) > 20
    theirs = plain.model.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in probed.model.state_dict().items())


def test_a_probe_leaves_gradients_modes_and_chance_alone(make_trainer):
    trainer = with_dropout(make_trainer(list(TASKS), per_device_train_batch_size=12))
    batches = first_batches(trainer)
    trainer.model.train()
    trainer.model.register_forward_pre_hook(draws)
    kept, chance = copy.deepcopy(trainer.model.state_dict()), torch.get_rng_state()
    first = trainer.look_ahead(batches)
    assert all(each.grad is None for each in trainer.model.parameters())
    assert trainer.model.training and torch.equal(torch.get_rng_state(), chance)
    assert all(torch.equal(value, kept[name]) for name, value in trainer.model.state_dict().items())
    assert trainer.look_ahead(batches) == first  # without dropout nothing is left to chance


def test_a_step_of_no_length_changes_nothing(make_trainer):
    """Both losses are measured alike: a model in training would drop other features before than after."""
    trainer = with_dropout(make_trainer(list(TASKS), per_device_train_batch_size=12))
    trainer.model.train()
    found = AffinityProbe(trainer.model, 0.0).measure(first_batches(trainer), 1)
    assert {value for row in found.affinities for value in row} == {0.0}


def test_one_task_has_no_affinity(make_trainer, train):
    said, _, _ = train(make_trainer(["topic"], max_steps=2, affinity_steps=1))
    assert not of(said, events.Affinity)
    (started,) = of(said, events.RunStarted)
    assert started.affinity_steps == 1


def test_a_wholly_frozen_encoder_has_nothing_to_try(make_trainer):
    trainer = make_trainer(["topic", "stars"], parts={"encoder": {"freeze_layers": 2}})
    assert trainer.look_ahead(first_batches(trainer)) is None


def test_a_loss_that_is_not_finite_leaves_holes(make_trainer):
    trainer = make_trainer(["sentiment", "question_type"], per_device_train_batch_size=12)
    with torch.no_grad():
        next(trainer.model.heads["question_type"].parameters()).fill_(float("nan"))
    found = trainer.look_ahead(first_batches(trainer))
    at, broken = found.tasks.index("sentiment"), found.tasks.index("question_type")
    assert found.affinities[at][at] is not None
    assert [found.affinities[at][broken], *found.affinities[broken]] == [None, None, None]


@pytest.mark.parametrize("tasks", [("sentiment", "topic", "stars"), ("sentiment", "relation", "question_type")])
def test_a_probe_costs_what_it_says(make_trainer, tasks):
    trainer = make_trainer(list(tasks), per_device_train_batch_size=12)
    trainer.model.train()
    batches = next(batches for batches in islice(trainer.batches(), 20) if sum(len(b.labels) for b in batches) == 3)

    def flops(call):
        with FlopCounterMode(display=False) as counter:
            call()
        return counter.get_total_flops()

    def forward(batch):
        with torch.no_grad():
            trainer.model(batch)

    forwards = {batch.source: flops(lambda batch=batch: forward(batch)) for batch in batches}
    every = sum(forwards.values())
    backwards = sum(2 * forwards[batch.source] * len(batch.labels) for batch in batches)
    assert flops(lambda: trainer.look_ahead(batches)) <= 1.05 * ((3 + 2) * every + backwards)
