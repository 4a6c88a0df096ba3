"""How a step's texts are split among the sources."""

import random
from itertools import pairwise

import pytest

from mtl.training.sampling import SAMPLING, Mixture, Proportional


def test_every_row_counts_the_same():
    shares = Proportional().shares({"a": 300, "b": 100, "c": 600})
    assert shares == pytest.approx({"a": 0.3, "b": 0.1, "c": 0.6})


@pytest.mark.parametrize("name", sorted(SAMPLING))
def test_shares_sum_to_one(name):
    shares = SAMPLING[name].load()().shares({"a": 1, "b": 7_000_000, "c": 13})
    assert sum(shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in shares.values())


def totals_off(shares, batch_size, steps):
    """The furthest that any source's total ever is from its share."""
    mixture, given, worst = Mixture(shares, batch_size), dict.fromkeys(shares, 0), 0.0
    for step in range(1, steps + 1):
        counts = mixture.counts()
        assert sum(counts.values()) == batch_size
        assert all(count > 0 for count in counts.values())
        for name, count in counts.items():
            given[name] += count
        worst = max(worst, *(abs(given[name] - step * batch_size * share) for name, share in shares.items()))
    return worst


@pytest.mark.parametrize("batch_size", [1, 2, 3, 8, 32])
def test_totals_stay_within_one_text_of_the_shares(batch_size):
    rng = random.Random(batch_size)
    for _ in range(60):
        sizes = [rng.random() ** rng.choice((1, 4, 10)) + 1e-6 for _ in range(rng.randrange(1, 24))]
        shares = {str(number): size / sum(sizes) for number, size in enumerate(sizes)}
        assert totals_off(shares, batch_size, 200) < 1 + 1e-6


def test_many_shares_never_add_up_to_more_than_the_batch():
    """Shares found by search, for which going by the largest remainder gives 4 texts in a step of 3."""
    rng = random.Random(3777)
    count, batch_size = rng.randint(2, 24), rng.choice([1, 2, 3, 8, 32])
    power = [rng.random() ** rng.choice([1, 4, 10]) + 1e-6 for _ in range(count)]
    shares = {str(number): size / sum(power) for number, size in enumerate(power)}
    assert totals_off(shares, batch_size, 300) < 1 + 1e-6


def test_a_small_source_comes_when_its_turn_has_come():
    mixture = Mixture({"large": 0.999, "small": 0.001}, 8)
    turns = [step for step in range(1, 1001) if "small" in mixture.counts()]
    assert len(turns) == 8
    assert max(later - earlier for earlier, later in pairwise(turns)) <= 250


def test_even_shares_are_even_in_every_step():
    mixture = Mixture({"a": 0.5, "b": 0.25, "c": 0.25}, 8)
    assert all(mixture.counts() == {"a": 4, "b": 2, "c": 2} for _ in range(1000))
    tenths = Mixture({str(number): 0.1 for number in range(10)}, 10)
    assert all(set(tenths.counts().values()) == {1} for _ in range(1000))
