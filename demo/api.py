"""The public endpoints of the app: the same for gradio_client, curl and MCP, each with types and a docstring."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from demo.asking import Asking
from demo.starting import Starter
from mtl import listing
from mtl.errors import ConfigError, MtlError
from mtl.runs.store import RunStore


class Api:
    """The endpoints as plain methods; ``publish`` hangs them on the page."""

    def __init__(self, store: RunStore, starter: Starter, asking: Asking) -> None:
        self._store = store
        self._starter = starter
        self._asking = asking

    def publish(self) -> None:
        """Makes the endpoints known to the ``gr.Blocks`` in whose context it is called."""
        # Answers that need no model come at once, however many wait in the queue of the questions.
        for endpoint in (
            self.options, self.start_run, self.run_status, self.run_events, self.stop_run, self.list_runs,
        ):  # fmt: skip
            gr.api(endpoint, api_name=endpoint.__name__, queue=False)
        gr.api(self.predict, api_name="predict", concurrency_limit=4)

    def options(self) -> dict[str, Any]:
        """Everything a config can choose, with its options: encoders, tasks, sharing, balancers, sampling; defaults."""
        with plain_errors():
            return listing.options()

    def start_run(self, config: dict[str, Any], request: gr.Request | None = None) -> str:
        """Starts a training run in the background and returns its run_id. An empty config, {}, is the default preset.

        Args:
            config: Fields encoder, tasks, sharing, balancer, sampling, training; missing ones take their defaults.
        """
        with plain_errors():
            return self._starter.start(config, session_of(request))

    def run_status(self, run_id: str) -> dict[str, Any]:
        """How far a run is: state, step, max_steps, elapsed_s, eta_s, device, queue_position, error.

        Args:
            run_id: As start_run returned it.
        """
        with plain_errors():
            return self._store.status(run_id).to_dict()

    def run_events(self, run_id: str, cursor: int = 0) -> dict[str, Any]:
        """A run's events (losses, scores, phases) after a cursor, as {"events": [...], "cursor": int}.

        Args:
            run_id: As start_run returned it.
            cursor: 0 for the beginning; then the cursor of the last answer. A long history comes in portions.
        """
        with plain_errors():
            if isinstance(cursor, bool) or not isinstance(cursor, int) or not 0 <= cursor < 2**63:
                raise ConfigError("cursor", "be a whole number, 0 or more", cursor)
            events, cursor = self._store.events(run_id, cursor)
            return {"events": events, "cursor": cursor}

    def stop_run(self, run_id: str, request: gr.Request | None = None) -> dict[str, Any]:
        """Asks a run to stop after its current step, or takes it out of the queue; returns its status.

        On a shared machine only who started the run may stop it.

        Args:
            run_id: As start_run returned it.
        """
        with plain_errors():
            self._starter.check_owner(run_id, session_of(request))
            self._store.request_stop(run_id)
            return self._store.status(run_id).to_dict()

    def list_runs(self, request: gr.Request | None = None) -> list[dict[str, Any]]:
        """The runs you may see, newest first. On a shared machine these are the runs of your own session."""
        with plain_errors():
            return [run.to_dict() for run in self._starter.runs(session_of(request))]

    def predict(self, run_id: str, text: str, text_pair: str = "") -> dict[str, Any]:
        """What every task head of a run answers to a text, as {task: answer}; tasks on pairs need both texts.

        The newest weights of the run answer, also while it trains. Where the text was too long to be read whole,
        each answer says "truncated": true.

        Args:
            run_id: As start_run returned it.
            text: The text, at least one visible character.
            text_pair: The second text, for tasks that compare two.
        """
        with plain_errors():
            said = self._asking.answer(run_id, text, text_pair)
            mark = {"truncated": True} if said["truncated"] else {}
            return {task: {**answer, **mark} for task, answer in said["answers"].items()}


@contextmanager
def plain_errors() -> Iterator[None]:
    """Lets a typed error reach the caller as one plain sentence, without a traceback."""
    try:
        yield
    except MtlError as error:
        raise gr.Error(error.message, print_exception=False) from error


def session_of(request: gr.Request | None) -> str:
    """Who asks: the user's name behind a login, else the page's or the client's session."""
    return str(getattr(request, "username", None) or getattr(request, "session_hash", None) or "")
