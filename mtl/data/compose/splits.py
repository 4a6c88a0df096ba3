"""Composes the splits of the bundled corpus from its grammar.

Each split is composed from its own folder of frames and fillers, so that none of them recurs in another split.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from mtl.data.compose.commands import commands
from mtl.data.compose.frames import TOKEN, Deck, Grammar, load, realise, shuffled
from mtl.data.compose.headlines import headlines
from mtl.data.compose.pairs import PairComposer
from mtl.data.compose.passages import passages
from mtl.data.compose.texts import STARS, TextComposer
from mtl.data.compose.translations import translations
from mtl.data.corpus import BUNDLED, QUESTION_TYPES, RELATIONS, TOPICS
from mtl.data.sources import SPLITS
from mtl.errors import DataError

Row = dict[str, Any]
GRAMMAR = BUNDLED / "grammar"
SEED = 7
TEXTS_PER_CELL = {"train": 72, "validation": 14, "test": 19}
"""Texts for each of the 24 pairs of topic and sentiment."""
PAIRS_PER_RELATION = {"train": 400, "validation": 80, "test": 110}
QUESTIONS_PER_TYPE = {"train": 160, "validation": 30, "test": 42}
LONGEST = 36
"""Tokens of the longest text."""
WHOLE: Mapping[str, Callable[[Path], dict[str, list[Row]]]] = {
    "translations": translations,
    "passages": passages,
    "headlines": headlines,
    "commands": commands,
}
"""Sources whose splits are composed together, from the folder of the grammar."""
ATTEMPTS = 400
"""Draws of one row before the grammar counts as too small for the number of rows asked of it."""


def composed() -> Iterator[tuple[str, bytes]]:
    """Name and content of every file of the corpus."""
    writers: dict[str, Callable[[Grammar, str, Random], list[Row]]] = {
        "texts": texts,
        "pairs": pairs,
        "questions": questions,
    }
    for split in SPLITS:
        grammar = load(Path(GRAMMAR, split))
        for source, write in writers.items():
            yield written(source, split, write(grammar, split, Random(f"{source} {split} {SEED}")))
    for source, write_splits in WHOLE.items():
        composed_splits = write_splits(GRAMMAR)
        for split in SPLITS:
            yield written(source, split, composed_splits[split], (",", ":"))


def written(source: str, split: str, rows: list[Row], separators: tuple[str, str] | None = None) -> tuple[str, bytes]:
    """Name and content of one file; ``separators`` as in `json.dumps`."""
    lines = (json.dumps(row, ensure_ascii=False, separators=separators) + "\n" for row in rows)
    return f"{source}.{split}.jsonl", "".join(lines).encode()


def texts(grammar: Grammar, split: str, rng: Random) -> list[Row]:
    """Texts of a split, as many for every pair of topic and sentiment."""
    composer = TextComposer(grammar, rng)
    cells = [(topic, sentiment) for topic in TOPICS for sentiment in STARS]
    return _distinct(composer.compose, cells * TEXTS_PER_CELL[split], rng)


def pairs(grammar: Grammar, split: str, rng: Random) -> list[Row]:
    """Pairs of a split, as many for every relation."""
    composer = PairComposer(grammar.families, grammar.lexicon, rng)
    return _distinct(composer.compose, [(relation,) for relation in RELATIONS] * PAIRS_PER_RELATION[split], rng)


def questions(grammar: Grammar, split: str, rng: Random) -> list[Row]:
    """Questions of a split, as many of every type."""
    decks = {kind: Deck(grammar.questions[kind], rng) for kind in QUESTION_TYPES}

    def compose(kind: str) -> Row:
        return {"text": realise(decks[kind].draw(), grammar.lexicon, rng).text, "question_type": kind}

    return _distinct(compose, [(kind,) for kind in QUESTION_TYPES] * QUESTIONS_PER_TYPE[split], rng)


def normalised(row: Row) -> str:
    """The words of a row without case, punctuation and, in a pair, order: rows that agree here are duplicates."""
    sides = (
        " ".join(token for token in TOKEN.findall(row[side].casefold()) if token[0].isalnum())
        for side in ("text", "text_pair")
        if side in row
    )
    return " / ".join(sorted(sides))


def _distinct(compose: Callable[..., Row], cells: Sequence[tuple[str, ...]], rng: Random) -> list[Row]:
    """One row for every cell, in random order; a row that was seen or is too long is drawn again."""
    rows: dict[str, Row] = {}
    for cell in cells:
        for _ in range(ATTEMPTS):
            row = compose(*cell)
            key = normalised(row)
            if key not in rows and len(row.get("tokens", ())) <= LONGEST:
                rows[key] = row
                break
        else:
            raise DataError(f"The grammar should have enough frames. Found too few for {cell}.", cell=list(cell))
    return shuffled(list(rows.values()), rng)
