"""How long a run will take and how much memory it needs: measured by a short probe, never guessed."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mtl.errors import ConfigError
from mtl.runs.config import RunConfig
from mtl.runs.launcher import Launcher

KEPT = 64
PROBE_DEADLINE_S = 120.0
"""A probe that has said nothing for so long is asked again."""
ERROR_KEPT_S = 30.0
"""So long an error is the answer before the probe is tried again."""
MEASURING = {"state": "measuring"}
BUSY = {"state": "busy"}


@dataclass(frozen=True)
class _Answer:
    """What a probe said, and when."""

    said: Mapping[str, Any]
    at: float


class Estimate:
    """Asks the launcher for one probe at a time: the newest question wins."""

    def __init__(self, launcher: Launcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._launcher = launcher
        self._clock = clock
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._asked: tuple[str, float] | None = None
        self._outrun: OrderedDict[str, None] = OrderedDict()
        """Questions that a newer one outran: they wait for their turn instead of outrunning it back for ever."""
        self._lock = Lock()

    def of(self, config: RunConfig | Mapping[str, Any]) -> dict[str, Any]:
        """What is known about the config now; ask again until ``state`` is no longer ``measuring``.

        Returns:
            ``state`` is ``ready`` (with ``seconds`` and ``peak_memory_bytes``), ``measuring``, ``busy`` (a run uses
            the machine) or ``error`` (with ``error``: ``error``, ``message``, ``details``).
        """
        try:
            plain = (config if isinstance(config, RunConfig) else RunConfig.from_dict(config)).to_dict()
        except ConfigError as error:
            said = {"error": error.name, "message": error.message, "details": error.details}
            return {"state": "error", "error": said}
        key = json.dumps(plain, sort_keys=True, default=repr)
        with self._lock:
            known = self._known(key)
            if known is not None:
                return known
            if self._is_waiting(key):
                return dict(MEASURING)
            self._asked = (key, self._clock())
            self._outrun.pop(key, None)
        if self._launcher.probe(plain, lambda result: self._take(key, result)):
            return dict(MEASURING)
        with self._lock:
            self._asked = None
        return dict(BUSY)

    def _is_waiting(self, key: str) -> bool:
        """Whether the question is measured now, or waits for one that outran it. A new one outruns what is measured."""
        if self._asked is None or self._clock() - self._asked[1] >= PROBE_DEADLINE_S:
            return False
        if key == self._asked[0] or key in self._outrun:
            return True
        self._outrun[self._asked[0]] = None
        if len(self._outrun) > KEPT:
            self._outrun.popitem(last=False)
        return False

    def _known(self, key: str) -> dict[str, Any] | None:
        """The kept answer; errors are kept only for a while, since their cause may be gone."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        if "error" in answer.said and self._clock() - answer.at >= ERROR_KEPT_S:
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return {"state": "error" if "error" in answer.said else "ready", **answer.said}

    def _take(self, key: str, result: Mapping[str, Any]) -> None:
        """Keeps what the probe said, unless it was cancelled and knows nothing."""
        with self._lock:
            if self._asked and self._asked[0] == key:
                self._asked = None
            if result.get("cancelled"):
                return
            said = {name: value for name, value in result.items() if name != "id"}
            self._answers[key] = _Answer(said, self._clock())
            if len(self._answers) > KEPT:
                self._answers.popitem(last=False)
