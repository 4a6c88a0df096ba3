"""How a run is: replayed from its events, never stored as a status that can lie."""

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtl.errors import WorkerLost
from mtl.runs import journal, process
from mtl.runs.control import SERVER_STOPPED
from mtl.runs.events import FINAL_TYPES
from mtl.runs.presence import Claim, last_words

STATES = {"training": "training", "evaluating": "evaluating", "saving": "saving"}
"""The state that each phase shows as; every other phase is ``starting``."""
RECENT = 20
"""Training steps that the pace is taken from."""
FRESH = 1.5
"""Seconds for which a heartbeat proves life where asking for the process is slow."""


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """How a run is at this moment."""

    run_id: str
    state: str
    """queued, starting, training, evaluating, saving, paused, finished, stopped, failed or interrupted."""
    phase: str | None = None
    download: dict[str, int] | None = None
    """``bytes_done`` and ``bytes_total`` while the encoder is downloaded."""
    step: int = 0
    max_steps: int | None = None
    elapsed_s: float = 0.0
    eta_s: float | None = None
    """Seconds to go; None until two training steps are known, and when nothing runs."""
    device: str | None = None
    device_name: str | None = None
    queue_position: int | None = None
    """1 is next to start; None unless queued."""
    heartbeat_age_s: float | None = None
    error: dict[str, Any] | None = None
    """``error`` (class name), ``message`` and ``details`` of a failed or interrupted run."""
    reason: str | None = None
    """Why a run was stopped or interrupted: requested, signal, server_stopped or killed."""

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("finished", "stopped", "failed", "interrupted")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values, times rounded to hundredths of a second."""
        values = asdict(self)
        return {key: round(value, 2) if isinstance(value, float) else value for key, value in values.items()}


class Progress:
    """A run replayed event by event."""

    def __init__(self) -> None:
        self.step = 0
        self.t = 0.0
        self.phase: str | None = None
        self.download: dict[str, int] | None = None
        self.start: dict[str, Any] = {}
        self.final: Mapping[str, Any] | None = None
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT)
        """Step and seconds of training alone, without evaluations."""
        self._aside = 0.0
        """Seconds spent evaluating and saving so far."""
        self._aside_since: float | None = None
        self._evaluations = 0

    def take(self, event: Mapping[str, Any]) -> None:
        """Follows one event."""
        if self.final is not None:
            return
        self.t = max(self.t, float(event.get("t") or 0.0))
        self.step = max(self.step, int(event.get("step") or 0))
        kind = event["type"]
        if kind in FINAL_TYPES:
            self.final = event
        elif kind == "run_started":
            self.start = dict(event)
        elif kind == "download":
            self.download = {name: int(event.get(name) or 0) for name in ("bytes_done", "bytes_total")}
        elif kind == "phase":
            self.download = None
            self._enter(str(event.get("phase")))
        elif kind == "optimizer":
            self._enter("training")
            self._recent.append((self.step, self.t - self._aside))

    def eta(self, t: float) -> float | None:
        """Seconds to go at ``t``: recent steps' pace × steps left + mean evaluation × evaluations left.

        None until two training steps are known.
        """
        max_steps, every = self.start.get("max_steps"), self.start.get("eval_steps")
        if not max_steps or len(self._recent) < 2 or self._recent[-1][0] == self._recent[0][0]:
            return None
        (first, began), (last, ended) = self._recent[0], self._recent[-1]
        left = (max_steps - last) * (ended - began) / (last - first)
        since = ended + self._aside
        evaluations = math.ceil(max_steps / every) - last // every if every else 0
        if self._aside_since is not None:
            evaluations, since = evaluations + 1, self._aside_since
        measured = self._evaluations - (self._aside_since is not None)
        left += evaluations * self._aside / measured if measured > 0 else 0.0
        return max(0.0, left - (t - since))

    def _enter(self, phase: str) -> None:
        """Keeps the time of evaluations apart from that of training."""
        aside = phase in ("evaluating", "saving")
        if aside and self._aside_since is None:
            self._aside_since = self.t
            self._evaluations += 1
        elif not aside and self._aside_since is not None:
            self._aside += self.t - self._aside_since
            self._aside_since = None
        self.phase = phase


class RunReader:
    """Follows one run's folder and reads only what is new."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._journal = folder / "events.jsonl"
        self._clock = clock
        self._lock = threading.Lock()
        self._progress = Progress()
        self._cursor = 0
        self._claim: Claim | None = None
        self._gone = False

    def status(self, position: int | None) -> RunStatus:
        """Returns how the run is; ``position`` is its place in the queue, 0 while it is being started."""
        with self._lock:
            # Asked before the journal is read: a worker that wrote its final event in between has not been killed.
            alive = self._alive()
            self._catch_up()
            if self._progress.final is None and self._claim and not alive:
                self._progress.final = last_words(self._folder)
            return self._status(alive, position)

    def note(self, final: Mapping[str, Any]) -> None:
        """Remembers a final event that no disk would take."""
        with self._lock:
            self._progress.final = self._progress.final or final

    def claim(self) -> Claim | None:
        """Returns the run's worker, if it has one."""
        if self._claim is None:
            self._claim = Claim.read(self._folder)
        return self._claim

    def _alive(self) -> bool:
        """Whether the run's worker lives. A worker once gone never comes back."""
        if self._gone or self._progress.final is not None:
            return False
        claim = self.claim()
        if claim is None:
            return False
        age = None if process.HAS_PROC else self._heartbeat_age()
        self._gone = (age is None or age > FRESH) and not claim.process.alive()
        return not self._gone

    def _catch_up(self) -> None:
        """Replays the events written up to now. What a fast worker adds meanwhile waits for the next look."""
        try:
            size = os.stat(self._journal).st_size
        except FileNotFoundError:
            return
        if self._cursor > size:
            self._progress, self._cursor = Progress(), 0
        while self._cursor < size:
            before = self._cursor
            events, self._cursor = journal.read(self._journal, before)
            for event in events:
                self._progress.take(event)
            if self._cursor == before:
                return

    def _heartbeat_age(self) -> float | None:
        """Seconds since the last heartbeat."""
        try:
            return max(0.0, self._clock() - os.stat(self._folder / "heartbeat").st_mtime)
        except FileNotFoundError:
            return None

    def _status(self, alive: bool, position: int | None) -> RunStatus:
        """The status that the replayed events, the process and the queue add up to."""
        now = self._progress
        final, claim = now.final, self._claim
        state, reason, error = "starting" if position == 0 else "queued", None, None
        elapsed, eta = now.t, None
        if final is not None:
            state, reason, error = _ending(final)
            elapsed = final.get("elapsed_s") or now.t
        elif alive and claim is not None:
            state = STATES.get(now.phase or "", "starting")
            elapsed = max(now.t, self._clock() - claim.created)
            eta = now.eta(elapsed) if state != "starting" else None
        elif claim is not None:
            state, reason, error = _ending({"type": "stopped", "reason": "killed"})
        return RunStatus(
            run_id=self._folder.name,
            state=state,
            phase=now.phase if alive else None,
            download=now.download if alive else None,
            step=now.step,
            max_steps=now.start.get("max_steps"),
            elapsed_s=elapsed,
            eta_s=eta,
            device=now.start.get("device"),
            device_name=now.start.get("device_name"),
            queue_position=(position or None) if state == "queued" else None,
            heartbeat_age_s=self._heartbeat_age() if alive else None,
            error=error,
            reason=reason,
        )


def _ending(final: Mapping[str, Any]) -> tuple[str, str | None, dict[str, Any] | None]:
    """State, reason and error of a run with this final event."""
    if final["type"] == "failed":
        return "failed", None, {key: final.get(key) for key in ("error", "message", "details")}
    reason = final.get("reason")
    if reason in ("killed", SERVER_STOPPED):
        lost = WorkerLost(f"The process that trained the run is gone ({reason}).", reason=reason)
        return "interrupted", reason, {"error": lost.name, "message": lost.message, "details": lost.details}
    return str(final["type"]), reason, None
