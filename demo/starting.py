"""From a form to a run: once per press, and on a shared machine within its limits."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mtl.data.refusals import refusal
from mtl.data.uploads import Uploads
from mtl.encoders import ENCODERS
from mtl.errors import ConfigError, NotOwner, RunNotFound
from mtl.runs.config import MAX_STEPS, RunConfig
from mtl.runs.queue import RunQueue
from mtl.runs.sources import FileSource, HubSource
from mtl.runs.store import RunStore, RunSummary

SAME_PRESS_S = 2.0
"""The same form sent again within so many seconds is the same press."""
AT_WORK = frozenset({"starting", "training", "evaluating", "saving", "paused"})
WAITING = "queued"
SEARCHED = 500
"""Newest runs of a shared machine among which one's own are looked for."""
REMEMBERED = 10_000
"""Runs whose form is remembered."""


@dataclass(frozen=True)
class Limits:
    """What one visitor may ask of a shared machine."""

    queued_runs: int = 2
    """Runs of one session that wait."""
    waiting_runs: int = 50
    """Runs of all sessions that wait."""
    max_steps: int = 1000
    batch_size: int = 128
    max_length: int = 256
    measured_every: int = 4
    """Steps between measurements, of whichever kind: each costs as much as several steps."""
    sources: int = 8
    hub_rows: int = 20_000
    """Rows of each split of a data set of the Hub."""

    def check(self, config: RunConfig) -> None:
        """Raises ConfigError for the first field above its limit."""
        if config.encoder.name not in ENCODERS:
            # Anybody could fill the disk with encoders that nobody else asks for.
            rule = f"be one of {', '.join(ENCODERS)} on a shared machine"
            raise ConfigError("encoder.name", rule, config.encoder.name)
        _at_most("sources", len(config.sources), self.sources)
        for source in config.sources:
            if isinstance(source, HubSource):
                _at_most("sources.max_rows", source.max_rows, self.hub_rows)
        training = config.training
        steps = self.max_steps + 1 if training.max_steps == -1 else training.max_steps
        _at_most("training.max_steps", steps, self.max_steps)
        _at_most("training.per_device_train_batch_size", training.per_device_train_batch_size, self.batch_size)
        _at_most("training.per_device_eval_batch_size", training.per_device_eval_batch_size, self.batch_size)
        _at_most("encoder.max_length", config.encoder.max_length, self.max_length)
        for name in ("conflict_steps", "affinity_steps"):
            every = getattr(training, name)
            if 0 < every < self.measured_every:
                rule = f"be 0 or at least {self.measured_every} on a shared machine"
                raise ConfigError(f"training.{name}", rule, every, low=self.measured_every, high=MAX_STEPS)


@dataclass(frozen=True)
class _Press:
    """A run as it was asked for."""

    config: RunConfig
    session: str
    at: float


class Starter:
    """Starts runs, each for the session that asked for it."""

    def __init__(
        self,
        store: RunStore,
        queue: RunQueue,
        check: Callable[[RunConfig], None],
        *,
        limits: Limits | None = None,
        uploads: Uploads | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``check`` refuses what no table knows; ``limits`` are those of a shared machine, None for one's own.

        ``uploads`` holds the files that a run may name, by the names it gave them: nobody names a path.
        """
        self._store = store
        self._queue = queue
        self._check = check
        self._limits = limits
        self._uploads = uploads
        self._clock = clock
        self._presses: OrderedDict[str, _Press] = OrderedDict()
        self._lock = Lock()

    @property
    def shared(self) -> bool:
        """Whether strangers use this machine."""
        return self._limits is not None

    def start(self, config: RunConfig | dict[str, Any], session: str) -> str:
        """Creates and queues a run, and returns its id; a second press of the same form returns the first one's.

        Raises:
            ConfigError: An impossible value, or more than a visitor of a shared machine may ask for.
            DataError: A file that it names was never uploaded, or is gone.
            StorageError: The run cannot be written.
        """
        if not isinstance(config, RunConfig):
            config = RunConfig.from_dict(config)
        self.admit(config)
        with self._lock:
            pressed = self._same_press(config, session)
            if pressed:
                return pressed
            self._check_room(session)
            run_id = self._store.create(config, session)
            self._presses[run_id] = _Press(config, session, self._clock())
            if len(self._presses) > REMEMBERED:
                self._presses.popitem(last=False)
            self._queue.submit(run_id)
        return run_id

    def admit(self, config: RunConfig) -> None:
        """Refuses what cannot or may not be run here.

        Raises:
            ConfigError: An impossible value, or more than a visitor of a shared machine may ask for.
            DataError: A file that it names was never uploaded, or is gone.
        """
        self._check(config)
        if self._limits:
            self._limits.check(config)
        for source in config.sources:
            if isinstance(source, FileSource):
                for stored in filter(None, (source.splits.train, source.splits.validation, source.splits.test)):
                    if self._uploads is None:
                        raise refusal("missing", file=stored)
                    self._uploads.path(stored)

    def runs(self, session: str) -> list[RunSummary]:
        """The runs this session may see, newest first: on a shared machine its own, else all."""
        if not self.shared:
            return self._store.list()
        if not session:
            return []
        return [run for run in self._store.list(limit=SEARCHED) if self._started(run.run_id, session)]

    def check_owner(self, run_id: str, session: str) -> None:
        """Refuses to let one visitor of a shared machine end another one's run.

        Raises:
            NotOwner: This session has not started the run.
            RunNotFound: There is no such run.
        """
        if not self._started(run_id, session) and self.shared:
            raise NotOwner(run_id)

    def _same_press(self, config: RunConfig, session: str) -> str | None:
        """The run that this session has just started with the same form, unless it has ended."""
        for run_id, press in reversed(self._presses.items()):
            if self._clock() - press.at >= SAME_PRESS_S:
                return None
            if press.session == session and press.config == config and self._state(run_id) in {WAITING, *AT_WORK}:
                return run_id
        return None

    def _check_room(self, session: str) -> None:
        """Refuses one more run when too many wait."""
        if not self._limits:
            return
        waiting = [run_id for run_id in self._presses if self._state(run_id) == WAITING]
        own = [run_id for run_id in waiting if self._started(run_id, session)]
        if len(own) >= self._limits.queued_runs:
            rule = f"wait until one of your {self._limits.queued_runs} queued runs has begun"
            raise ConfigError("queue", rule, len(own), high=self._limits.queued_runs)
        if len(waiting) >= self._limits.waiting_runs:
            rule = f"wait: the queue of this machine holds at most {self._limits.waiting_runs} runs"
            raise ConfigError("queue", rule, len(waiting), high=self._limits.waiting_runs)

    def _started(self, run_id: str, session: str) -> bool:
        return self._store.owned_by(run_id, session)

    def _state(self, run_id: str) -> str | None:
        """The run's state; None where its folder was deleted."""
        try:
            return self._store.status(run_id).state
        except RunNotFound:
            return None


def _at_most(field: str, found: int, high: int) -> None:
    if found > high:
        raise ConfigError(field, f"be at most {high} on a shared machine", found, low=1, high=high)
