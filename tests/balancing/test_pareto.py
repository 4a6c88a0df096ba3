"""The toy of two tasks and two parameters on which balancers are usually drawn.

From `Conflict-Averse Gradient Descent <https://arxiv.org/abs/2110.14048>`_ (NeurIPS 2021, figure 1): above y = 0 each
task has a narrow valley that ends in a cliff, below it a bowl; the Pareto front is a line at the bowls' bottom.

K starts
"""

import numpy as np
import pytest
import torch

from mtl.balancing.balancer import Seen, View
from tests.balancing.making import NAMES, make

STARTS = np.array([(-8.5, 7.5), (0.0, 0.0), (9.0, 9.0), (-7.5, -0.5), (9.0, -1.0)])
STEPS, RATE = 1000, 0.03


def toy(places):
    """Losses ``[K, 2]`` and their gradients ``[K, 2, 2]`` at places ``[K, 2]``."""
    x, y = places.T
    rise, fall = np.tanh(y / 2), np.tanh(-y / 2)
    above, below = np.maximum(rise, 0), np.maximum(fall, 0)
    slope_above, slope_below = (1 - rise**2) / 2 * (y >= 0), -(1 - fall**2) / 2 * (y <= 0)
    losses, gradients = [], []
    for side, shift in ((-1, -3.5), (1, 3.5)):
        depth = -x / 2 + shift + np.tanh(y)
        inside = np.maximum(np.abs(depth), 5e-6)
        steep = np.where(np.abs(depth) > 5e-6, 1 / np.where(depth == 0, 1, depth), 0)
        valley = np.log(inside) + 6
        bowl = ((side * 7 + x) ** 2 + 0.1 * (y + 8) ** 2) / 10 - 20
        losses.append(above * valley + below * bowl)
        by_x = above * steep * -0.5 + below * (side * 7 + x) / 5
        by_y = slope_above * valley + above * steep * (1 - np.tanh(y) ** 2) + slope_below * bowl + below * (y + 8) / 50
        gradients.append(np.stack([by_x, by_y], 1))
    return np.stack(losses, 1), np.stack(gradients, 1)


def descend(name, starts):
    """Where Adam arrives from each start with this balancer, ``[K, 2]``."""
    places = torch.nn.Parameter(torch.tensor(starts))
    optimizer = torch.optim.Adam([places], lr=RATE)
    balancers = [make(name, 2) for _ in starts]
    names = NAMES[:2]
    for _ in range(STEPS):
        losses, jacobians = map(torch.tensor, toy(places.detach().numpy()))
        views = [View(names, loss.float(), rows @ rows.T, "here") for loss, rows in zip(losses, jacobians, strict=True)]
        weights = [balancer.weights(view).double() for balancer, view in zip(balancers, views, strict=True)]
        places.grad = torch.stack([weight @ rows for weight, rows in zip(weights, jacobians, strict=True)])
        optimizer.step()
        after = torch.tensor(toy(places.detach().numpy())[0]).float()
        for at, balancer in enumerate(balancers):
            norms = jacobians[at].norm(dim=1).float()
            balancer.learn(Seen(list(names), losses[at].float(), norms, after[at]))
    return places.detach().numpy()


def is_on_the_front(place):
    """At a point of the front some mean of both gradients vanishes, and both tasks pull along it."""
    _, (first, second) = (each[0] for each in toy(place[None]))
    share = np.clip(((second - first) @ second) / max(((second - first) ** 2).sum(), 1e-12), 0, 1)
    return bool(np.linalg.norm(share * first + (1 - share) * second) < 0.1 and abs(place[0]) < 7.3 and place[1] < -6)


def test_the_gradients_of_the_toy_are_those_of_its_losses():
    places = np.array([(-8.5, 7.5), (1.0, 2.0), (3.0, -1.0), (-4.0, -6.0)])
    _, gradients = toy(places)
    for axis in range(2):
        step = np.zeros(2)
        step[axis] = 1e-6
        slope = (toy(places + step)[0] - toy(places - step)[0]) / 2e-6
        np.testing.assert_allclose(gradients[:, :, axis], slope, rtol=1e-5, atol=1e-7)


def test_no_start_is_on_the_front_and_its_ends_are():
    assert not any(is_on_the_front(place) for place in STARTS)
    assert is_on_the_front(np.array([6.9, -8.0])) and is_on_the_front(np.array([-6.9, -8.0]))
    assert not is_on_the_front(np.array([9.0, -8.0]))


@pytest.mark.parametrize("name", ["mgda", "imtl_g", "aligned", "uncertainty"])
def test_balancers_reach_the_front_from_every_start(name):
    assert [place.round(2).tolist() for place in descend(name, STARTS) if not is_on_the_front(place)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nash", "fairgrad"])
def test_balancers_that_solve_a_problem_each_step_reach_it_from_both_sides(name):
    assert [place.round(2).tolist() for place in descend(name, STARTS[[0, 2]]) if not is_on_the_front(place)] == []
