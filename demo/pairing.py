"""What the Relations tab asks of the server about runs of pairs: how they are, what they tell, and to start them.

Everything comes from the run folders. ``look`` can be reached by anybody with any argument: it checks all of it, and
never raises.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from demo.pace import Paces
from demo.portion import short
from demo.problems import plain_error
from demo.relating import plain
from demo.starting import Starter
from mtl.analysis.gains import transfer_gains
from mtl.analysis.results import read_events
from mtl.errors import MtlError
from mtl.runs.known import FINISHED
from mtl.runs.pairing import PairEntry, Pairings, short_steps
from mtl.runs.store import RunStore

KEPT = 1024
"""Finished runs whose losses are kept in memory."""


class Pairing:
    """Answers the tab, and starts what is missing."""

    def __init__(self, store: RunStore, starter: Starter) -> None:
        self._store = store
        self._starter = starter
        self._pairings = Pairings(store, owned=starter.shared)
        self._paces = Paces(store)
        self._losses: dict[str, Sequence[Mapping[str, Any]]] = {}

    def look(self, args: object = None) -> dict[str, Any]:
        """How the runs of pairs of ``args["run"]`` are: counts, seconds that the missing ones take, and the gains."""
        run_id = args.get("run") if isinstance(args, Mapping) else None
        run_id = run_id if isinstance(run_id, str) else ""
        try:
            entries = self._pairings.entries(run_id)
            steps = self._pairings.steps(run_id)
            gain = self._gain(entries)
            estimate = self._estimate(run_id, [entry for entry in entries if entry.missing], steps)
        except MtlError as error:
            return {"run": run_id, "problem": plain_error(error)}
        return {
            "run": run_id,
            "count": len(entries),
            "missing": sum(entry.missing for entry in entries),
            "done": sum(_finished(entry) for entry in entries),
            "now": next((_described(entry) for entry in entries if _at_work(entry)), None),
            "steps": short_steps(steps),
            "estimate": estimate,
            "gain": short(gain),
            "problem": None,
        }

    def start(self, run_id: str, session: str) -> int:
        """Starts the runs that are missing, and tells how many. On a refusal those before it stay started.

        Raises:
            NotOwner: On a shared machine the run is somebody else's.
            MtlError: As ``Starter.start`` and ``Pairings.entries``.
        """
        self._starter.check_owner(run_id, session)
        missing = [entry for entry in self._pairings.entries(run_id) if entry.missing]
        for entry in missing:
            self._starter.start(entry.config, session)
        return len(missing)

    def _estimate(self, run_id: str, missing: Sequence[PairEntry], steps: int) -> float | None:
        """Seconds; None where the run itself has not come to its end."""
        if not missing or self._store.status(run_id).state != FINISHED:
            return None
        pace, part = self._paces(run_id), short_steps(steps) / steps
        return sum(pace.seconds(entry.names, part) for entry in missing)

    def _gain(self, entries: Sequence[PairEntry]) -> dict[str, Any] | None:
        """The gains as far as runs have finished; None before the first pair has."""
        done = {entry.names: self._losses_of(str(entry.run_id)) for entry in entries if _finished(entry)}
        if not any(len(names) == 1 for names in done):
            return None
        found = transfer_gains(done)
        return plain(found) if any(True for _ in found.effects()) else None

    def _losses_of(self, run_id: str) -> Sequence[Mapping[str, Any]]:
        if run_id not in self._losses:
            if len(self._losses) >= KEPT:
                self._losses.clear()
            events = read_events(self._store, run_id)
            self._losses[run_id] = [each for each in events if each["type"] == "loss" and each["split"] == "validation"]
        return self._losses[run_id]


def _finished(entry: PairEntry) -> bool:
    return entry.status is not None and entry.status.state == FINISHED


def _at_work(entry: PairEntry) -> bool:
    status = entry.status
    return status is not None and not status.final and status.state != "queued"


def _described(entry: PairEntry) -> dict[str, Any]:
    status = entry.status
    return {"tasks": list(entry.names), "step": status and status.step, "max_steps": status and status.max_steps}
