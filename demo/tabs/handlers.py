"""What happens when a visitor presses something: plain values in, plain values out."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import gradio as gr

from demo.api import session_of
from demo.lessons.recording import RECORDED
from demo.presets import PRESETS
from demo.problems import plain_error
from demo.tabs.form import SCALES, TASKS, Form
from demo.tabs.services import Services
from demo.text.samples import SAMPLES, sample_of
from mtl.errors import CheckpointError, ConfigError, MtlError
from mtl.runs.config import DEFAULT_TASKS, Pinned, RunConfig
from mtl.runs.selected import NEWEST

View = dict[str, Any]
"""What the state line holds: the id of the run on screen, and why the form was refused, if it was."""


VISITOR = re.compile(r"[0-9a-f]{32}")
"""The name that a browser makes up for itself."""


class Handlers:
    """The handlers of one Lab page."""

    def __init__(self, services: Services, form: Form, usual: tuple[str, str] = ("", "")) -> None:
        """``usual`` is what the page proposes to ask where no task has a text of its own."""
        self._services = services
        self._form = form
        self._usual = usual

    def arrive(self, request: gr.Request) -> list[Any]:
        """The page's address → state line, presets, the form, what to ask: of the run, else of the preset."""
        run = str(request.query_params.get("run") or "")[:64]
        preset = known_preset(request.query_params.get("preset"))
        config = config_of(self._services, run) or PRESETS[preset]
        shown = [view(run or self._first_run()), {"chosen": preset}, *self._form.write(config)]
        return [*shown, *self._proposed(config)]

    def choose_preset(self, chosen: Mapping[str, Any], text: str, text_pair: str) -> list[Any]:
        """A preset's name → the whole form, and what to ask; a text that was typed stays."""
        config = PRESETS[known_preset(chosen.get("chosen"))]
        typed = (text, text_pair) not in (self._usual, *SAMPLES.values())
        return [*self._form.write(config), *([gr.skip(), gr.skip()] if typed else self._proposed(config))]

    def train(self, event: gr.EventData, request: gr.Request, shown: View, *values: Any) -> View:
        """What would be asked, and the form → the new run on screen; or the same run, and why the form was refused."""
        text, text_pair, *rest = values
        config = self._form.read(tuple(rest)) | {"pinned": pinned(text, text_pair)}
        try:
            run = self._services.starter.start(config, visitor_of(event, request))
        except MtlError as error:
            return view(shown.get("run"), plain_error(error))
        return view(run, started=True)

    def stop(self, event: gr.EventData, request: gr.Request, shown: View) -> View:
        """Asks the run on screen to stop after its step."""
        run = str(shown.get("run"))
        try:
            self._services.starter.check_owner(run, visitor_of(event, request))
            self._services.store.request_stop(run)
        except MtlError as error:
            return view(run, plain_error(error))
        return view(run)

    def kill(self, event: gr.EventData, request: gr.Request, shown: View) -> View:
        """Ends the run on screen, whatever it is doing."""
        run = str(shown.get("run"))
        try:
            self._services.starter.check_owner(run, visitor_of(event, request))
        except MtlError as error:
            return view(run, plain_error(error))
        self._services.launcher.kill(run)
        return view(run)

    def estimate(self, *values: Any) -> dict[str, Any]:
        """The form → how long it will take and how much memory it needs, as far as that is measured."""
        try:
            config = RunConfig.from_dict(self._form.read(values))
            self._services.starter.admit(config)
        except MtlError:
            return {"estimate": {"state": "error"}}
        return {"estimate": self._services.estimate.of(config), "nonce": secrets.token_hex(4)}

    def ask(self, shown: View, said: Mapping[str, Any], text: str, text_pair: str) -> dict[str, Any]:
        """One text → what all heads of the run on screen answer to it, by the snapshots that are chosen there."""
        run, which = shown.get("run"), said.get("which") or NEWEST
        answer: dict[str, Any] = {"run": run, "which": which, "reply": None, "problem": "waiting"}
        answer["nonce"] = secrets.token_hex(4)
        if not run:
            return answer
        try:
            return {**answer, "problem": None, "reply": self._services.asking.answer(run, text, text_pair, which)}
        except ConfigError:
            return {**answer, "problem": "nothing"}
        except CheckpointError as error:
            # A snapshot that lacks a file is told as what it is; one that is not there yet is waited for.
            waits = error.details.get("reason") == "missing" and not error.details.get("file")
            return {**answer, "problem": "waiting" if waits else plain_error(error)}
        except MtlError as error:
            return {**answer, "problem": plain_error(error)}

    def explain(self, shown: View, said: Mapping[str, Any], text: str, text_pair: str) -> dict[str, Any]:
        """One text → which words mattered to what the heads of the run on screen answer, by the same snapshots."""
        run, which = shown.get("run"), said.get("which") or NEWEST
        found: dict[str, Any] = {"run": run, "why": None, "problem": None, "nonce": secrets.token_hex(4)}
        try:
            return {**found, "why": self._services.asking.explain(str(run), text, text_pair, which)}
        except MtlError as error:
            return {**found, "problem": plain_error(error)}

    def scrub(self, shown: View, said: Mapping[str, Any]) -> dict[str, Any]:
        """A step of training → what all heads answered to the pinned text then."""
        run = shown.get("run")
        answer: dict[str, Any] = {**said, "run": run, "reply": None, "problem": None, "nonce": secrets.token_hex(4)}
        try:
            return {**answer, "reply": self._services.asking.said(str(run), said.get("at"))}
        except MtlError as error:
            return {**answer, "problem": plain_error(error)}

    def mend(self, event: gr.EventData, request: gr.Request, shown: View, *values: Any) -> list[Any]:
        """The button of an error: what it asks for → state line, then the form.

        ``field`` and ``value`` say what to set, ``train`` whether to train again, ``leave`` to forget the run.
        """
        asked = {key: getattr(event, key, None) for key in ("field", "value", "train", "leave")}
        run, untouched = shown.get("run"), self._untouched()
        if asked["leave"]:
            return [view(self._first_run()), *untouched]
        if not asked["train"]:
            return [view(run), *self._set(str(asked["field"]), asked["value"], values)]
        config = config_of(self._services, str(run)) if not shown.get("refusal") else None
        try:
            config = RunConfig.from_dict(
                changed(config or self._form.read(values), asked["field"], asked["value"])
            ).to_dict()
            started = self._services.starter.start(config, visitor_of(event, request))
        except MtlError as error:
            return [view(run, plain_error(error)), *untouched]
        return [view(started, started=True), *self._form.write(config)]

    def _proposed(self, config: Mapping[str, Any]) -> tuple[str, str]:
        return sample_of(task["name"] for task in config["tasks"]) or self._usual

    def _first_run(self) -> str | None:
        return RECORDED if self._services.recording else None

    def _untouched(self) -> list[Any]:
        return [gr.skip() for _ in (*self._form.components, *self._form.followers)]

    def _set(self, field: str, value: Any, values: tuple[Any, ...]) -> list[Any]:
        """Sets one widget, named by the field of a ConfigError, and leaves all others as they were typed."""
        updates = dict.fromkeys(self._form.widgets, gr.skip())
        found = dict(zip(self._form.widgets, values, strict=True))
        place, task = self._form.place(field)
        if place == TASKS:
            updates[place] = {"tasks": list(DEFAULT_TASKS)}
        elif place and isinstance(found[place], dict):
            numbers = dict(found[place]["numbers"])
            wrong = [task] if task else [name for name, number in numbers.items() if not _fits(place, number)]
            updates[place] = {"numbers": numbers | dict.fromkeys(wrong, value)}
        elif place and value is not None:
            updates[place] = value
        return [*updates.values(), *(gr.skip() for _ in self._form.followers)]


