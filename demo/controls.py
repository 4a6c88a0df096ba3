"""Widgets made from the options that a method declares: a number, a choice, a switch, a text, a number for each task.

What a method and its options do is told where ``Text.notes`` has a sentence of their name: ``sampling.capped.cap``.
"""

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
    """A chooser of methods, what the chosen one does, and the widgets of each method's options."""

    where: str
    """The field of the config: ``balancer``, ``sharing``."""
    chooser: gr.Dropdown
    hint: gr.HTML
    groups: Mapping[str, gr.Column]
    """Of each method that has options: what holds its widgets."""
    options: Mapping[tuple[str, str], Component]
    """(method, option) → widget."""

    def parts(self) -> dict[str, Component]:
        """All widgets by their place in the config, the chooser under ``<where>.name``."""
        named = {f"{self.where}.{method}.{option}": widget for (method, option), widget in self.options.items()}
        return {f"{self.where}.name": self.chooser, **named}

    @property
    def followers(self) -> list[Component | gr.Column]:
        """What changes with the chosen method: the hint, then every group."""
        return [self.hint, *self.groups.values()]

    def shown(self, name: str) -> list[Any]:
        """The update of every follower when this method is chosen."""
        return [_note(self.where, name), *(gr.Column(visible=name == method) for method in self.groups)]

    def wire(self, **settings: Any) -> None:
        """Shows what a method does, and its options, when it is chosen by hand."""

        def show(name: str) -> Any:
            updates = self.shown(name)
            return updates if len(updates) > 1 else updates[0]

        self.chooser.input(show, self.chooser, self.followers, **settings)


def method_chooser(where: str, table: Mapping[str, Method], default: str, text: Text) -> gr.Dropdown:
    """The chooser of a table's methods; ``where`` is ``balancer``, ``sharing`` or ``sampling``."""
    words = {"balancer": text.balancers, "sharing": text.sharing, "sampling": text.sampling}[where]
    label = {"balancer": text.setup.balancer, "sharing": text.setup.sharing, "sampling": text.setup.sampling}[where]
    choices = [(text.named(words, name), name) for name in table]
    return gr.Dropdown(
        choices, value=default, label=label, interactive=True, elem_id=where, elem_classes="field", filterable=False
    )


def method_controls(
    where: str, table: Mapping[str, Method], chooser: gr.Dropdown, text: Text, *, quiet: bool = False
) -> MethodControls:
    """The chooser together with a hint and the options of every method, those of the chosen one visible.

    ``quiet`` says nothing about the usual method: where there is little room, only what is chosen instead is explained.
    """
    note = _note(where, str(chooser.value))
    hint = block("hint", note, elem_id=f"{where}_hint", silent=note["note"] if quiet else "")
    groups, options = {}, {}
    for name, method in table.items():
        if not method.options:
            continue
        with gr.Column(visible=name == chooser.value, elem_classes="options") as groups[name]:
            for option in method.options:
                options[name, option.name] = option_widget(f"{where}.{name}", option, text)
    return MethodControls(where, chooser, hint, groups, options)


def _note(where: str, method: str) -> dict[str, str]:
    """The value of a hint: the name of its sentence."""
    return {"note": f"{where}.{method}"}


def option_widget(method: str, option: Option, text: Text) -> Component:
    """The widget of one option of a method like ``sampling.capped``, at its default."""
    _, _, name = method.partition(".")
    label, info = text.named(text.options, f"{name}.{option.name}"), text.notes.get(f"{method}.{option.name}")
    if option.kind == "per_task":
        return per_task(f"{name}_{option.name}", label, empty="1", info=info or "")
    said: dict[str, Any] = {"label": label, "info": info, "interactive": True, "elem_classes": "field"}
    if option.kind == "choice":
        choices = [(text.named(text.options, choice), choice) for choice in option.choices]
        return gr.Dropdown(choices, value=option.default, **said)
    if option.kind == "switch":
        return gr.Checkbox(value=option.default, **said)
    if option.kind == "text":
        return gr.Textbox(option.default, **said)
    return gr.Number(option.default, **said)


def per_task(elem_id: str, title: str, *, empty: str, info: str = "") -> gr.HTML:
    """A number for each task; ``empty`` is what an empty field means, ``info`` what the numbers do."""
    return block("pertask", {"numbers": {}}, elem_id=elem_id, events=("edit",), title=title, empty=empty, info=info)
