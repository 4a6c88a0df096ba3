"""Widgets made from the options that a method declares: a number, a choice, a switch, or a number for each task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from demo.live import block
from demo.text import Text
from mtl.runs.options import Method, Option


@dataclass(frozen=True)
class MethodControls:
    """A chooser of methods and the widgets of each method's options."""

    where: str
    """The field of the config: ``balancer``, ``sharing``."""
    chooser: gr.Dropdown
    groups: Mapping[str, gr.Column]
    """Of each method that has options: what holds its widgets."""
    options: Mapping[tuple[str, str], Component]
    """(method, option) → widget."""

    def parts(self) -> dict[str, Component]:
        """All widgets by their place in the config, the chooser under ``<where>.name``."""
        named = {f"{self.where}.{method}.{option}": widget for (method, option), widget in self.options.items()}
        return {f"{self.where}.name": self.chooser, **named}

    def shown(self, name: str) -> list[Any]:
        """The update of every group when this method is chosen."""
        return [gr.Column(visible=name == method) for method in self.groups]

    def wire(self, **settings: Any) -> None:
        """Shows the options of a method when it is chosen by hand."""

        def show(name: str) -> Any:
            updates = self.shown(name)
            return updates if len(updates) > 1 else updates[0]

        if self.groups:
            self.chooser.input(show, self.chooser, list(self.groups.values()), **settings)


def method_chooser(where: str, table: Mapping[str, Method], default: str, text: Text) -> gr.Dropdown:
    """The chooser of a table's methods; ``where`` is ``balancer``, ``sharing`` or ``sampling``."""
    words = {"balancer": text.balancers, "sharing": text.sharing, "sampling": text.sampling}[where]
    label = {"balancer": text.setup.balancer, "sharing": text.setup.sharing, "sampling": text.setup.sampling}[where]
    choices = [(text.named(words, name), name) for name in table]
    return gr.Dropdown(
        choices, value=default, label=label, interactive=True, elem_id=where, elem_classes="field", filterable=False
    )


def method_controls(where: str, table: Mapping[str, Method], chooser: gr.Dropdown, text: Text) -> MethodControls:
    """The chooser together with the options of every method, those of the chosen one visible."""
    groups, options = {}, {}
    for name, method in table.items():
        if not method.options:
            continue
        with gr.Column(visible=name == chooser.value, elem_classes="options") as groups[name]:
            for option in method.options:
                options[name, option.name] = option_widget(name, option, text)
    return MethodControls(where, chooser, groups, options)


def option_widget(method: str, option: Option, text: Text) -> Component:
    """The widget of one option, at its default."""
    label = text.named(text.options, f"{method}.{option.name}")
    if option.kind == "per_task":
        return per_task(f"{method}_{option.name}", label, empty="1")
    if option.kind == "choice":
        choices = [(text.named(text.options, choice), choice) for choice in option.choices]
        return gr.Dropdown(choices, value=option.default, label=label, interactive=True, elem_classes="field")
    if option.kind == "switch":
        return gr.Checkbox(value=option.default, label=label, interactive=True)
    return gr.Number(option.default, label=label, interactive=True, elem_classes="field")


def per_task(elem_id: str, title: str, *, empty: str) -> gr.HTML:
    """A number for each task; ``empty`` is what an empty field means."""
    return block("pertask", {"numbers": {}}, elem_id=elem_id, events=("edit",), title=title, empty=empty)
