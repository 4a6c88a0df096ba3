"""News of a few sentences with a headline that says it shorter, and the topic.

Kinds of news, their headlines and the words in them are shared by all splits; how the news is told belongs to one
split each, and so does every pair of words that meet in a headline.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from mtl.data.compose.frames import SLOT, Deck, Lexicon, Phrase, pick, realise, shuffled
from mtl.data.compose.translations import share
from mtl.data.sources import SPLITS
from mtl.errors import DataError

Row = dict[str, Any]
Telling = Mapping[str, Mapping[str, Sequence[str]]]
SIZES = {"train": 1400, "validation": 200, "test": 300}
OPENED, ADDED, CLOSED = 0.35, 0.6, 0.2
"""How often a sentence comes before the news, and how often one or two come after it."""
USUAL = 0.75
"""How often a headline takes the first of the two patterns for its kind of news."""
ATTEMPTS = 200
NO_LISTS = Lexicon({}, {})


def headlines(folder: Path) -> dict[str, list[Row]]:
    """The rows of all splits: ``{text, headline, topic}``."""
    shared = tomllib.loads((folder / "headlines.toml").read_text(encoding="utf-8"))
    written: set[str] = set()
    composed: dict[str, list[Row]] = {}
    for split in SPLITS:
        telling = tomllib.loads((folder / split / "headlines.toml").read_text(encoding="utf-8"))
        newsroom = Newsroom(shared, telling, split, written)
        newsroom.known = words(composed.get("train", []))
        composed[split] = newsroom.compose(SIZES[split], Random(f"headlines {split}"))
    return composed


def words(rows: Sequence[Row]) -> set[str]:
    """All words of their headlines, without case and commas."""
    return {word.strip(",").casefold() for row in rows for word in row["headline"].split()}


class Newsroom:
    """Writes the news of one split; no text is ``written`` twice."""

    def __init__(self, shared: Mapping[str, Any], telling: Telling, split: str, written: set[str]) -> None:
        self._words, self._events = shared["words"], shared["event"]
        self._telling, self._split, self._written = telling, split, written
        self.known: set[str] = set()
        """The words that a headline may use; any if there are none."""

    def compose(self, size: int, rng: Random) -> list[Row]:
        """As many rows, all topics equally often as far as the number allows."""
        topics: dict[str, list[str]] = {}
        for key, event in self._events.items():
            topics.setdefault(event["topic"], []).append(key)
        decks = {topic: Deck(keys, rng) for topic, keys in topics.items()}
        order = list(decks)
        rows = [self._row(decks[order[number % len(order)]].draw(), rng) for number in range(size)]
        return shuffled(rows, rng)

    def _row(self, key: str, rng: Random) -> Row:
        event = self._events[key]
        for _ in range(ATTEMPTS):
            bound = self._names(key, rng)
            head = event["head"][rng.random() >= USUAL]
            slots = [slot + number for _, slot, number in SLOT.findall(event["head"][0])]
            pair = (bound[slots[0]].text, bound[slots[1]].text if len(slots) > 1 else key)
            text = self._text(key, bound, rng)
            headline = realise(head, NO_LISTS, rng, bound=bound).text
            row = {"text": text, "headline": headline, "topic": event["topic"]}
            known = not self.known or words([row]) <= self.known
            if known and share(pair) == self._split and text not in self._written:
                self._written.add(text)
                return row
        raise DataError(f"The news should allow more texts. Found too few of {key!r}.", event=key)

    def _names(self, key: str, rng: Random) -> dict[str, Phrase]:
        event, telling = self._events[key], self._telling
        frames = [
            *event["head"],
            *telling[key]["lead"],
            *telling[key]["more"],
            *telling["any"]["open"],
            *telling["any"]["close"],
        ]
        bound: dict[str, Phrase] = {}
        for slot in sorted({slot + number for frame in frames for _, slot, number in SLOT.findall(frame)}):
            taken = {phrase.text for phrase in bound.values()}
            words = event.get(slot.rstrip("12"), self._words.get(slot.rstrip("12")))
            bound[slot] = Phrase(pick([word for word in words if word not in taken], rng))
        return bound

    def _text(self, key: str, bound: dict[str, Phrase], rng: Random) -> str:
        own, shared = self._telling[key], self._telling["any"]
        frames = [pick(shared["open"], rng)] if rng.random() < OPENED else []
        frames.append(pick(own["lead"], rng))
        after = [pick(own["more"], rng)] if rng.random() < ADDED else []
        if not after or rng.random() < CLOSED:
            after.append(pick(shared["close"], rng))
        return " ".join(realise(frame, NO_LISTS, rng, bound=bound).text for frame in [*frames, *after])