def config_of(services: Services, run: str) -> dict[str, Any] | None:
    """The config of a run, None where there is no such run."""
    if run == RECORDED and services.recording:
        return dict(services.recording.config)
    try:
        return services.store.config(run).to_dict()
    except MtlError:
        return None


def known_preset(name: object) -> str:
    """The name of a preset, or of the first one for any other name."""
    return name if isinstance(name, str) and name in PRESETS else next(iter(PRESETS))


def pinned(text: str, text_pair: str) -> list[dict[str, str]]:
    """What a run follows of the texts that stand beside it: nothing, where they cannot be followed."""
    try:
        return [asdict(Pinned(text, text_pair if isinstance(text_pair, str) and text_pair.strip() else ""))]
    except ConfigError:
        return []


def view(run: str | None, refusal: dict[str, Any] | None = None, *, started: bool = False) -> View:
    """What the state line shows. The nonce makes two equal answers two answers."""
    return {"run": run, "refusal": refusal, "started": started, "nonce": secrets.token_hex(4)}


def visitor_of(event: gr.EventData, request: gr.Request) -> str:
    """Who pressed: the name behind a login, else the random one that their browser keeps, else the page's session."""
    kept = getattr(event, "visitor", None)
    if getattr(request, "username", None) or not isinstance(kept, str) or not VISITOR.fullmatch(kept):
        return session_of(request)
    return f"visitor {kept}"


def changed(config: Mapping[str, Any], field: str | None, value: Any) -> dict[str, Any]:
    """The config with one field like ``training.learning_rate`` set."""
    part, _, key = (field or "").partition(".")
    return {**config, part: {**config[part], key: value}} if key and part in config else dict(config)


def _fits(place: str, number: Any) -> bool:
    if number is None:
        return True
    return isinstance(number, int | float) and (
        number > 0 if place == SCALES else number >= 1 and number == int(number)
    )
