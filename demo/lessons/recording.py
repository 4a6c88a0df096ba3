"""A finished run that is shipped with the page: the first thing a visitor sees, and plan B in a class room.

The folder ``recorded`` holds four small files, written from a real run by ``python -m demo.lessons.record``:

- ``config.json``: the run's config
- ``events.jsonl``: its events, thinned
- ``answers.json``: ``[{"text", "text_pair", "first", "last", "words"}]``, where ``Answers.to_dict`` gives ``first`` and
  ``last``, and ``Explanation.to_dict`` gives ``words``
- ``machine.json``: ``{"machine", "date"}``: where and on which day it was trained
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl.errors import CheckpointError, DataError
from mtl.runs import journal

RECORDED = "recorded"
"""The id under which the page asks for the recorded run."""
FOLDER = Path(__file__).parent / "recorded"
FINAL = ("finished", "stopped")


@dataclass(frozen=True)
class Recording:
    """A recorded run, read whole."""

    config: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    answers: tuple[Mapping[str, Any], ...]
    machine: Mapping[str, str]

    def status(self) -> dict[str, Any]:
        """What ``RunStatus.to_dict`` would say, and ``recorded``: the machine and the date."""
        start: Mapping[str, Any] = next((event for event in self.events if event["type"] == "run_started"), {})
        last = self.events[-1]
        return {
            "run_id": RECORDED,
            "state": last["type"],
            "step": last["step"],
            "max_steps": start.get("max_steps"),
            "elapsed_s": last["elapsed_s"],
            "device": start.get("device"),
            "device_name": start.get("device_name"),
            "recorded": dict(self.machine),
        }

    def answer(self, text: str, text_pair: str) -> dict[str, Any]:
        """The answers that were recorded for this text, in the form of ``Asking.answer``.

        Raises:
            CheckpointError: No answers to this text were recorded. Its ``reason`` is ``recorded``.
        """
        answers = self._of(text, text_pair)
        return {**answers["last"], "before": answers["first"]["answers"]}

    def explain(self, text: str, text_pair: str) -> dict[str, Any]:
        """Which words mattered to those answers, in the form of ``Asking.explain``.

        Raises:
            CheckpointError: That was not recorded. Its ``reason`` is ``recorded``.
        """
        words: dict[str, Any] | None = self._of(text, text_pair).get("words")
        if words is None:
            raise CheckpointError("Which words mattered was not recorded with this run.", reason="recorded")
        return words

    def _of(self, text: str, text_pair: str) -> Mapping[str, Any]:
        asked = (text.strip(), text_pair.strip())
        for answers in self.answers:
            if asked == (answers["text"], answers["text_pair"]):
                return answers
        raise CheckpointError("A recorded run answers only the text it was recorded with.", reason="recorded")


def read_recording(folder: Path = FOLDER) -> Recording | None:
    """The recorded run in the folder, or None where none is shipped.

    Raises:
        DataError: The folder is there, but damaged.
    """
    if not (folder / "events.jsonl").is_file():
        return None
    events: list[Mapping[str, Any]] = []
    cursor = 0
    while (portion := journal.read(folder / "events.jsonl", cursor))[0]:
        events, cursor = [*events, *portion[0]], portion[1]
    if not events or events[-1].get("type") not in FINAL:
        raise DataError("The recorded run has no end.", source=RECORDED, reason="damaged")
    try:
        parts = {
            name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("config", "answers", "machine")
        }
    except (OSError, ValueError) as error:
        raise DataError(f"The recorded run is damaged: {error}.", source=RECORDED, reason="damaged") from error
    return Recording(parts["config"], tuple(events), tuple(parts["answers"]), parts["machine"])
