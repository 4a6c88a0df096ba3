"""Where a passage answers, in characters and in tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """Where a passage answers a question: a label with all right answers, or a prediction, the best answer first."""

    passage: str
    spans: tuple[tuple[int, int], ...]
    """Characters [first, last) of the passage; of a label none if there is no answer."""
    scores: tuple[float, ...] = ()
    """The sum of each predicted span's two logits."""
    nowhere: float = -math.inf
    """The same sum for "no answer"."""

    @property
    def texts(self) -> list[str]:
        """The answers as they stand in the passage."""
        return [self.passage[first:last] for first, last in self.spans]

    @property
    def margin(self) -> float:
        """By how much "no answer" is likelier than the best answer."""
        if not self.spans:
            return math.inf
        return self.nowhere - self.scores[0] if self.scores else -math.inf


def positions(
    offsets: Sequence[tuple[int, int]], first: tuple[int, int], last: tuple[int, int]
) -> tuple[int, int] | None:
    """The tokens of a window with these characters; several may share theirs, as the bytes of one character do."""
    begins = [at for at, span in enumerate(offsets) if span == first]
    ends = [at for at, span in enumerate(offsets) if span == last]
    return (begins[0], ends[-1]) if begins and ends else None


def trimmed(text: str, first: int, last: int) -> tuple[int, int]:
    """The span without blanks at its ends: some tokenizers count a blank as part of the next word."""
    part = text[first:last]
    return first + len(part) - len(part.lstrip()), last - (len(part) - len(part.rstrip()))


def tokens_of(offsets: Sequence[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int] | None:
    """The first and the last token of a window that the span touches; None where the window lacks a part of it."""
    tokens = [at for at, (first, last) in enumerate(offsets) if first < last and first < span[1] and last > span[0]]
    if not tokens or offsets[tokens[0]][0] > span[0] or offsets[tokens[-1]][1] < span[1]:
        return None
    return tokens[0], tokens[-1]
