"""Sentences in English, German and Chinese from one parallel grammar.

A frame is one sentence pattern written three times. All languages fill its slots with the same words, each in the form
it needs: ``{v.past}``, ``{n.the.dat}``, ``{vo.le}``. Words recur in every split; sentence patterns (the frames of a
split) and pairs of words (`share`) do not.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

from mtl.data.compose.frames import Deck, shuffled
from mtl.data.compose.roles import LANGUAGES, Cast, Frame, Unfit
from mtl.data.compose.sentences import chinese, english, german
from mtl.data.compose.words import Words
from mtl.data.sources import SPLITS
from mtl.errors import DataError

Row = dict[str, Any]
SIZES = {"train": 2750, "validation": 300, "test": 400}
NEW_PATTERNS = 0.75
"""Share of validation and test that stands in patterns train never shows; the rest are known patterns."""
SHARES = {0: "test", 1: "validation"}
PARTS = 5
"""One pair of words in five is kept for test, one for validation."""
ATTEMPTS = 60
"""Draws for one frame before the next frame has its turn."""


def translations(folder: Path) -> dict[str, list[Row]]:
    """The rows of all splits: ``{en, de, zh}``, composed train first, for the others may only use its words.

    Raises:
        DataError: The frames give fewer rows than asked for.
    """
    words = Words(folder / "translations_words.toml")
    frames: dict[str, list[Frame]] = {split: _frames(folder / split / "translations.toml") for split in SPLITS}
    composer = Composer(words)
    rows: dict[str, list[Row]] = {}
    for split, size in SIZES.items():
        rng = Random(f"translations {split}")
        fresh = size if split == "train" else round(size * NEW_PATTERNS)
        composed = composer.compose(frames[split], split, fresh, rng)
        composed += composer.compose(frames["train"], split, size - fresh, rng)
        rows[split] = shuffled(composed, rng)
        if split == "train":
            composer.close(rows[split])
    return rows


def share(pair: tuple[str, str]) -> str:
    """The split that a pair of words belongs to."""
    return SHARES.get(crc32(" ".join(pair).encode()) % PARTS, "train")


def _frames(path: Path) -> list[Frame]:
    return tomllib.loads(path.read_text(encoding="utf-8"))["frame"]


class Composer:
    """Writes rows, never the same sentence twice in any language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._said: dict[str, set[str]] = {language: set() for language in LANGUAGES}
        self._vocabulary: dict[str, set[str]] = {}

    def close(self, rows: list[Row]) -> None:
        """From now on only words of these rows are used."""
        self._vocabulary = {
            language: {word for row in rows for word in tokens(row[language])} for language in LANGUAGES
        }

    def compose(self, frames: list[Frame], split: str, size: int, rng: Random) -> list[Row]:
        """As many rows, taking turns among the frames."""
        deck, misses = Deck(frames, rng), 0
        rows: list[Row] = []
        while len(rows) < size:
            row = next(self._drawn(deck.draw(), split, rng), None)
            if row:
                rows.append(row)
                for language in LANGUAGES:
                    self._said[language].add(row[language])
            misses = 0 if row else misses + 1
            if misses > len(frames):
                raise DataError(f"The frames of {split} should give {size} rows. Found {len(rows)}.", split=split)
        return rows

    def _drawn(self, frame: Frame, split: str, rng: Random) -> Iterator[Row]:
        for _ in range(ATTEMPTS):
            try:
                cast = Cast(frame, self._words, rng)
            except Unfit:
                continue
            if any(share(pair) != split for pair in cast.pairs()):
                continue
            row = {"en": english(frame["en"], cast), "de": german(frame["de"], cast), "zh": chinese(frame["zh"], cast)}
            if all(row[language] not in self._said[language] for language in LANGUAGES) and self._known(row):
                yield row

    def _known(self, row: Row) -> bool:
        return all(set(tokens(row[language])) <= known for language, known in self._vocabulary.items())


def tokens(sentence: str) -> list[str]:
    """Words without case, or single characters where no spaces part words."""
    return re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", sentence.casefold())
