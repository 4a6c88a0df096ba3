"""What the Compare tab asks of the server: how a race is, what picked runs say, and both as files to take away.

Everything comes from the run folders. Whoever knows a run's id may look at it, as with ``Feed.watch``; starting runs is
the Starter's, with its limits. ``look`` can be reached by anybody with any argument: it checks all of it, and never
raises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from demo.card import card, differences_table, scores_table
from demo.exports import Sheet, export, scores_of
from demo.feed import Feed
from demo.pace import Paces
from demo.problems import plain_error
from demo.starting import Starter
from demo.text import Text
from mtl.analysis.comparison import Comparison, compare
from mtl.analysis.overlay import differences
from mtl.analysis.racing import compare_entries, finished_heats
from mtl.analysis.results import Results
from mtl.errors import ComparisonError, ConfigError, MtlError, RunNotFound
from mtl.runs.config import RunConfig
from mtl.runs.known import FINISHED
from mtl.runs.race import Entry, Races
from mtl.runs.store import RunStore

MOST = 6
"""Runs that are drawn over one another."""
LETTERS = "ABCDEF"


class Comparing:
    """Answers the tab of one language."""

    def __init__(self, store: RunStore, starter: Starter, feed: Feed, text: Text) -> None:
        self._store = store
        self._starter = starter
        self._feed = feed
        self._text = text
        self._races = Races(store, owned=starter.shared)
        self._read = Results(store)
        self._paces = Paces(store)

    def look(self, args: object = None) -> dict[str, Any]:
        """How a race or picked runs are, a run's new points, or a file: by ``args["ask"]``.

        ``{"ask": "watch", "run", "cursor"}`` is ``Feed.watch``. ``{"ask": "race", "run", "seeds"}`` and
        ``{"ask": "runs", "runs": [id, …]}`` tell what the tab shows; with ``"file"`` they give that file.
        """
        args = args if isinstance(args, Mapping) else {}
        if args.get("ask") == "watch":
            return self._feed.watch(args)
        try:
            if args.get("ask") == "race":
                return self._race(_text_of(args.get("run")), args.get("seeds"), args.get("file"))
            runs = args.get("runs")
            named = runs if isinstance(runs, list | tuple) else []
            return self._runs([_text_of(each) for each in named][:MOST], args.get("file"))
        except MtlError as error:
            return {"problem": plain_error(error)}

    def start(self, run_id: str, seeds: int, session: str) -> int:
        """Starts the runs that a race lacks, and tells how many. On a refusal those before it stay started.

        Raises:
            NotOwner: On a shared machine the run is somebody else's.
            MtlError: As ``Starter.start`` and ``Races.entries``.
        """
        self._starter.check_owner(run_id, session)
        missing = [entry for entry in self._races.entries(run_id, seeds) if entry.missing]
        for entry in missing:
            self._starter.start(entry.config, session)
        return len(missing)

    def runs(self, session: str) -> list[dict[str, Any]]:
        """The runs that this session may see, newest first, as the tab lists them."""
        found = []
        for line in self._starter.runs(session):
            try:
                config = self._store.config(line.run_id)
            except (RunNotFound, ConfigError):
                continue
            found.append({**line.to_dict(), "seed": config.training.seed, "part": bool(config.within)})
        return found

    # ---- a race ----

    def _race(self, run_id: str, seeds: object, file: object) -> dict[str, Any]:
        entries = self._races.entries(run_id, seeds if isinstance(seeds, int) else 1)
        done = finished_heats(entries)
        compared = compare_entries(done, self._read) if done else None
        if file:
            there = [entry for entry in entries if entry.run_id is not None]
            names = {str(entry.run_id): self._entry_name(entry) for entry in there}
            styles = [0 if entry.task is None else 1 for entry in there]
            return export(self._store, self._read, self._text, str(file), Sheet(names, styles, compared, race=True))
        return {
            "entries": [_described(entry) for entry in entries],
            "card": card(self._text, compared) if compared else None,
            "seeds": len({entry.seed for entry in entries}),
            "seeds_done": len({entry.seed for entry in done}),
            "estimate": self._estimate(run_id, [entry for entry in entries if entry.missing]),
            "problem": None,
        }

    def _estimate(self, run_id: str, missing: Sequence[Entry]) -> float | None:
        """Seconds that the missing runs will take: this run's own, of which a task alone takes its source's share."""
        if not missing or self._store.status(run_id).state != FINISHED:
            return None
        pace = self._paces(run_id)
        return sum(pace.seconds(None if entry.task is None else [entry.task]) for entry in missing)

    def _entry_name(self, entry: Entry) -> str:
        words = self._text.compare
        name = words.together if entry.task is None else self._text.named(self._text.tasks, entry.task)
        name = name if entry.task is None else words.alone.replace("{task}", name)
        return f"{name} · {words.seed.replace('{n}', str(entry.seed))}"

    # ---- runs that were picked ----

    def _runs(self, ids: Sequence[str], file: object) -> dict[str, Any]:
        ids = list(dict.fromkeys(ids))
        if not ids:
            return {"runs": [], "problem": None}
        try:
            configs = {run_id: self._store.config(run_id) for run_id in ids}
        except RunNotFound as error:
            gone = str(error.details.get("run_id"))
            message = f"Run {gone} cannot be compared: it has been deleted, or there never was one."
            raise ComparisonError(message, reason="deleted", run=gone) from error
        letters, sides = _sides(configs)
        names = {run_id: self._run_name(letters[run_id], config) for run_id, config in configs.items()}
        compared, problem = self._compared(sides)
        if file:
            styles = [LETTERS.index(letters[each]) for each in ids]
            return export(self._store, self._read, self._text, str(file), Sheet(names, styles, compared))
        rows = differences([config.to_dict() for config in configs.values()])
        between = (self._text.card.first, self._text.card.second)
        return {
            "runs": [
                {"run": each, "name": names[each], "style": LETTERS.index(letters[each]), "state": self._state(each)}
                for each in ids
            ],
            "card": card(self._text, compared, between) if compared else None,
            "scores": scores_table(self._text, list(names.values()), scores_of(self._read, ids)),
            "differences": differences_table(self._text, list(names.values()), rows),
            "problem": plain_error(problem) if problem else None,
        }

    def _compared(self, sides: Sequence[Sequence[str]]) -> tuple[Comparison | None, ComparisonError | None]:
        """What two sides say, or why they say nothing; of one side, or of more than two, there is nothing to say."""
        if len(sides) != 2:
            return None, None
        try:
            first, second = ([self._read(each) for each in side] for side in sides)
            return compare(first, second), None
        except ComparisonError as error:
            return None, error

    def _state(self, run_id: str) -> str:
        return self._store.status(run_id).state

    def _run_name(self, letter: str, config: RunConfig) -> str:
        return f"{letter} · {self._text.compare.seed.replace('{n}', str(config.training.seed))}"


def _sides(configs: Mapping[str, RunConfig]) -> tuple[dict[str, str], list[list[str]]]:
    """Runs that differ only in their seed are one side. Gives the letter of each run's side, and the sides."""
    sides: dict[RunConfig, list[str]] = {}
    for run_id, config in configs.items():
        sides.setdefault(replace(config, training=replace(config.training, seed=0)), []).append(run_id)
    letters = {run_id: LETTERS[at] for at, side in enumerate(sides.values()) for run_id in side}
    return letters, list(sides.values())


def _described(entry: Entry) -> dict[str, Any]:
    status = entry.status
    told = {"state": status.state, "step": status.step, "max_steps": status.max_steps} if status else {}
    return {"seed": entry.seed, "task": entry.task, "run": entry.run_id, "missing": entry.missing, **told}


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""
