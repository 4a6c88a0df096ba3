"""What a finished run reached and what it cost, from its events."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mtl.analysis.thinning import significant
from mtl.errors import ComparisonError, RunNotFound
from mtl.runs.store import RunStore

Events = Sequence[Mapping[str, Any]]
KEPT = 512
"""Results that are kept in memory."""


@dataclass(frozen=True)
class Score:
    """A task's primary score on test rows."""

    metric: str
    value: float


@dataclass(frozen=True)
class Result:
    """A finished run."""

    run_id: str
    seed: int
    scores: Mapping[str, Score]
    """By task."""
    parameters: int | None
    """Of the whole model: encoder, what the sharing adds, heads."""
    training_s: float | None
    """Seconds in which it trained; not loading, validating and saving."""
    peak_memory_bytes: int | None
    device_name: str | None
    question_s: float | None = None
    """Seconds from a text to the answers of all heads, a mean over some that were asked one at a time."""


def result(run_id: str, seed: int, events: Events) -> Result:
    """The result of a run from all its events.

    Raises:
        ComparisonError: ``unfinished``, if the run has not come to its end: it has no score on test rows.
    """
    final = next((event for event in reversed(events) if event["type"] in ("finished", "stopped", "failed")), None)
    if final is None or final["type"] != "finished":
        raise _unfinished(run_id, str(final["type"]) if final else "training")
    start = next((event for event in events if event["type"] == "run_started"), {})
    return Result(
        run_id=run_id,
        seed=seed,
        scores=_scores(events),
        parameters=_parameters(start),
        training_s=_training_s(events),
        peak_memory_bytes=final.get("peak_memory_bytes"),
        device_name=start.get("device_name"),
        question_s=next((event.get("seconds") for event in reversed(events) if event["type"] == "question_time"), None),
    )


def read_result(store: RunStore, run_id: str) -> Result:
    """The result of a run of the store.

    Raises:
        ComparisonError: ``deleted`` or ``unfinished``.
        ConfigError: The run's config is damaged.
    """
    try:
        state = store.status(run_id).state
        if state != "finished":
            raise _unfinished(run_id, state)
        seed = store.config(run_id).training.seed
        return result(run_id, seed, read_events(store, run_id))
    except RunNotFound as error:
        message = f"Run {run_id} cannot be compared: it has been deleted, or there never was one."
        raise ComparisonError(message, reason="deleted", run=run_id) from error


class Results:
    """Reads the results of a store's runs, the journal of each once: a finished run stays as it is."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._kept: dict[str, Result] = {}

    def __call__(self, run_id: str) -> Result:
        """As ``read_result``."""
        with suppress(RunNotFound, KeyError):
            self._store.folder(run_id)
            return self._kept[run_id]
        found = read_result(self._store, run_id)
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[run_id] = found
        return found


def _unfinished(run_id: str, state: str) -> ComparisonError:
    message = f"A run is compared by its scores on test rows, at its end. Run {run_id} has none yet ({state})."
    return ComparisonError(message, reason="unfinished", run=run_id, state=state)


def read_events(store: RunStore, run_id: str) -> list[dict[str, Any]]:
    """All events of a run up to now.

    Raises:
        RunNotFound: There is no such run.
    """
    events: list[dict[str, Any]] = []
    cursor = 0
    while True:
        found, after = store.events(run_id, cursor)
        if after <= cursor:
            return events
        events, cursor = [*events, *found], after


def _scores(events: Events) -> dict[str, Score]:
    """The last primary score of each task on test rows."""
    found = {}
    for event in events:
        if event["type"] == "scores" and event.get("split") == "test":
            value = significant((event.get("scores") or {}).get(event.get("metric")), 17)
            if value is not None:
                found[str(event.get("task"))] = Score(str(event.get("metric")), value)
    return found


def _parameters(start: Mapping[str, Any]) -> int | None:
    """The model's parameters, as they are told; of a run that only tells its parts, their sum."""
    total = (start.get("parameters") or {}).get("total")
    parts = [int(part.get("parameters") or 0) for part in start.get("parts") or ()]
    return int(total) if total else sum(parts) or None


def _training_s(events: Events) -> float | None:
    """Seconds between each ``training`` phase and what follows it."""
    total, since = None, None
    for event in events:
        t = float(event.get("t") or 0.0)
        if since is not None and event["type"] in ("phase", "finished"):
            total, since = (total or 0.0) + t - since, None
        if event["type"] == "phase" and event.get("phase") == "training":
            since = t
    return total
