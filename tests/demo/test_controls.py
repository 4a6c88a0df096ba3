"""Widgets made from what a method declares, and what it does in words."""

from dataclasses import replace

import gradio as gr
import pytest

from demo.controls import method_chooser, method_controls, option_widget
from demo.text.en import EN
from mtl.balancing import BALANCERS
from mtl.runs.options import Option
from mtl.sharing import SHARING
from mtl.training.sampling import SAMPLING

pytestmark = pytest.mark.usefixtures("unlaid")

TABLES = {"sampling": SAMPLING, "balancer": BALANCERS, "sharing": SHARING}


def controls_of(where, text=EN):
    table = TABLES[where]
    return method_controls(where, table, method_chooser(where, table, next(iter(table)), text), text)


@pytest.mark.parametrize("where", TABLES)
def test_every_table_has_a_hint_that_follows_the_choice(where):
    controls = controls_of(where)
    assert controls.hint.value == {"note": f"{where}.{next(iter(TABLES[where]))}"}
    for name, method in TABLES[where].items():
        hint, *groups = controls.shown(name)
        assert hint == {"note": f"{where}.{name}"}
        shown = [known for known, group in zip(controls.groups, groups, strict=True) if group.visible]
        assert shown == ([name] if method.options else [])
    assert len(controls.followers) == len(controls.shown(name))


def test_a_quiet_table_is_silent_about_the_usual_method_only():
    chooser = method_chooser("balancer", BALANCERS, "equal", EN)
    assert method_controls("balancer", BALANCERS, chooser, EN, quiet=True).hint.props["silent"] == "balancer.equal"
    assert controls_of("balancer").hint.props["silent"] == ""


def test_an_option_is_explained_where_it_is_set():
    controls = controls_of("sampling")
    assert controls.options["capped", "cap"].info == EN.notes["sampling.capped.cap"]
    assert controls.options["weighted", "weights"].props["info"] == EN.notes["sampling.weighted.weights"]


def test_the_same_note_serves_any_table():
    text = replace(EN, notes={**EN.notes, "balancer.fixed.weights": "As you like."})
    assert controls_of("balancer", text).options["fixed", "weights"].props["info"] == "As you like."
    assert controls_of("balancer").options["fixed", "weights"].props["info"] == ""


@pytest.mark.parametrize(
    ("option", "widget"),
    [
        (Option("n", "number", 1), gr.Number),
        (Option("c", "choice", "a", choices=("a", "b")), gr.Dropdown),
        (Option("s", "switch", True), gr.Checkbox),
        (Option("t", "text", "x"), gr.Textbox),
        (Option("p", "per_task", {}), gr.HTML),
    ],
)
def test_every_kind_of_option_has_its_widget(option, widget):
    made = option_widget("sampling.any", option, EN)
    assert type(made) is widget
    if option.kind != "per_task":
        assert made.value == option.default
