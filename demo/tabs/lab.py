"""The Lab: set up, watch, ask. Layout and wiring; what happens on a press is in handlers.py."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from demo.live import block
from demo.tabs.data_handlers import DataHandlers
from demo.tabs.form import DEPTH, ENCODER, FROZEN, Form
from demo.tabs.handlers import Handlers
from demo.tabs.services import Services
from demo.tabs.setup import preset_chooser, run_form
from demo.text import Text

QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Plumbing of the page: at once, without a veil over what it changes, and no endpoint of the API."""


@dataclass(frozen=True)
class Lab:
    """What other tabs need of the Lab: its form, and how to estimate what is set up in it."""

    form: Form
    handlers: Handlers
    go: gr.HTML


def build_lab(page: gr.Blocks, services: Services, text: Text) -> Lab:
    """Lays the tab out and wires it."""

    # Gradio marks the function it serves, which a bound method does not allow.
    def watch(args: object = None) -> dict[str, Any]:
        return services.feed.watch(args)

    with gr.Row(elem_id="stage"):
        with gr.Column(elem_id="setup", min_width=0):
            block("heading", {"number": 1, "title": text.setup.heading}, elem_id="head_setup")
            presets = preset_chooser()
            form = run_form(text)
            go = block("go", {"estimate": {}}, elem_id="go_area", events=("train", "stop", "kill", "again"))
        with gr.Column(elem_id="watching", min_width=0):
            state = block("state", {"run": None}, events=("fix",), serves=watch)
            block("chart")
            _details(text)
        with gr.Column(elem_id="asking", min_width=0):
            question, pair, ask, mattered, answers = _asking(services, text)
    handlers = Handlers(services, form, (question.value, pair.value))
    _wire_run(page, handlers, form, [state, go, presets], [question, pair])
    settings = {**QUIET, "queue": True, "concurrency_limit": 4, "trigger_mode": "always_last"}
    asked = (handlers.ask, [state, answers, question, pair], answers)
    gr.on([ask.click, question.submit, pair.submit], *asked, **settings)
    answers.ask(*asked, **settings)
    mattered.explain(handlers.explain, [state, answers, question, pair], mattered, **settings)
    answers.scrub(handlers.scrub, [state, answers], answers, **settings)
    if form.check:
        checked = (DataHandlers(services).check, form.widgets["encoder.name"], form.check)
        form.check.check(*checked, **{**QUIET, "queue": True, "concurrency_limit": 2})
    return Lab(form, handlers, go)


def _details(text: Text) -> None:
    words = text.watch
    with gr.Tabs(elem_id="details"):
        with gr.Tab(words.scores, id="scores_tab"):
            block("scores")
        with gr.Tab(words.weights, id="weights_tab"):
            block("tiles", {"kind": "weights"}, elem_id="weights")
        with gr.Tab(words.norms, id="norms_tab"):
            block("tiles", {"kind": "norms"}, elem_id="norms")
        with gr.Tab(text.conflict.tab, id="conflict_tab"):
            block("conflict")
        with gr.Tab(text.model.tab, id="model_tab"):
            block("model")
        with gr.Tab(words.mixture, id="mixture_tab"):
            block("mixture")
        with gr.Tab(words.samples, id="samples_tab"):
            block("samples")
        with gr.Tab(text.mistakes.tab, id="mistakes_tab"):
            block("mistakes")


def _asking(services: Services, text: Text) -> tuple[gr.Textbox, gr.Textbox, gr.Button, gr.HTML, gr.HTML]:
    """The right column: what is asked, and what the heads answer."""
    words = text.ask
    recorded = services.recording.answers[0] if services.recording and services.recording.answers else {}
    block("heading", {"number": 3, "title": words.heading}, elem_id="head_ask")
    box = {"interactive": True, "lines": 1, "max_lines": 3, "elem_classes": "reads"}
    question = gr.Textbox(recorded.get("text") or words.sample, label=words.text, elem_id="text", **box)
    second = recorded.get("text_pair") or words.sample_second
    pair = gr.Textbox(second, label=words.second, elem_id="pair", **box)
    ask = gr.Button(words.ask, elem_id="ask", size="sm")
    mattered = block("mattered", {"run": None, "why": None, "problem": None}, events=("explain",))
    answers = block("answers", {"run": None, "reply": None, "problem": None}, events=("ask", "scrub"))
    return question, pair, ask, mattered, answers


def _wire_run(page: gr.Blocks, handlers: Handlers, form: Form, blocks: list[gr.HTML], asked: list[gr.Textbox]) -> None:
    """From the form to a run and back."""
    state, go, presets = blocks
    fields: list[Component] = form.components
    whole = [*fields, *form.followers]
    estimated = (handlers.estimate, fields, go)
    measure = {**QUIET, "trigger_mode": "always_last"}
    page.load(handlers.arrive, None, [state, presets, *whole, *asked], **QUIET).then(*estimated, **QUIET)
    picked = presets.pick(handlers.choose_preset, [presets, *asked], [*whole, *asked], **QUIET)
    picked.then(*estimated, **QUIET)
    for controls in form.methods.values():
        controls.wire(**QUIET)
    go.train(handlers.train, [state, *asked, *fields], state, **QUIET)
    go.stop(handlers.stop, state, state, **QUIET)
    go.kill(handlers.kill, state, state, **QUIET)
    state.fix(handlers.mend, [state, *fields], [state, *whole], **QUIET).then(*estimated, **QUIET)
    go.again(*estimated, **measure)
    layers = [form.widgets[place] for place in (ENCODER, DEPTH, FROZEN)]
    for place, field in form.widgets.items():
        changed = field.edit if isinstance(field, gr.HTML) else field.input
        if place in (ENCODER, DEPTH):
            changed(form.fit_layers, layers, layers[1:], **QUIET).then(*estimated, **measure)
        else:
            changed(*estimated, **measure)
