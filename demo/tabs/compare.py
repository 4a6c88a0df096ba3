"""The Compare tab: a race against single-task twins, and picked runs over one another. Layout, wiring, handlers."""

import secrets
from collections.abc import Mapping
from typing import Any

import gradio as gr

from demo.comparing import MOST, Comparing
from demo.live import block
from demo.problems import plain_error
from demo.tabs.handlers import visitor_of
from demo.tabs.lab import QUIET
from demo.tabs.services import Services
from demo.text import Text
from mtl.errors import MtlError
from mtl.runs.twins import SEEDS


def build_compare(services: Services, text: Text) -> None:
    """Lays the tab out and wires it."""
    comparing = Comparing(services.store, services.starter, services.feed, text)

    # Gradio marks the function it serves, which a bound method does not allow.
    def look(args: object = None) -> dict[str, Any]:
        return comparing.look(args)

    limits = {"most": MOST, "seeds": list(SEEDS)}
    with gr.Row(elem_id="match"):
        with gr.Column(elem_id="picking", min_width=0):
            picker = block("compare", {"runs": None, **limits}, events=("show", "race"), serves=look)
        with gr.Column(elem_id="against", min_width=0):
            block("versus")
    handlers = CompareHandlers(comparing)
    picker.show(handlers.show, picker, picker, **QUIET)
    picker.race(handlers.race, picker, picker, **QUIET)


class CompareHandlers:
    """What happens on a press."""

    def __init__(self, comparing: Comparing) -> None:
        self._comparing = comparing

    def show(self, event: gr.EventData, request: gr.Request, shown: Mapping[str, Any]) -> dict[str, Any]:
        """The runs that this visitor may see."""
        return self._listed(shown, visitor_of(event, request))

    def race(self, event: gr.EventData, request: gr.Request, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Starts what a race lacks; tells how many runs, or why no more."""
        session = visitor_of(event, request)
        run, seeds = getattr(event, "run", None), getattr(event, "seeds", None)
        started, refusal = 0, None
        try:
            started = self._comparing.start(str(run), seeds if isinstance(seeds, int) else 1, session)
        except MtlError as error:
            refusal = plain_error(error)
        return self._listed(shown, session) | {"started": started, "refusal": refusal}

    def _listed(self, shown: Mapping[str, Any], session: str) -> dict[str, Any]:
        kept = {key: shown.get(key) for key in ("most", "seeds")}
        nothing = {"started": 0, "refusal": None, "nonce": secrets.token_hex(4)}
        return {**kept, **nothing, "runs": self._comparing.runs(session)}
