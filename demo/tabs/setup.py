"""The left column of the Lab: preset, encoder, tasks, sharing, balancer, budget, and what is folded away."""

from typing import Any

import gradio as gr

from demo.controls import method_chooser, method_controls, per_task
from demo.live import block
from demo.presets import PRESETS
from demo.tabs.form import DEPTH, ENCODER, FROZEN, ROWS, SCALES, SELECTION, TASKS, Form
from demo.tabs.layers import LayerChoices
from demo.text import Text
from mtl.balancing import BALANCERS
from mtl.encoders import ENCODERS
from mtl.runs.config import MODEL_SELECTIONS, RunConfig
from mtl.sharing import SHARING
from mtl.training.sampling import SAMPLING


def preset_chooser() -> gr.HTML:
    """All presets, and what to look for in the chosen one."""
    return block("presets", {"chosen": next(iter(PRESETS))}, events=("pick",))


def run_form(text: Text) -> Form:
    """All widgets of a run, at the defaults."""
    words, usual, form = text.setup, RunConfig(), Form(all_layers=text.setup.all_rows)
    encoders = [(text.named(text.encoders, name), name) for name in ENCODERS]
    with gr.Row(elem_classes="pair"):
        encoder = _choice(words.encoder, encoders, usual.encoder.name, "encoder_name", typed=True)
        sharing = method_chooser("sharing", SHARING, usual.sharing.name, text)
    form.add(ENCODER, encoder)
    form.add(TASKS, block("cards", {"tasks": [task.name for task in usual.tasks]}, events=("edit",)))
    with gr.Row(elem_classes="pair"):
        balancer = method_chooser("balancer", BALANCERS, usual.balancer.name, text)
        form.add("training.max_steps", _number(words.budget, usual.training.max_steps, "training_max_steps"))
    form.add_methods(method_controls("sharing", SHARING, sharing, text, quiet=True))
    form.add_methods(method_controls("balancer", BALANCERS, balancer, text, quiet=True))
    with gr.Accordion(words.more, open=False, elem_id="more"):
        _more(form, text)
        form.check = block("check", {"encoder": None}, events=("check",))
    return form


def _more(form: Form, text: Text) -> None:
    """The settings that most runs leave alone."""
    words, usual = text.setup, RunConfig()
    sampling = method_chooser("sampling", SAMPLING, usual.sampling.name, text)
    form.add_methods(method_controls("sampling", SAMPLING, sampling, text))
    fit = LayerChoices.fitting(usual.encoder.name, usual.encoder.num_hidden_layers, usual.encoder.freeze_layers)
    form.add(DEPTH, _choice(words.depth, fit.depths(form.all_layers), fit.depth, "encoder_num_hidden_layers"))
    form.add(FROZEN, _choice(words.freeze, fit.frozen_layers(), fit.frozen, "encoder_freeze_layers"))
    rows = {
        "training.learning_rate": (words.learning_rate, usual.training.learning_rate),
        "training.head_learning_rate": (words.head_learning_rate, usual.training.head_learning_rate),
        "training.per_device_train_batch_size": (words.batch_size, usual.training.per_device_train_batch_size),
        "training.max_grad_norm": (words.clipping, usual.training.max_grad_norm),
        "training.max_task_grad_norm": (words.task_clipping, usual.training.max_task_grad_norm),
        "training.warmup_ratio": (words.warmup, usual.training.warmup_ratio),
        "training.weight_decay": (words.weight_decay, usual.training.weight_decay),
        "training.conflict_steps": (words.conflict_steps, usual.training.conflict_steps),
        "training.affinity_steps": (text.relations.steps, usual.training.affinity_steps),
        "training.early_stopping_patience": (words.patience, usual.training.early_stopping_patience),
        "training.seed": (words.seed, usual.training.seed),
    }
    for place, (label, value) in rows.items():
        form.add(place, _number(label, value, place.replace(".", "_")))
    selections = [(words.selections[name], name) for name in MODEL_SELECTIONS]
    form.add(
        SELECTION, _choice(words.selection, selections, usual.training.model_selection, "training_model_selection")
    )
    form.add(SCALES, per_task("tasks_loss_scale", words.loss_scale, empty="1"))
    form.add(ROWS, per_task("tasks_max_train_samples", words.max_rows, empty=words.all_rows))


def _number(label: str, value: float, elem_id: str) -> gr.Number:
    # No bounds here: Gradio would answer with a toast, and in its own words. The config says the rule.
    return gr.Number(value, label=label, interactive=True, elem_id=elem_id, elem_classes="field")


def _choice(
    label: str, choices: list[tuple[str, Any]], value: object, elem_id: str, *, typed: bool = False
) -> gr.Dropdown:
    """A chooser; ``typed`` also takes what is not listed."""
    return gr.Dropdown(
        choices,
        value=value,
        label=label,
        interactive=True,
        elem_id=elem_id,
        elem_classes="field",
        filterable=typed,
        allow_custom_value=typed,
    )
