"""Which share of a step's texts each source gets: the formulas."""

import math
import random
from itertools import pairwise

import pytest

from mtl.assembly import build_sampler, check
from mtl.errors import ConfigError
from mtl.runs.config import Choice, RunConfig
from mtl.training.sampling import (
    SAMPLING,
    Annealed,
    Capped,
    Proportional,
    Temperature,
    Uniform,
    Weighted,
    source_weights,
)

ROWS = {"a": 300, "b": 100, "c": 600}


def normal(**rates):
    total = sum(rates.values())
    return pytest.approx({name: rate / total for name, rate in rates.items()}, rel=1e-12)


def test_every_row_counts_the_same():
    assert Proportional().shares(ROWS) == pytest.approx({"a": 0.3, "b": 0.1, "c": 0.6})


def test_the_formulas():
    assert Temperature(5).shares(ROWS) == normal(a=300**0.2, b=100**0.2, c=600**0.2)
    assert Uniform().shares(ROWS) == normal(a=1, b=1, c=1)
    assert Capped(250).shares(ROWS) == normal(a=250, b=100, c=250)
    assert Weighted({"a": 3.0, "c": 0.5}).shares(ROWS) == normal(a=900, b=100, c=300)
    assert Weighted({"b": 2.0}, temperature=2).shares(ROWS) == normal(a=300**0.5, b=20, c=600**0.5)
    for progress, alpha in ((0.0, 1.0), (0.25, 0.75), (1.0, 0.0)):
        wanted = normal(**{name: size**alpha for name, size in ROWS.items()})
        assert Annealed().shares(ROWS, progress) == wanted
    assert Annealed(0.2).shares(ROWS, 1.0) == normal(**{name: size**0.2 for name, size in ROWS.items()})


def test_the_ends_meet():
    """What the methods have in common where their options are at an end."""
    proportional, uniform = Proportional().shares(ROWS), Uniform().shares(ROWS)
    same = (Temperature(1), Capped(600), Weighted(), Annealed(1.0))
    assert all(sampler.shares(ROWS) == pytest.approx(proportional) for sampler in same)
    assert Annealed().shares(ROWS, 0.0) == pytest.approx(proportional)
    assert Annealed().shares(ROWS, 1.0) == pytest.approx(uniform)
    assert Capped(1).shares(ROWS) == pytest.approx(uniform)
    assert Temperature(100).shares(ROWS) == pytest.approx(uniform, abs=0.01)


@pytest.mark.parametrize("name", SAMPLING)
def test_shares_are_shares_and_larger_sources_never_get_less(name):
    rng, sampler = random.Random(0), build_sampler(Choice(name), {})
    for _ in range(200):
        rows = {str(number): rng.randint(1, 10 ** rng.randint(0, 7)) for number in range(rng.randint(1, 24))}
        shares = sampler.shares(rows, rng.random())
        assert sum(shares.values()) == pytest.approx(1)
        assert all(share > 0 for share in shares.values())
        order = sorted(rows, key=rows.__getitem__)
        assert all(shares[a] <= shares[b] * (1 + 1e-9) for a, b in pairwise(order))


def test_a_source_weighs_the_mean_of_its_tasks_unless_it_is_named():
    members = {"texts": ["topic", "stars"], "pairs": ["relation"], "questions": ["question_type"]}
    assert source_weights({"topic": 3.0, "relation": 2.0}, members) == {"texts": 2.0, "pairs": 2.0, "questions": 1.0}
    assert source_weights({"topic": 3.0, "texts": 0.5}, members) == {"texts": 0.5, "pairs": 1.0, "questions": 1.0}
    sampler = build_sampler(Choice("weighted", {"weights": {"relation": 2.0}}), members)
    assert sampler.shares({"texts": 10, "pairs": 10, "questions": 10}) == normal(texts=1, pairs=2, questions=1)


@pytest.mark.parametrize(
    ("sampling", "field"),
    [
        ("nonsense", "sampling"),
        ({"name": "temperature", "options": {"temperature": 0.5}}, "sampling.temperature"),
        ({"name": "temperature", "options": {"temperature": math.nan}}, "sampling.temperature"),
        ({"name": "capped", "options": {"cap": 0}}, "sampling.cap"),
        ({"name": "annealed", "options": {"end": 1.5}}, "sampling.end"),
        ({"name": "uniform", "options": {"cap": 3}}, "sampling.options"),
        ({"name": "weighted", "options": {"weights": {"topic": 0}}}, "sampling.weights.topic"),
        ({"name": "weighted", "options": {"weights": {"relation": 2}}}, "sampling.weights"),
        ({"name": "weighted", "options": {"weights": {"pairs": 2}}}, "sampling.weights"),
    ],
    ids=str,
)
def test_impossible_options_are_refused(sampling, field):
    with pytest.raises(ConfigError) as caught:
        check(RunConfig.from_dict({"tasks": ["topic", "stars"], "sampling": sampling}))
    assert caught.value.details["field"] == field


def test_tasks_and_sources_may_be_weighed():
    weights = {"topic": 2.0, "texts": 3.0}
    check(RunConfig.from_dict({"tasks": ["topic"], "sampling": {"name": "weighted", "options": {"weights": weights}}}))
