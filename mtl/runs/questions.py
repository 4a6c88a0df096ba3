"""Questions to a run while it trains: one small file each, answered by its worker between two steps.

``questions/<id>.json`` asks, ``questions/<id>.answer.json`` replies; whoever asked takes both away.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtl.runs.json_files import write_json
from mtl.runs.selected import NEWEST

LOOK_EVERY = 0.02
"""Seconds between two looks for an answer."""
AT_ONCE = 4
"""Questions answered between two steps: many who ask at the same time must not bring training to a halt."""
ANSWERS, WORDS = ABOUT = ("answers", "words")
"""What a question may want to know."""
STALE_S = 60.0
"""A question this old has nobody left who waits for its answer."""


@dataclass(frozen=True)
class Question:
    """One text, or pair of texts, for all heads."""

    text: str
    text_pair: str | None = None
    which: str = NEWEST
    """Whose weights are asked: ``newest``, ``best`` or ``each``."""
    about: str = ANSWERS
    """What is wanted: the ``answers``, or the ``words`` that mattered to them."""
    id: str = ""


def ask(
    folder: Path, question: Question, deadline_s: float, wanted: Callable[[], bool] = lambda: True
) -> dict[str, Any] | None:
    """Asks the worker of the run in ``folder``; gives its reply, or None if there is none in time.

    Args:
        folder: The run's.
        question: What is asked.
        deadline_s: Seconds after which nobody waits any longer.
        wanted: Is asked now and then whether to go on waiting; the run may have ended meanwhile.
    """
    asked = _place(folder) / f"{secrets.token_hex(8)}.json"
    answered = _answer_of(asked)
    end = time.monotonic() + deadline_s
    try:
        asked.parent.mkdir(exist_ok=True)
        write_json(asked, {name: value for name, value in asdict(question).items() if name != "id"})
        while time.monotonic() < end and wanted():
            with suppress(FileNotFoundError):
                reply: dict[str, Any] = json.loads(answered.read_text("utf-8"))
                return reply
            time.sleep(LOOK_EVERY)
        return None
    except OSError:  # a full disk takes no question; the run's snapshots still answer
        return None
    finally:
        for path in (asked, answered):
            with suppress(OSError):
                path.unlink(missing_ok=True)


class Desk:
    """The worker's side: what is asked, oldest first."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = _place(folder)
        self._clock = clock

    def waiting(self) -> list[Question]:
        """The next questions, at most ``AT_ONCE``; stale and damaged ones are thrown away."""
        found: list[tuple[float, Question]] = []
        with suppress(FileNotFoundError):
            for entry in os.scandir(self._folder):
                if entry.name.endswith(".json") and not entry.name.endswith(".answer.json"):
                    with suppress(OSError):
                        found += self._read(Path(entry.path))
        return [question for _, question in sorted(found, key=lambda item: item[0])][:AT_ONCE]

    def reply(self, question: Question, answer: Mapping[str, Any]) -> None:
        """Answers; a disk that takes no answer leaves the question open until nobody waits for it."""
        asked = self._folder / f"{question.id}.json"
        with suppress(OSError):
            write_json(_answer_of(asked), answer)
            asked.unlink(missing_ok=True)

    def _read(self, path: Path) -> list[tuple[float, Question]]:
        since = path.stat().st_mtime
        try:
            if self._clock() - since < STALE_S:
                asked = json.loads(path.read_text("utf-8"))
                texts = asked["text"], asked["text_pair"]
                rest = asked.get("which", NEWEST), asked.get("about", ANSWERS)
                return [(since, Question(*texts, *rest, id=path.stem))]
        except (ValueError, TypeError, KeyError):
            pass
        path.unlink(missing_ok=True)
        return []


def _place(folder: Path) -> Path:
    return folder / "questions"


def _answer_of(asked: Path) -> Path:
    return asked.with_suffix(".answer.json")
