"""What happens when a visitor brings data: plain values in, plain values out. The browser keeps what a step needs.

A file is known by the name the store gave it, a data set of the Hub by its id: no path ever comes from a visitor.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from demo.api import session_of
from demo.errands import CHECKING_S
from demo.keeping import KEPT_BYTES, in_use, prune
from demo.problems import plain_error
from demo.tabs.services import Services
from mtl.data.drafts import drafted, named, task_name
from mtl.errors import MtlError, from_os_error
from mtl.runs.sources import UPLOAD, FileSource, Source, SplitNames, source_from

Shown = dict[str, Any]
"""What the wizard holds: ``title``, ``source``, ``inspection``, ``draft`` (the task as it is now), ``preview`` and
``problem`` (why there is none)."""
HUB_FIELDS = ("id", "config", "revision")
SPLIT_FIELDS = ("train", "validation", "test")


class DataHandlers:
    """The handlers of one Data tab."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def take(self, request: gr.Request, sent: str | None) -> list[Any]:
        """A file that Gradio has received → the wizard, and no file any more."""
        if not sent:
            return [gr.skip(), None]
        path = Path(sent)
        try:
            stored = self._services.uploads.save(path, path.name)
        except MtlError as error:
            return [shown(path.name, problem=plain_error(error)), None]
        except OSError as error:
            return [shown(path.name, problem=plain_error(from_os_error(error))), None]
        finally:
            path.unlink(missing_ok=True)  # the store has its own
        make_room(self._services)
        source = FileSource(name="new", splits=SplitNames(train=stored))
        return [self._look(named(source, path.name), path.name, session_of(request)), None]

    def fetch(self, request: gr.Request, asked: Mapping[str, Any]) -> Shown:
        """The form of a data set of the Hub → the wizard."""
        hub = asked.get("hub")
        form = {key: typed(hub.get(key)) for key in (*HUB_FIELDS, *SPLIT_FIELDS)} if isinstance(hub, Mapping) else {}
        title = str(form.get("id") or "")[:100]
        try:
            splits = {key: form.get(key) for key in SPLIT_FIELDS}
            plain = {"kind": "hub", "name": "new", "splits": splits, **{key: form.get(key) for key in HUB_FIELDS}}
            source = source_from(plain)
        except MtlError as error:
            return shown(title, problem=plain_error(error))
        return self._look(named(source, title.rpartition("/")[2]), title, session_of(request))

    def see(self, request: gr.Request, now: Shown) -> Shown:
        """The wizard with other columns, kind or treatment of bad rows → the same with rows as the task sees them."""
        title = str(now.get("title"))[:200]
        try:
            source = source_from({**table(now.get("source")), "bad_rows": now.get("bad_rows", "drop")})
            source = named(source, title.rpartition("/")[2])
            draft = drafted(table(now.get("draft")), source)
        except MtlError as error:
            return {**now, "preview": None, "problem": as_named(plain_error(error), title), "nonce": nonce()}
        asked = {"do": "see", "source": asdict(source), "spec": draft, "fit": bool(now.get("fit"))}
        told = self._services.errands.run(asked, session_of(request))
        kept = {**now, "source": asdict(source), "fit": False, "nonce": nonce()}
        if "error" in told:
            return {**kept, "draft": draft, "preview": None, "problem": as_named(told["error"], title)}
        found = told["done"]["preview"]
        return {**kept, "draft": found["spec"], "preview": found, "problem": None}

    def stop(self, request: gr.Request) -> None:
        """Ends the reading of this page."""
        self._services.errands.stop(session_of(request))

    def check(self, request: gr.Request, encoder: object) -> dict[str, Any]:
        """The name of an encoder → whether it reads a sentence here, and what here is."""
        name = str(typed(encoder) or "")[:200]
        told = self._services.errands.run({"do": "check", "encoder": name}, f"check {session_of(request)}", CHECKING_S)
        return {"encoder": name, **told, "nonce": nonce()}

    def _look(self, source: Source, title: str, session: str) -> Shown:
        asked = {"do": "look", "source": asdict(source), "name": task_name(title)}
        told = self._services.errands.run(asked, session)
        if "error" in told:
            return shown(title, problem=as_named(told["error"], title))
        found = told["done"]
        inspection, preview = found["inspection"], found["preview"]
        draft = preview["spec"] if preview else inspection["suggestion"]
        refused = found["refused"] and as_named(found["refused"], title)
        return shown(title, refused, source=asdict(source), inspection=inspection, preview=preview, draft=draft)


def make_room(services: Services) -> None:
    """Lets the oldest files go once there are more than the disk is meant to hold."""
    if services.uploads.size() > KEPT_BYTES:
        prune(services.uploads, in_use(services.store, finished=not services.starter.shared))


def shown(title: str, problem: Mapping[str, Any] | None = None, **rest: Any) -> Shown:
    """What the wizard holds. The nonce makes two equal answers two answers."""
    empty = dict.fromkeys(("source", "inspection", "preview", "draft"))
    return {**empty, **rest, "title": title, "problem": problem, "bad_rows": "drop", "nonce": nonce()}


def as_named(problem: Mapping[str, Any], title: str) -> dict[str, Any]:
    """An error that names the data as the visitor does: not as the store named their file, nor by a digest."""
    details = dict(problem.get("details") or {})
    if details.get("source"):
        details["source"] = title
    if UPLOAD.fullmatch(str(details.get("file"))):
        details["file"] = title
    return {**problem, "details": details}


def nonce() -> str:
    """A mark by which an answer differs from the one before."""
    return secrets.token_hex(4)


def table(value: object) -> Mapping[str, Any]:
    """The value if it is a table, else an empty one, which is then refused for what it lacks."""
    return value if isinstance(value, Mapping) else {}


def typed(value: object) -> str | None:
    """What was typed without blank ends; None for nothing."""
    text = value.strip() if isinstance(value, str) else ""
    return text or None
