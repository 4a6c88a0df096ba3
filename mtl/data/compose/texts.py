"""Texts of the bundled corpus: a scene (what happened) and a verdict (what the writer makes of it).

The scene carries the topic and most names, the verdict the sentiment and the stars, so that every topic meets every
sentiment; either may speak against what single words suggest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from mtl.data.compose.frames import FIRST_PERSON, SLOT, Deck, Grammar, Item, Phrase, realise

Table = Mapping[str, Sequence[str]]
"""Frames by their stars."""
Kinds = frozenset[str]
"""What sort of scene it is: a show, a book, a ride; a frame may ask for some (``book``) or refuse some (``!book``)."""

VOICES = {"review": "personal", "message": "personal", "notice": "notice", "news": "public"}
"""Which verdicts follow a text of each style."""
STARS = {"negative": (1.0, 2.5), "neutral": (3.0, 3.0), "positive": (3.5, 5.0)}
SCENE_ONLY, IRONIC, TURNED, DETAILED, BOTH = 0.1, 0.05, 0.17, 0.42, 0.7
"""Bounds of one draw from [0, 1) that decides what follows the scene, where that is possible: nothing, irony, a detail
and what overturns it, a detail, a detail and a verdict of the same stars; beyond the last, a verdict alone."""
RECURRING = ("thing", "org", "loc", "relative")
"""Slots that later sentences fill as the scene did: it is the same soup. A frame may ask for one (``@thing``)."""

TURNED_AGAINST = {"negative": ("3.5", "4"), "positive": ("2", "2.5")}
"""Stars of the detail that comes before a sentence which overturns it."""


@dataclass(frozen=True)
class Ending:
    """The sentences after the scene, and what they say about it."""

    stars: float
    frames: tuple[str, ...] = ()
    irony: bool = False


class TextComposer:
    """Writes the texts of one split."""

    def __init__(self, grammar: Grammar, rng: Random) -> None:
        self._grammar = grammar
        self._rng = rng
        self._decks: dict[tuple[str, ...], Deck] = {}

    def compose(self, topic: str, sentiment: str) -> dict[str, Any]:
        """One row of this topic and sentiment."""
        scenes = [(style, frame) for style, frames in self._grammar.scenes[topic].items() for frame in frames]
        style, scene = self._draw(scenes, sentiment)
        kinds, scene = kinds_of(scene)
        kinds |= {slot for _, slot, _ in SLOT.findall(scene) if slot in RECURRING}
        ending = self._ending(sentiment, VOICES[style], fitting(self._grammar.details[topic], kinds), kinds)
        bound: dict[str, Phrase] = {}
        phrase = realise(scene, self._grammar.lexicon, self._rng, topic, bound)
        known = {slot: bound[slot] for slot in RECURRING if slot in bound}
        for frame in ending.frames:
            phrase = phrase + Phrase(" ") + realise(frame, self._grammar.lexicon, self._rng, topic, dict(known))
        tokens, entities = phrase.tagged()
        return {
            "text": phrase.text,
            "tokens": tokens,
            "entities": entities,
            "sentiment": sentiment,
            "topic": topic,
            "stars": ending.stars,
            "style": style,
            "irony": ending.irony,
        }

    def _ending(self, sentiment: str, voice: str, details: Table, kinds: Kinds) -> Ending:
        chance = self._rng.random()
        if sentiment == "neutral" and chance < SCENE_ONLY:
            return Ending(3.0)
        ironic = rated(fitting(self._grammar.verdicts[f"{voice}_irony"], kinds), sentiment)
        if ironic and chance < IRONIC:
            stars, verdict = self._draw(ironic)
            return Ending(stars, (verdict,), irony=True)
        turned = TURNED_AGAINST.get(sentiment, ())
        against = [frame for stars in turned for frame in details.get(stars, ())]
        if against and voice == "personal" and chance < TURNED:
            stars, turn = self._verdict("turn", sentiment, kinds)
            return Ending(stars, (self._draw(against), turn))
        facts = rated(details, sentiment)
        if voice != "personal":
            # Announcements and news do not tell what somebody lived through, but they may add a fact.
            facts = [(stars, frame) for stars, frame in facts if stars == 3 and not FIRST_PERSON.search(frame)]
            voice = voice if sentiment != "neutral" else "public"
        if not facts or chance >= BOTH:
            stars, frame = self._verdict(voice, sentiment, kinds)
            return Ending(stars, (frame,))
        stars, fact = self._draw(facts)
        verdicts = rated(fitting(self._grammar.verdicts[voice], kinds), sentiment) if chance >= DETAILED else []
        agreeing = [frame for rating, frame in verdicts if rating == stars]
        return Ending(stars, (fact, self._draw(agreeing)) if agreeing else (fact,))

    def _verdict(self, table: str, sentiment: str, kinds: Kinds) -> tuple[float, str]:
        return self._draw(rated(fitting(self._grammar.verdicts[table], kinds), sentiment))

    def _draw(self, items: Sequence[Item], purpose: str = "") -> Item:
        """The next of these items: each comes once before any of them comes again for the same purpose."""
        key = (purpose, *map(str, items))
        if key not in self._decks:
            self._decks[key] = Deck(items, self._rng)
        return self._decks[key].draw()


def kinds_of(frame: str) -> tuple[Kinds, str]:
    """Splits ``"@book,show It is a tragedy."`` into its kinds and the sentence; most frames have no kind."""
    if not frame.startswith("@"):
        return frozenset(), frame
    kinds, sentence = frame[1:].split(" ", 1)
    return frozenset(kinds.split(",")), sentence


def fitting(table: Table, kinds: Kinds) -> dict[str, list[str]]:
    """The frames that may follow a scene of these kinds, without their own."""
    marked = {stars: [kinds_of(frame) for frame in frames] for stars, frames in table.items()}
    return {stars: [frame for wanted, frame in frames if _fits(wanted, kinds)] for stars, frames in marked.items()}


def _fits(wanted: Kinds, kinds: Kinds) -> bool:
    refused = {kind[1:] for kind in wanted if kind.startswith("!")}
    asked = {kind for kind in wanted if not kind.startswith("!")}
    return not refused & kinds and (not asked or bool(asked & kinds))


def rated(table: Table, sentiment: str) -> list[tuple[float, str]]:
    """The frames whose stars belong to the sentiment, with their stars."""
    low, high = STARS[sentiment]
    return [(float(stars), frame) for stars, frames in table.items() if low <= float(stars) <= high for frame in frames]
