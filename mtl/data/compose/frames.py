"""A small grammar: frames with slots, lists of fillers, and texts that remember which words are entities.

A frame is a sentence such as ``"{per} and I shared {a thing} at {org}."``. A slot is filled from the list of its name;
``{a thing}`` also writes the article. Every split has a folder of its own with frames and fillers; `load` reads one.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from mtl.errors import DataError

Item = TypeVar("Item")
TOKEN = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
"""A word with its inner apostrophes, or one punctuation mark."""
SLOT = re.compile(r"\{(a )?([a-z]+)(\d?)\}")
ATTEMPTS = 1000
"""Draws of one filler before its list counts as too short for the frame."""
FIRST_PERSON = re.compile(r"\b(i|we|me|us|my|our|mine|ours|myself|ourselves)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """A name inside a text: character offsets and entity type."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Phrase:
    """A text together with the names in it."""

    text: str
    spans: tuple[Span, ...] = ()

    def __add__(self, other: "Phrase") -> "Phrase":
        moved = tuple(Span(span.start + len(self.text), span.end + len(self.text), span.type) for span in other.spans)
        return Phrase(self.text + other.text, self.spans + moved)

    def tagged(self) -> tuple[list[str], list[str]]:
        """The tokens and the BIO tag of each."""
        tokens, tags = [], []
        for match in TOKEN.finditer(self.text):
            span = next((span for span in self.spans if span.start <= match.start() < span.end), None)
            tokens.append(match.group())
            tags.append("O" if span is None else f"{'B' if match.start() == span.start else 'I'}-{span.type}")
        return tokens, tags


class Deck:
    """Draws every item once, in random order, before any item comes again."""

    def __init__(self, items: Sequence[Item], rng: Random) -> None:
        self._items = list(items)
        self._left: list[Any] = []
        self._rng = rng

    def draw(self) -> Any:
        """The next item."""
        if not self._left:
            self._left = shuffled(self._items, self._rng)
        return self._left.pop()


def pick(items: Sequence[Item], rng: Random) -> Item:
    """One item; built on ``random()`` alone, whose sequence Python promises to keep."""
    return items[int(rng.random() * len(items))]


def shuffled(items: Sequence[Item], rng: Random) -> list[Item]:
    """The items in random order, see `pick`."""
    return [item for _, item in sorted(((rng.random(), item) for item in items), key=lambda pair: pair[0])]


DRAWS = 50
"""Attempts to find a filler unlike the others; a short list may have none."""


class Lexicon:
    """The fillers of one split."""

    def __init__(self, entities: Mapping[str, Mapping[str, Any]], plain: Mapping[str, Sequence[str]]) -> None:
        self._entities = entities
        self._plain = plain

    def fill(self, slot: str, topic: str | None, rng: Random) -> Phrase:
        """A filler of the slot, tagged when it is a name.

        Raises:
            DataError: No list has this name.
        """
        if slot in ("per", "full"):
            return self._person(slot == "full", rng)
        if slot in self._entities:
            entity = self._entities[slot]
            text = pick(entity["names"] if "names" in entity else entity[str(topic)], rng)
            # An article does not belong to the name: "the [Salted Fig]".
            return Phrase(text, (Span(len("the ") if text.startswith("the ") else 0, len(text), entity["type"]),))
        for key in (slot, f"{slot}.{topic}"):
            if key in self._plain:
                return Phrase(pick(self._plain[key], rng))
        raise DataError(f"A frame should use slots that have fillers. Found `{{{slot}}}`.", slot=slot)

    def _person(self, full: bool, rng: Random) -> Phrase:
        names = self._entities["per"]
        text = pick(names["first"], rng)
        if full or rng.random() < 0.4:
            text += " " + pick(names["last"], rng)
        return Phrase(text, (Span(0, len(text), "PER"),))

    def fillers(self) -> set[str]:
        """Every filler that is not a closed-class word (numbers recur in all splits)."""
        lists = [value for key, value in self._plain.items() if key not in ("n", "big")]
        for entity in self._entities.values():
            lists += [value for key, value in entity.items() if key != "type"]
        return {filler for values in lists for filler in values}

    def extended(self, plain: Mapping[str, Sequence[str]]) -> "Lexicon":
        """The same names with further plain lists."""
        return Lexicon(self._entities, {**self._plain, **plain})


def realise(
    frame: str, lexicon: Lexicon, rng: Random, topic: str | None = None, bound: dict[str, Phrase] | None = None
) -> Phrase:
    """Fills the slots of a frame and capitalises the sentence.

    ``bound`` keeps what a slot was filled with, so that several frames speak of the same names; without it every
    occurrence is drawn anew, and differs from the others in this frame.
    """
    result, end = Phrase(""), 0
    known = {} if bound is None else bound
    for match in SLOT.finditer(frame):
        article, slot, number = match.groups()
        key = slot + number
        filler = known.get(key)
        if filler is None:
            filler = _unlike(known.values(), slot, lexicon, topic, rng)
        known[key if bound is not None else str(len(known))] = filler
        before = frame[end : match.start()]
        if filler.text.startswith("the "):
            before = before.removesuffix("the ").removesuffix("The ")
        elif article:
            before += "an " if filler.text[0].lower() in "aeiou" else "a "
        result += Phrase(before) + filler
        end = match.end()
    result += Phrase(frame[end:])
    return Phrase(_capitalised(result.text), result.spans)


def _unlike(others: Iterable[Phrase], slot: str, lexicon: Lexicon, topic: str | None, rng: Random) -> Phrase:
    """A filler that does not begin like one of the others: two people of one text have different first names."""
    taken = {_first_word(other) for other in others}
    for _ in range(ATTEMPTS):
        filler = lexicon.fill(slot, topic, rng)
        if _first_word(filler) not in taken:
            return filler
    raise DataError(f"A slot should have more fillers than a frame uses. Found `{{{slot}}}`.", slot=slot)


def _first_word(phrase: Phrase) -> str:
    """The first word that is no article."""
    return next(word for word in phrase.text.split() if word not in ("a", "an", "the"))


def _capitalised(text: str) -> str:
    first = next(i for i, char in enumerate(text) if char.isalnum())
    return text[:first] + text[first].upper() + text[first + 1 :]


def leaves(tree: Any) -> list[str]:
    """All strings of a nested table, in order: the frames of a grammar file."""
    if isinstance(tree, str):
        return [tree]
    values = tree.values() if isinstance(tree, Mapping) else tree
    return [leaf for value in values for leaf in leaves(value)]


@dataclass(frozen=True)
class Grammar:
    """Frames and fillers of one split, as the files hold them."""

    lexicon: Lexicon
    scenes: Mapping[str, Mapping[str, Sequence[str]]]
    verdicts: Mapping[str, Mapping[str, Sequence[str]]]
    details: Mapping[str, Mapping[str, Sequence[str]]]
    families: Sequence[Mapping[str, Sequence[str]]]
    questions: Mapping[str, Sequence[str]]

    def frames(self) -> list[str]:
        """All frames."""
        return leaves([self.scenes, self.verdicts, self.details, self.families, self.questions])


def load(folder: Path) -> Grammar:
    """Reads the five files of one split."""
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))}
    names = Lexicon(files["names"]["entity"], files["names"]["plain"])
    return Grammar(
        lexicon=names.extended(files["questions"]["plain"]),
        scenes=files["scenes"],
        verdicts=files["verdicts"],
        details=files["details"],
        families=files["pairs"]["family"],
        questions=files["questions"]["frames"],
    )
