"""Texts as tokens: cut or in windows, pairs together or apart, and where words stand in them.

B texts · L tokens
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from mtl.data.reading import Reading, shortened

WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
Range = tuple[int, int]


@dataclass(frozen=True)
class Tokens:
    """The tokens of a row, or of one of several windows on it."""

    input_ids: list[int]
    offsets: Sequence[Range]
    """Of each token its characters in its text, with the prefix; an empty range for a special token."""
    texts: Sequence[int | None]
    """Which text each token is of, 0 or 1; None for special tokens."""
    token_type_ids: list[int] | None = None
    segments: list[int] | None = None
    """1 and 2 where the two texts are read apart from each other."""
    row: int = 0
    cut: bool = False
    """Whether tokens were left out."""


def tokenised(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    max_length: int,
    reading: Reading,
) -> tuple[list[Tokens], list[str]]:
    """The tokens of texts or pairs, windows of a row after each other, and the first texts as they were read.

    Without a stride, texts are cut to ``max_length`` tokens, the longer of a pair first. With one, a long second text
    is read in windows that overlap by ``stride`` tokens (at most a quarter of ``max_length``), each after the first
    text, which may fill half of a window. Of two texts that are read apart each may fill half of ``max_length``.
    """
    read = [reading.prefix + text for text in texts]
    if reading.apart and pairs is not None:
        return _apart(tokenizer, read, pairs, max_length // 2), read
    options: dict[str, Any] = {"truncation": "longest_first"}
    if reading.stride is not None and pairs is not None:
        read = shortened(tokenizer, read, max_length // 2)
        stride = min(reading.stride, max_length // 4)
        options = {"truncation": "only_second", "stride": stride, "return_overflowing_tokens": True}
    return _tokens(tokenizer, read, pairs, max_length, options), read


def _tokens(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    max_length: int,
    options: dict[str, Any],
) -> list[Tokens]:
    seconds = None if pairs is None else list(pairs)
    encoded = tokenizer(
        list(texts), seconds, max_length=max_length, return_offsets_mapping=True, verbose=False, **options
    )
    types = encoded.get("token_type_ids") if pairs is not None else None
    rows = encoded.get("overflow_to_sample_mapping") or range(len(texts))
    return [
        Tokens(
            encoded["input_ids"][at],
            encoded["offset_mapping"][at],
            encoded.sequence_ids(at),
            types[at] if types else None,
            row=row,
            cut="stride" not in options and bool(encoded.encodings[at].overflowing),
        )
        for at, row in enumerate(rows)
    ]


def _apart(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], pairs: Sequence[str], max_length: int
) -> list[Tokens]:
    """Each text with special tokens of its own, the second after the first."""
    firsts, seconds = (_tokens(tokenizer, side, None, max_length, {"truncation": True}) for side in (texts, pairs))
    return [
        Tokens(
            [*first.input_ids, *second.input_ids],
            [*first.offsets, *second.offsets],
            [*first.texts, *(None if which is None else 1 for which in second.texts)],
            segments=[1] * len(first.input_ids) + [2] * len(second.input_ids),
            row=first.row,
            cut=first.cut or second.cut,
        )
        for first, second in zip(firsts, seconds, strict=True)
    ]


def apart_inputs(segments: Tensor, first_position: int | None) -> dict[str, Tensor]:
    """What an encoder takes so that each segment is read as if it stood alone.

    Args:
        segments: ``[B, L]``, 1 and 2 for the two texts, 0 for padding.
        first_position: Where the encoder counts its positions from; None where they are relative.
    """
    same = segments.unsqueeze(2) == segments.unsqueeze(1)  # [B, L, L]
    # Padding attends to padding: a row without anything to attend to would be NaN.
    away = torch.finfo(torch.float32).min
    mask = torch.zeros(same.shape, device=same.device).masked_fill(~same, away).unsqueeze(1)  # [B, 1, L, L]
    if first_position is None:
        return {"attention_mask": mask}
    places = torch.arange(segments.shape[1], device=segments.device).expand_as(segments)
    starts = torch.where(segments == 2, (segments == 1).sum(1, keepdim=True), 0)  # [B, L]
    starts = torch.where(segments == 0, places, starts)
    return {"attention_mask": mask, "position_ids": places - starts + first_position}


def split_words(text: str) -> list[Range]:
    """Character ranges of words and punctuation marks."""
    return [match.span() for match in WORD.finditer(text)]


def word_ranges(text: str, words: Sequence[str]) -> list[Range]:
    """Character ranges of given words, in order; an empty range for a word that is not in the text."""
    ranges, position = [], 0
    for word in words:
        start = text.find(word, position)
        if start < 0:
            ranges.append((position, position))
            continue
        position = start + len(word)
        ranges.append((start, position))
    return ranges


def first_tokens(words: Sequence[Range], offsets: Sequence[Range], end: int) -> list[int]:
    """The first token of each word, by character ranges of the tokens; -1 for a word without one.

    Args:
        words: Character ranges of the words, in order.
        offsets: Character ranges of the tokens; special tokens have an empty one.
        end: Tokens from here on belong to another text.
    """
    starts, token = [], 0
    for first, last in words:
        while token < end and (offsets[token][0] == offsets[token][1] or offsets[token][1] <= first):
            token += 1
        inside = token < end and offsets[token][0] < last and first < last
        starts.append(token if inside else -1)
    return starts
