"""Requests to a helper at home: what is wanted, and the words that say with what.

Clock times, days, durations, numbers, rooms, colours and vehicles recur in every split; all frames and all other
fillers belong to one split.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from mtl.data.compose.frames import Deck, Lexicon, Phrase, pick, realise, shuffled
from mtl.data.sources import SPLITS
from mtl.errors import DataError

Row = dict[str, Any]
SIZES = {"train": 1800, "validation": 252, "test": 351}
OPENED, CLOSED = 0.2, 0.2
"""How often a word of greeting comes before a request, and how often one of thanks after it."""
DAY_PART = re.compile(r"\b(morning|afternoon|evening|noon|midnight|night|tonight)\b")
ATTEMPTS = 200


def commands(folder: Path) -> dict[str, list[Row]]:
    """The rows of all splits: ``{text, tokens, slots, intent}``, all intents equally often."""
    closed = tomllib.loads((folder / "commands.toml").read_text(encoding="utf-8"))["entity"]
    said: set[str] = set()
    composed: dict[str, list[Row]] = {}
    for split in SPLITS:
        grammar = tomllib.loads((folder / split / "commands.toml").read_text(encoding="utf-8"))
        composer = RequestComposer(grammar, closed, Random(f"commands {split}"), said)
        composed[split] = composer.compose(SIZES[split])
    return composed


class RequestComposer:
    """Writes the requests of one split; none is ``said`` twice."""

    def __init__(self, grammar: Mapping[str, Any], closed: Mapping[str, Any], rng: Random, said: set[str]) -> None:
        self._frames: Mapping[str, list[str]] = grammar["frames"]
        self._say: Mapping[str, list[str]] = grammar["say"]
        self._lexicon = Lexicon({**closed, **grammar["entity"]}, {})
        self._rng, self._said = rng, said

    def compose(self, size: int) -> list[Row]:
        """As many rows, the intents in turn, each with its frames in turn."""
        intents = list(self._frames)
        decks = {intent: Deck(frames, self._rng) for intent, frames in self._frames.items()}
        rows = [self._row(intents[number % len(intents)], decks) for number in range(size)]
        return shuffled(rows, self._rng)

    def _row(self, intent: str, decks: Mapping[str, Deck]) -> Row:
        for _ in range(ATTEMPTS):
            phrase = realise(self._sentence(decks[intent].draw()), self._lexicon, self._rng)
            if phrase.text.casefold() not in self._said and possible(phrase):
                self._said.add(phrase.text.casefold())
                tokens, slots = phrase.tagged()
                return {"text": phrase.text, "tokens": tokens, "slots": slots, "intent": intent}
        raise DataError(f"The requests should allow more texts. Found too few of {intent!r}.", intent=intent)

    def _sentence(self, frame: str) -> str:
        """The frame as a sentence, with a greeting or thanks now and then."""
        end = "?" if frame.endswith("?") else "."
        sentence = frame.removesuffix("?")
        # After a message, thanks would be a part of it, and nobody thanks for a question.
        if self._rng.random() < CLOSED and end == "." and not sentence.endswith("{message}"):
            sentence += pick(self._say["close"], self._rng)
        if self._rng.random() < OPENED:
            sentence = pick(self._say["open"], self._rng) + sentence
        return sentence + end


def possible(phrase: Phrase) -> bool:
    """Whether its days and times go together: one part of the day, and no clock time of a whole week."""
    said = [(span.type, phrase.text[span.start : span.end]) for span in phrase.spans if span.type in ("date", "time")]
    parts = sum(len(DAY_PART.findall(words)) for _, words in said)
    week = any("week" in words for _, words in said)
    return parts <= 1 and not (week and any(type == "time" for type, _ in said))
