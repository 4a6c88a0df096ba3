"""Declared options: what they may be, and what they are by default."""

import math

import pytest

from mtl.balancing import BALANCERS
from mtl.errors import ConfigError
from mtl.runs.config import Choice
from mtl.runs.options import Method, Option, find
from mtl.sharing import SHARING
from mtl.tasks import TASK_KINDS
from mtl.training.sampling import SAMPLING

METHOD = Method(
    lambda: dict,
    (
        Option("c", "number", 0.5, low=0.0, high=1.0),
        Option("free", "number", 1.0),
        Option("form", "choice", "a", choices=("a", "b")),
        Option("on", "switch", True),
        Option("weights", "per_task", {}, low=0.0, high=10.0),
    ),
)


def test_options_that_are_not_given_take_their_defaults():
    given = METHOD.check("balancer", Choice("m", {"c": 0.25, "form": "b"}))
    assert given == {"c": 0.25, "free": 1.0, "form": "b", "on": True, "weights": {}}


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        *(("c", value, "balancer.c") for value in (-0.1, 1.1, math.nan, math.inf, 10**400, True, "0.5", None, [])),
        *(("free", value, "balancer.free") for value in (math.nan, math.inf, -math.inf)),
        *(("form", value, "balancer.form") for value in ("c", "", 1, None, [], {})),
        *(("on", value, "balancer.on") for value in (1, 0, "true", None)),
        *(("weights", value, "balancer.weights") for value in (1, [1], None, "x")),
        *(("weights", {"topic": value}, "balancer.weights.topic") for value in (-1, 11, math.nan, "1", None, True)),
        ("colour", 1, "balancer.options"),
    ],
    ids=str,
)
def test_an_impossible_option_is_refused_by_name(option, value, field):
    with pytest.raises(ConfigError) as caught:
        METHOD.check("balancer", Choice("m", {option: value}))
    assert caught.value.details["field"] == field


def test_a_name_that_is_not_in_the_table_is_refused_with_those_that_are():
    with pytest.raises(ConfigError, match="equal") as caught:
        find(BALANCERS, "balancer", Choice("magic"))
    assert caught.value.details["found"] == "magic"
    assert find(BALANCERS, "balancer", Choice("equal")) is BALANCERS["equal"]


@pytest.mark.parametrize(
    "table", [BALANCERS, SHARING, SAMPLING, TASK_KINDS], ids=["balancers", "sharing", "sampling", "kinds"]
)
def test_every_method_of_the_tables_loads_and_has_possible_defaults(table):
    for name, method in table.items():
        assert isinstance(method.load(), type)
        method.check(name, Choice(name))
