"""The form of a run: from its widgets' plain values to a config, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component

from demo.controls import MethodControls
from demo.tabs.layers import LayerChoices
from mtl.runs.config import RunConfig

TRAINING = {
    "training.max_steps": int,
    "training.learning_rate": float,
    "training.head_learning_rate": float,
    "training.per_device_train_batch_size": int,
    "training.max_grad_norm": float,
    "training.max_task_grad_norm": float,
    "training.warmup_ratio": float,
    "training.weight_decay": float,
    "training.conflict_steps": int,
    "training.affinity_steps": int,
    "training.early_stopping_patience": int,
    "training.seed": int,
}
"""The numbers of the training that the form shows, and of which type each is."""
ENCODER, DEPTH, FROZEN = "encoder.name", "encoder.num_hidden_layers", "encoder.freeze_layers"
SELECTION = "training.model_selection"
TASKS, SCALES, ROWS = "tasks", "tasks.loss_scale", "tasks.max_train_samples"


@dataclass
class Form:
    """The widgets of the form by their place in the config."""

    all_layers: str = "all"
    """What the chooser of the depth calls all layers."""
    widgets: dict[str, Component] = field(default_factory=dict)
    methods: dict[str, MethodControls] = field(default_factory=dict)
    check: gr.HTML | None = None
    """Where the encoder and the machine are checked: no part of a config."""

    def add(self, place: str, widget: Component) -> None:
        """Takes a widget in under its place."""
        self.widgets[place] = widget

    def add_methods(self, controls: MethodControls) -> None:
        """Takes a chooser and all its options in."""
        self.methods[controls.where] = controls
        for place, widget in controls.parts().items():
            self.add(place, widget)

    @property
    def components(self) -> list[Component]:
        """All widgets, in a fixed order."""
        return list(self.widgets.values())

    @property
    def followers(self) -> list[Component | gr.Column]:
        """What changes with the chosen methods, in a fixed order."""
        return [follower for controls in self.methods.values() for follower in controls.followers]

    def read(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """The widgets' values as a config's plain values, unchecked: ``RunConfig.from_dict`` refuses the impossible."""
        found = dict(zip(self.widgets, values, strict=True))
        config: dict[str, Any] = {"tasks": _tasks(found), "sources": _sources(found)}
        config["encoder"] = {
            "name": _trimmed(found[ENCODER]),
            "num_hidden_layers": found[DEPTH] or None,
            "freeze_layers": found[FROZEN],
        }
        for where, controls in self.methods.items():
            name = found[f"{where}.name"]
            places = {option: f"{where}.{method}.{option}" for method, option in controls.options if method == name}
            options = {option: _plain(found[place]) for option, place in places.items()}
            config[where] = {"name": name, "options": _ticked(options, found)}
        whole = {place for place, kind in TRAINING.items() if kind is int}
        config["training"] = {
            place.partition(".")[2]: _integer(found[place]) if place in whole else found[place] for place in TRAINING
        } | {"model_selection": found[SELECTION]}
        return config

    def write(self, config: Mapping[str, Any]) -> list[Any]:
        """The value of every widget that shows this config, then the update of every follower."""
        plain = RunConfig.from_dict(config).to_dict()
        values = {f"{part}.{key}": value for part in ("encoder", "training") for key, value in plain[part].items()}
        values[DEPTH], values[FROZEN] = self.fit_layers(values[ENCODER], values[DEPTH], values[FROZEN])
        values[TASKS] = {"tasks": [task["name"] for task in plain["tasks"]], "own": own_tasks(plain)}
        for place, field_name, usual in ((SCALES, "loss_scale", 1.0), (ROWS, "max_train_samples", None)):
            numbers = {task["name"]: task[field_name] for task in plain["tasks"] if task[field_name] != usual}
            values[place] = {"numbers": numbers}
        for where, controls in self.methods.items():
            chosen = plain[where]
            values[f"{where}.name"] = chosen["name"]
            for (method, option), widget in controls.options.items():
                place = f"{where}.{method}.{option}"
                known = chosen["options"] if method == chosen["name"] else {}
                values[place] = _shown(widget, known.get(option))
        shown = [update for where, controls in self.methods.items() for update in controls.shown(plain[where]["name"])]
        return [values[place] for place in self.widgets] + shown

    def fit_layers(self, encoder: object, depth: object, frozen: object) -> list[Any]:
        """What may be chosen as depth and as frozen layers of this encoder; what no longer fits falls back."""
        return LayerChoices.fitting(encoder, depth, frozen).updates(self.all_layers)

    def place(self, field_name: str) -> tuple[str | None, str | None]:
        """The widget that a ConfigError's field means, and of which task the number is, where it says so."""
        where, _, rest = field_name.partition(".")
        if where in self.methods and rest:
            option, _, task = rest.partition(".")
            places = (f"{where}.{method}.{known}" for method, known in self.methods[where].options if known == option)
            return next(places, None), task or None
        return (field_name if field_name in self.widgets else None), None


def _shown(widget: Component, value: Any) -> Any:
    """What an option's widget shows for a value; without one, its default."""
    if isinstance(widget, gr.HTML):
        return {"numbers": dict(value or {})}
    return widget.value if value is None else value


def _tasks(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ticked tasks with what is set for each."""
    scales, rows, own = found[SCALES]["numbers"], found[ROWS]["numbers"], _own(found)
    tasks = []
    for name in found[TASKS]["tasks"]:
        task: dict[str, Any] = {"name": name}
        if scales.get(name) is not None:
            task["loss_scale"] = scales[name]
        if rows.get(name) is not None:
            task["max_train_samples"] = _integer(rows[name])
        if name in own:
            task["spec"] = own[name].get("spec")
        tasks.append(task)
    return tasks


def _own(found: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The visitor's own tasks among the ticked ones: what each is (``spec``), and its ``source``."""
    records = found[TASKS].get("own")
    records = [each for each in records if isinstance(each, Mapping)] if isinstance(records, list) else []
    named = {each["spec"].get("name"): each for each in records if isinstance(each.get("spec"), Mapping)}
    return {name: named[name] for name in found[TASKS]["tasks"] if name in named}


def _sources(found: Mapping[str, Any]) -> list[Any]:
    """Each source of the visitor's own tasks once."""
    sources: list[Any] = []
    for record in _own(found).values():
        if record.get("source") not in sources:
            sources.append(record.get("source"))
    return sources


def own_tasks(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A config's tasks that are neither shipped nor of the catalogue, each with its source, as the cards keep them."""
    sources = {source["name"]: source for source in config["sources"]}
    specs = [task["spec"] for task in config["tasks"] if task["spec"] is not None]
    return [{"spec": spec, "source": sources[spec["source"]]} for spec in specs if spec["source"] in sources]


def _ticked(options: dict[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The options without numbers for tasks that are not part of the run."""
    ticked = set(found[TASKS]["tasks"])
    return {
        name: {task: number for task, number in value.items() if task in ticked} if isinstance(value, dict) else value
        for name, value in options.items()
    }


def _plain(value: Any) -> Any:
    """An option's value: of a number for each task only those that were typed."""
    if isinstance(value, dict) and "numbers" in value:
        return {task: number for task, number in value["numbers"].items() if number is not None}
    return value


def _trimmed(name: Any) -> Any:
    """A name that was typed or pasted, without blank ends."""
    return name.strip() if isinstance(name, str) else name


def _integer(value: Any) -> Any:
    """A whole number as int; anything else as it is, to be refused with the value found."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
