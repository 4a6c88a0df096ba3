"""What the Relations tab asks of the server about single-task encoders: whether they are there, and how alike they are.

What was found lies in the run's folder, so that it is still there after a reload or a restart. ``look`` can be reached
by anybody with any argument: it checks all of it, and never raises.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.errands import Errands
from demo.portion import short
from demo.problems import plain_error
from demo.starting import Starter
from mtl.errors import MtlError
from mtl.runs.known import FINISHED
from mtl.runs.race import LIKENESS, Entry, Races
from mtl.runs.store import RunStore

COMPARING_S = 180.0


class Likening:
    """Answers the tab, and has the encoders compared."""

    def __init__(self, store: RunStore, starter: Starter, errands: Errands) -> None:
        self._store = store
        self._starter = starter
        self._errands = errands
        self._races = Races(store, owned=starter.shared)

    def look(self, args: object = None) -> dict[str, Any]:
        """Which tasks of ``args["run"]`` have not been trained alone, and what was found of the encoders of all."""
        run_id = args.get("run") if isinstance(args, Mapping) else None
        run_id = run_id if isinstance(run_id, str) else ""
        try:
            alone = self._alone(run_id)
            found = self._read(run_id)
        except MtlError as error:
            return {"run": run_id, "problem": plain_error(error)}
        current = found and found.get("runs") == alone
        return {
            "run": run_id,
            "missing": [task for task, twin in alone.items() if twin is None],
            "found": short(found) if current else None,
            "problem": None,
        }

    def compare(self, run_id: str, session: str) -> dict[str, Any]:
        """Compares the encoders in a process of its own, and waits for it: ``{"done": …}`` or ``{"error": …}``.

        Raises:
            NotOwner: On a shared machine the run is somebody else's.
            MtlError: As ``Races.entries``.
        """
        self._starter.check_owner(run_id, session)
        alone = {task: str(self._store.folder(twin)) for task, twin in self._alone(run_id).items() if twin}
        asked = {"do": "liken", "folder": str(self._store.folder(run_id)), "alone": alone}
        return self._errands.run(asked, f"liken {session}", COMPARING_S)

    def _alone(self, run_id: str) -> dict[str, str | None]:
        """The finished twin of each task, with its snapshot."""
        entries = self._races.entries(run_id)
        return {
            entry.task: entry.run_id if self._usable(entry) else None for entry in entries if entry.task is not None
        }

    def _usable(self, entry: Entry) -> bool:
        finished = entry.run_id and entry.status and entry.status.state == FINISHED
        return bool(finished and self._store.newest_snapshot(str(entry.run_id)))

    def _read(self, run_id: str) -> dict[str, Any] | None:
        """What was found before; None for no file, and for one that is none of ours."""
        file: Path = self._store.folder(run_id) / LIKENESS
        try:
            found = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None
