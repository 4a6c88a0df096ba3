"""Passages with questions, in the layout of SQuAD: some facts of a story told, some asked for in other words.

A question has no answer where the passage left its fact out, or where no passage ever tells it (a *trap*); both sound
as plausible as the others. See `SQuAD 2.0 <https://arxiv.org/abs/1806.03822>`_.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from mtl.data.compose.frames import SLOT, Deck, Lexicon, Phrase, Span, leaves, pick, realise, shuffled
from mtl.data.sources import SPLITS
from mtl.errors import DataError

Row = dict[str, Any]
Bound = dict[str, Phrase]
SIZES = {"train": 1050, "validation": 200, "test": 300}
UNANSWERABLE = 0.2
"""Share of questions without an answer."""
TRAPS = 0.4
"""Share of these that ask for what no passage tells; the others ask for a fact that was left out."""
LENGTHS = (2, 2, 2, 2, 2, 3, 3, 4)
"""Sentences after the first; one of these numbers is drawn."""
QUESTIONS = (2, 3)
ATTEMPTS = 200
NO_LISTS = Lexicon({}, {})


@dataclass(frozen=True)
class Fact:
    """One sentence in several wordings, and for each slot in it questions that it answers."""

    say: Sequence[str]
    ask: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Story:
    """What can be told about one thing; the first fact opens every passage."""

    title: str
    fillers: Mapping[str, Sequence[str]]
    facts: Sequence[Fact]
    traps: Sequence[str]


def passages(folder: Path) -> dict[str, list[Row]]:
    """The rows of all splits: ``{id, title, context, question, answers: {text, answer_start}}``."""
    composed: dict[str, list[Row]] = {}
    for split in SPLITS:
        composer = Composer(stories(folder / split / "passages.toml"), Random(f"passages {split}"))
        rows = composer.compose(SIZES[split])
        composed[split] = [{"id": f"{split}-{number:04d}", **row} for number, row in enumerate(rows)]
    return composed


def stories(path: Path) -> list[Story]:
    """The stories of one split."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Story(
            title=story["title"],
            fillers={**table["names"], **story["fill"]},
            facts=[Fact(fact["say"], fact["ask"]) for fact in story["fact"]],
            traps=story["trap"]["ask"],
        )
        for story in table["story"]
    ]


class Composer:
    """Writes the passages of one split, each once."""

    def __init__(self, stories: Sequence[Story], rng: Random) -> None:
        self._deck = Deck(stories, rng)
        self._rng = rng
        self._told: set[str] = set()

    def compose(self, size: int) -> list[Row]:
        """As many questions; those about one passage stay together."""
        rows: list[Row] = []
        owed = 0.0
        while len(rows) < size:
            story = self._deck.draw()
            context, bound, told = self._passage(story)
            number = min(pick(QUESTIONS, self._rng), size - len(rows))
            owed += number * UNANSWERABLE
            without = min(int(owed), 1)
            owed -= without
            pairs = self._answerable(told, bound, context)[: number - without]
            pairs += self._unanswerable(story, told, bound)[:without]
            for question, answers in shuffled(pairs, self._rng):
                title = self._text(story.title, bound)
                rows.append({"title": title, "context": context.text, "question": question, "answers": answers})
        return rows

    def _passage(self, story: Story) -> tuple[Phrase, Bound, list[Fact]]:
        for _ in range(ATTEMPTS):
            bound = self._names(story)
            others = shuffled(list(story.facts[1:]), self._rng)[: pick(LENGTHS, self._rng)]
            told = [fact for fact in story.facts if fact is story.facts[0] or fact in others]
            context = Phrase("")
            for fact in told:
                sentence = realise(pick(fact.say, self._rng), NO_LISTS, self._rng, bound=bound)
                context = context + sentence if not context.text else context + Phrase(" ") + sentence
            once = all(
                context.text.count(context.text[span.start : span.end]) == 1
                for span in context.spans
                if asked(span, told)
            )
            if once and context.text not in self._told:
                self._told.add(context.text)
                return context, bound, told
        raise DataError(f"A story should allow more passages. Found too few of {story.title!r}.", story=story.title)

    def _names(self, story: Story) -> Bound:
        """What every slot of the story stands for; no two share a word, so that an answer is one place only."""
        frames = [story.title, *leaves([[fact.say, fact.ask] for fact in story.facts]), *story.traps]
        slots = {slot + number: slot for frame in frames for _, slot, number in SLOT.findall(frame)}
        bound: Bound = {}
        for key, slot in slots.items():
            taken = {
                word
                for phrase in bound.values()
                for word in phrase.text.split()
                if word[0].isupper() or word[0].isdigit()
            }
            free = [
                filler
                for filler in story.fillers.get(key, story.fillers.get(slot, ()))
                if not taken & set(filler.split())
            ]
            if not free:
                raise DataError(f"A slot should have more fillers. Found too few for `{{{key}}}`.", slot=key)
            text = pick(free, self._rng)
            bound[key] = Phrase(text, (Span(0, len(text), key),))
        return bound

    def _answerable(self, told: Sequence[Fact], bound: Bound, context: Phrase) -> list[tuple[str, Row]]:
        pairs = []
        for fact in told:
            slot = pick(sorted(fact.ask), self._rng)
            span = next((span for span in context.spans if span.type == slot), None)
            if span is not None:
                answers = {"text": [context.text[span.start : span.end]], "answer_start": [span.start]}
                pairs.append((self._text(pick(fact.ask[slot], self._rng), bound), answers))
        return shuffled(pairs, self._rng)

    def _unanswerable(self, story: Story, told: Sequence[Fact], bound: Bound) -> list[tuple[str, Row]]:
        left_out = [question for fact in story.facts if fact not in told for question in leaves(fact.ask)]
        frames = story.traps if self._rng.random() < TRAPS else left_out
        return [(self._text(pick(frames, self._rng), bound), {"text": [], "answer_start": []})]

    def _text(self, frame: str, bound: Bound) -> str:
        return realise(frame, NO_LISTS, self._rng, bound=bound).text


def asked(span: Span, told: Sequence[Fact]) -> bool:
    """Whether some question wants this part of the passage."""
    return any(span.type in fact.ask for fact in told)
