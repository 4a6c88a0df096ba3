"""Pairs of sentences: the same meaning in other words, another claim about the same subject, or another subject.

Words alone should not tell: a related pair may differ in one number or name only, and two sentences about different
subjects may name the same people.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from mtl.data.compose.frames import SLOT, Deck, Lexicon, Phrase, pick, realise, shuffled

Family = Mapping[str, Sequence[str]]
Bound = dict[str, Phrase]
CHANGED_FILLER = 0.25
"""Share of related pairs that differ in a number or a name, not in the verb."""
SAME_NAMES = 0.7
"""Share of different pairs that speak about the same names."""


class PairComposer:
    """Writes the pairs of one split."""

    def __init__(self, families: Sequence[Family], lexicon: Lexicon, rng: Random) -> None:
        self._families = list(families)
        self._lexicon = lexicon
        self._rng = rng
        self._decks = {relation: Deck(self._families, rng) for relation in ("same meaning", "related", "different")}

    def compose(self, relation: str) -> dict[str, Any]:
        """One row of this relation."""
        family = self._decks[relation].draw()
        first, second = shuffled(family["same"], self._rng)[:2]
        bound: Bound = {}
        text = self._sentence(first, bound)
        if relation == "same meaning":
            other = self._sentence(second, bound)
        elif relation == "related":
            other = self._related(family, first, second, bound)
        else:
            other = self._different(family, bound)
        pair = (text, other) if self._rng.random() < 0.5 else (other, text)
        return {"text": pair[0], "text_pair": pair[1], "relation": relation}

    def _related(self, family: Family, first: str, second: str, bound: Bound) -> str:
        slots = [slot + number for _, slot, number in SLOT.findall(first)]
        if not slots or self._rng.random() >= CHANGED_FILLER:
            return self._sentence(pick(family["other"], self._rng), bound)
        changed = pick(slots, self._rng)
        kept = {slot: filler for slot, filler in bound.items() if slot != changed}
        while changed not in kept or kept[changed] == bound[changed]:
            kept.pop(changed, None)
            frame = first if self._rng.random() < 0.5 else second
            text = self._sentence(frame, kept)
        return text

    def _different(self, family: Family, bound: Bound) -> str:
        other = pick([other for other in self._families if other is not family], self._rng)
        frames = [*other["same"], *other["other"]]
        return self._sentence(pick(frames, self._rng), bound if self._rng.random() < SAME_NAMES else {})

    def _sentence(self, frame: str, bound: Bound) -> str:
        return realise(frame, self._lexicon, self._rng, bound=bound).text
