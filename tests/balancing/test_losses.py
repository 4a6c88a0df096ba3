"""Balancers that read losses or lengths: weights are derivatives of their formula, and what they learn."""

import math

import pytest
import torch

from mtl.balancing.balancer import Seen, View
from tests.balancing.making import ALWAYS, LOSSES, NAMES, make

LOSS = torch.tensor([0.5, 2.0, 1.25])


def seen(losses, norms=None, after=None):
    return Seen(NAMES[: len(losses)], losses, torch.ones(len(losses)) if norms is None else norms, after)


def weights(balancer, losses, names=NAMES):
    return balancer.weights(View(names[: len(losses)], losses))


FORMULAS = {
    "uncertainty": torch.ones(3),  # e^(−0)
    "imtl_l": torch.ones(3),
    "log_loss": 1 / LOSS,
    "geometric": LOSS.prod() ** (1 / 3) / LOSS,
    "dwa": torch.ones(3),
    "famo": 3 * (1 / LOSS) / (1 / LOSS).sum(),
    "stch": LOSS.mean() / LOSS,
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_first_weights_are_those_of_the_formula(name):
    torch.testing.assert_close(weights(make(name, 3), LOSS), FORMULAS[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["log_loss", "geometric", "famo", "stch"])
def test_units_do_not_change_what_a_task_does(name):
    scale = torch.tensor([1.0, 100.0, 1.0])
    plain, scaled = weights(make(name, 3), LOSS), weights(make(name, 3), LOSS * scale)
    pulled = scaled * scale  # the weight of the gradient in its old units
    torch.testing.assert_close(pulled / pulled.sum(), plain / plain.sum(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "sign"), [("uncertainty", -1), ("imtl_l", 1)])
def test_learnt_weights_go_to_the_inverse_of_the_loss(name, sign):
    balancer = make(name, 3, learning_rate=0.1)
    for _ in range(400):
        weights(balancer, LOSS)
        balancer.learn(seen(LOSS))
    torch.testing.assert_close(weights(balancer, LOSS), 1 / LOSS, rtol=0.02, atol=0)
    (number,) = balancer.scalarizer.parameters()
    torch.testing.assert_close(number.detach(), -sign * LOSS.log(), rtol=0.03, atol=0.02)


def test_the_worst_task_counts_most():
    balancer = make("stch", 3, mu=0.05)
    weights(balancer, torch.ones(3))
    found = weights(balancer, torch.tensor([0.2, 0.9, 0.3]))
    assert found[1] > 2.9
    assert float(found.sum()) == pytest.approx(3, rel=1e-4)


def test_the_task_that_learns_slower_gets_more_after_two_windows():
    balancer = make("dwa", 2, window=2, temperature=0.5)
    for step in range(4):
        found = weights(balancer, torch.tensor([1.0, 1.0 / (1 + step)]))
        assert found.tolist() == [1, 1]
        balancer.learn(seen(LOSS[:2]))
    found = weights(balancer, torch.ones(2))
    rates = torch.tensor([1.0, (1 / 3 + 1 / 4) / (1 + 1 / 2)])
    torch.testing.assert_close(found, 2 * (rates / 0.5).softmax(0))


def test_famo_gives_more_to_the_task_whose_loss_fell_least():
    balancer = make("famo", 2)
    before = torch.ones(2)
    for _ in range(20):
        weights(balancer, before)
        balancer.learn(seen(before, after=torch.tensor([0.99, 0.5])))
    found = weights(balancer, before)
    assert found[0] > found[1]
    still = make("famo", 2, gamma=0.0)
    weights(still, before)
    still.learn(seen(before, after=0.9 * before))
    torch.testing.assert_close(weights(still, before), torch.ones(2), rtol=1e-4, atol=1e-4)


def test_lengths_are_made_alike_and_slow_tasks_get_longer_ones():
    balancer = make("gradnorm", 2, alpha=0.0, learning_rate=0.05, warmup=1)
    lengths = torch.tensor([1.0, 4.0])
    for _ in range(300):
        balancer.learn(seen(torch.ones(2), lengths))
    found = weights(balancer, torch.ones(2))
    torch.testing.assert_close(found * lengths, torch.full((2,), 1.6), rtol=0.06, atol=0)
    slow = make("gradnorm", 2, alpha=1.5, learning_rate=0.05, warmup=1)
    slow.learn(seen(torch.ones(2), torch.ones(2)))
    for _ in range(300):
        slow.learn(seen(torch.tensor([0.9, 0.3]), torch.ones(2)))
    found = weights(slow, torch.ones(2))
    target = torch.tensor([1.5, 0.5]) ** 1.5  # the weights sum to 2, the targets to 2.19
    assert float((found - target).abs().sum()) == pytest.approx(0.19, abs=0.02)


@pytest.mark.parametrize("name", [*LOSSES, *ALWAYS])
@pytest.mark.parametrize(
    "losses", [torch.zeros(3), torch.tensor([1e9, 1e-12, 1.0]), torch.tensor([-1.0, 0.5, 2.0])], ids=str
)
def test_whatever_the_losses_are_the_weights_are_finite(name, losses):
    balancer = make(name, 3)
    for _ in range(3):
        found = weights(balancer, losses)
        assert found.isfinite().all()
        assert not found.requires_grad
        balancer.learn(seen(losses, after=losses))


@pytest.mark.parametrize("name", LOSSES)
def test_a_task_that_is_not_in_the_step_counts_with_its_last_loss(name):
    whole, partly = make(name, 3), make(name, 3)
    for balancer in (whole, partly):
        weights(balancer, LOSS)
    wanted = weights(whole, LOSS)
    found = partly.weights(View(["a", "c"], LOSS[[0, 2]]))
    torch.testing.assert_close(found, wanted[[0, 2]])


@pytest.mark.parametrize("name", ["uncertainty", "imtl_l", "dwa", "famo", "gradnorm", "stch"])
def test_what_is_learnt_is_saved_and_goes_on_as_if_nothing_had_been(name):
    options = {"dwa": {"window": 2}, "gradnorm": {"warmup": 2}}.get(name, {})
    whole = make(name, 3, **options)
    losses = [LOSS * (1 + 0.3 * torch.sin(torch.arange(3.0) + step)) for step in range(10)]

    def go(balancer, part):
        found = []
        for each in part:
            found.append(weights(balancer, each).tolist())
            balancer.learn(seen(each, norms=each, after=0.9 * each**1.1))
        return found

    go(whole, losses[:5])
    again = make(name, 3, **options)
    again.load_state_dict(whole.state_dict())
    wanted = go(whole, losses[5:])
    assert go(again, losses[5:]) == wanted
    assert go(make(name, 3, **options), losses[5:]) != wanted


def test_random_weights_sum_to_the_number_of_tasks_and_follow_the_seed():
    torch.manual_seed(3)
    first = [weights(make("random", 3), LOSS) for _ in range(5)]
    torch.manual_seed(3)
    assert [each.tolist() for each in first] == [weights(make("random", 3), LOSS).tolist() for _ in range(5)]
    assert all(float(each.sum()) == pytest.approx(3) for each in first)
    assert len({tuple(each.tolist()) for each in first}) == 5
    assert math.isclose(float(torch.stack(first).mean()), 1, rel_tol=1e-5)
