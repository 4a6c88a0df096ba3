"""The Relations tab: what tasks do to each other, and the suggestion that sets the Lab's form. Layout and wiring."""

import secrets
from collections.abc import Mapping
from typing import Any

import gradio as gr

from demo.likening import Likening
from demo.live import block
from demo.pairing import Pairing
from demo.problems import plain_error
from demo.tabs.form import Form
from demo.tabs.handlers import config_of, visitor_of
from demo.tabs.lab import QUIET, Lab
from demo.tabs.services import Services
from mtl.errors import MtlError
from mtl.runs.config import RunConfig
from mtl.runs.pairs import config_of_split, config_of_tasks

LAB = "lab"
"""The id of the Lab's tab."""


def build_relations(services: Services, pages: gr.Tabs, lab: Lab) -> None:
    """Lays the tab out and wires it."""

    pairing = Pairing(services.store, services.starter)
    likening = Likening(services.store, services.starter, services.errands)
    asked_about = {"pairs": pairing.look, "likeness": likening.look}

    # Gradio marks the function it serves, which a bound method does not allow.
    def relate(args: object = None) -> dict[str, Any]:
        about = args.get("ask") if isinstance(args, Mapping) else None
        return asked_about.get(str(about), services.feed.relate)(args)

    relations = block("relations", {}, events=("apply", "pair", "liken"), serves=relate)
    measuring = Measuring(pairing, likening)
    relations.pair(measuring.pair, None, relations, **QUIET)
    relations.liken(measuring.liken, None, relations, **QUIET)
    form = lab.form
    applied = relations.apply(Relating(services, form).apply, None, [pages, *form.components, *form.followers], **QUIET)
    applied.then(lab.handlers.estimate, form.components, lab.go, **QUIET)


class Measuring:
    """What happens on a press of the buttons that measure more: tells of which run, and any refusal."""

    def __init__(self, pairing: Pairing, likening: Likening) -> None:
        self._pairing, self._likening = pairing, likening

    def pair(self, event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        """Starts the runs of pairs that are missing."""
        run = str(getattr(event, "run", None))
        try:
            self._pairing.start(run, visitor_of(event, request))
        except MtlError as error:
            return _told("pairs", run, plain_error(error))
        return _told("pairs", run)

    def liken(self, event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        """Compares the encoders of the tasks alone."""
        run = str(getattr(event, "run", None))
        try:
            told = self._likening.compare(run, visitor_of(event, request))
        except MtlError as error:
            return _told("likeness", run, plain_error(error))
        return _told("likeness", run, told.get("error"))


def _told(about: str, run: str, refusal: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"about": about, "run": run, "refusal": refusal, "nonce": secrets.token_hex(4)}


class Relating:
    """The handler of one Relations tab."""

    def __init__(self, services: Services, form: Form) -> None:
        self._services, self._form = services, form

    def apply(self, event: gr.EventData) -> list[Any]:
        """What was suggested for a run → the Lab on screen, and its form: that run's, changed so.

        ``tasks`` names those that are to share an encoder; else ``layers`` of ``depth`` are to be shared.
        """
        asked = {key: getattr(event, key, None) for key in ("run", "tasks", "layers", "depth")}
        config = config_of(self._services, str(asked["run"])[:64])
        try:
            suggested = _suggested(config, asked) if config else None
        except MtlError:
            suggested = None
        if suggested is None:
            return [gr.skip(), *(gr.skip() for _ in (*self._form.components, *self._form.followers))]
        return [gr.Tabs(selected=LAB), *self._form.write(suggested.to_dict())]


def _suggested(config: Mapping[str, Any], asked: Mapping[str, Any]) -> RunConfig | None:
    """The run's config with what is suggested; None for what makes no sense."""
    tasks, layers, depth = asked["tasks"], asked["layers"], asked["depth"]
    whole = RunConfig.from_dict(config)
    if isinstance(tasks, list):
        return config_of_tasks(whole, [str(task) for task in tasks])
    if isinstance(layers, int) and isinstance(depth, int):
        return config_of_split(whole, layers, depth)
    return None
