"""Curves on common axes, differences of configs, and both as CSV that no spreadsheet takes for formulas."""

import csv
import io
import random

import pytest

from mtl.analysis.comparison import compare
from mtl.analysis.overlay import comparison_csv, curves_csv, differences, differences_csv, series
from mtl.analysis.results import Result, Score
from mtl.runs.config import RunConfig

EVENTS = [
    {"type": "phase", "step": 0, "phase": "loading", "t": 1.0},
    {"type": "run_started", "step": 0, "t": 5.0},
    {"type": "loss", "step": 0, "task": "a", "split": "validation", "loss": 3.0, "t": 5.5},
    {"type": "loss", "step": 1, "task": "a", "split": "train", "loss": 2.0, "examples": 32, "t": 6.0},
    {"type": "loss", "step": 1, "task": "b", "split": "train", "loss": None, "examples": 32, "t": 6.0},
    {"type": "optimizer", "step": 2, "examples": 64, "t": 7.0},
    {"type": "loss", "step": 2, "task": "a", "split": "train", "loss": 1.0, "examples": 64, "t": 7.0},
    {"type": "loss", "step": 2, "task": "a", "split": "validation", "loss": 1.5, "t": 8.0},
    {"type": "scores", "step": 2, "task": "a", "split": "validation", "metric": "f", "scores": {"f": 0.25}, "t": 8.0},
    {"type": "scores", "step": 2, "task": "a", "split": "test", "metric": "f", "scores": {"f": 0.5}, "t": 9.0},
]


@pytest.mark.parametrize(
    ("axis", "what", "points"),
    [
        ("steps", "train", [(1, 2.0), (2, 1.0)]),
        ("seconds", "train", [(1, 2.0), (2, 1.0)]),
        ("examples", "train", [(32, 2.0), (64, 1.0)]),
        ("steps", "validation", [(0, 3.0), (2, 1.5)]),
        ("seconds", "validation", [(0.5, 3.0), (3, 1.5)]),
        ("examples", "validation", [(0, 3.0), (64, 1.5)]),
        ("steps", "score", [(2, 0.25)]),
    ],
)
def test_curves_have_the_axis_that_is_asked_for(axis, what, points):
    assert series(EVENTS, axis, what) == {"a": points}


def test_equal_configs_do_not_differ_and_others_differ_where_they_do():
    one = RunConfig.from_dict({"tasks": ["topic", "stars"], "balancer": "pcgrad"}).to_dict()
    assert differences([one, one, one]) == []
    other = RunConfig.from_dict(
        {"tasks": [{"name": "topic", "loss_scale": 2.0}], "balancer": "pcgrad", "training": {"seed": 3},
         "sharing": {"name": "partial", "options": {"shared_layers": 2}}}
    ).to_dict()  # fmt: skip
    found = {row.path: row.values for row in differences([one, other])}
    assert found["training.seed"] == (0, 3)
    assert found["tasks"] == (["topic", "stars"], ["topic"])
    assert found["tasks.topic.loss_scale"] == (1.0, 2.0)
    assert "tasks.stars.loss_scale" not in found, "that only one run has the task is told by its row"
    assert found["sharing.name"] == ("hard", "partial")
    assert found["sharing.options.shared_layers"] == (None, 2)
    assert not [path for path in found if path.startswith(("balancer", "encoder"))]


def test_every_single_change_of_a_number_is_found():
    base = RunConfig().to_dict()
    for field, value in base["training"].items():
        if isinstance(value, int | float):
            changed = {**base, "training": {**base["training"], field: value + 1}}
            assert [(row.path, row.values) for row in differences([base, changed])] == [
                (f"training.{field}", (value, value + 1))
            ]


def read(text):
    return list(csv.reader(io.StringIO(text)))


def test_curves_round_trip_through_csv():
    rows = read(curves_csv({"first": EVENTS}))
    assert rows[0] == ["run", "task", "what", "step", "seconds", "examples", "value"]
    assert rows[1] == ["first", "a", "train", "1", "1.0", "32", "2.0"]
    assert len(rows) == 1 + 2 + 2 + 1


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@sum(a)", "\tx", 'a"b,c', "line\nbreak"])
def test_no_name_becomes_a_formula_or_another_cell(name):
    rows = read(curves_csv({name: EVENTS}))
    assert {row[0] for row in rows[1:]} == {f"'{name}" if name[0] in "=+-@\t" else name}
    rows = read(differences_csv([name, "b"], differences([{"x": name}, {"x": 1}])))
    assert rows[1][1].lstrip("'") == name and rows[1][2] == "1"


def test_a_comparison_round_trips_through_csv():
    draw = random.Random(0)
    sides = [
        [Result("r", seed, {"a": Score("f", draw.random())}, None, None, None, None) for seed in range(3)] for _ in "12"
    ]
    found = compare(*sides)
    header, line, delta = read(comparison_csv(found))
    values = dict(zip(header, line, strict=True))
    assert float(values["difference_low"]) == found.tasks[0].difference.low
    assert float(values["together"]) - float(values["alone"]) == pytest.approx(float(values["difference"]))
    assert values["verdict"] == found.tasks[0].difference.verdict
    assert float(dict(zip(header, delta, strict=True))["difference"]) == found.delta_m.mean
