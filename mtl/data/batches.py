"""From rows to tensors: tokenised once, bucketed by length, collated with labels of every task of the source.

B texts · L tokens
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from random import Random
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from mtl.data.reading import Example, Reading
from mtl.data.sources import Row
from mtl.data.tokens import first_tokens, split_words, tokenised, word_ranges
from mtl.tasks.features import Features
from mtl.tasks.task import Task, TextView


@dataclass(frozen=True)
class Batch:
    """Texts of one source as tensors, with the labels of its tasks."""

    source: str
    input_ids: Tensor  # [B, L]
    attention_mask: Tensor  # [B, L], 1 for a real token
    token_type_ids: Tensor | None = None  # [B, L], which of two texts a token belongs to
    labels: Mapping[str, Tensor] = field(default_factory=dict)
    views: Sequence[TextView] = ()
    labelled: Mapping[str, int] = field(default_factory=dict)
    """How many of the texts have a label of each task."""
    segments: Tensor | None = None  # [B, L], 1 and 2 for two texts that are read apart, 0 for padding

    def __len__(self) -> int:
        return len(self.input_ids)

    def inputs(self) -> dict[str, Tensor]:
        """What an encoder takes."""
        inputs = {"input_ids": self.input_ids, "attention_mask": self.attention_mask}
        return inputs if self.token_type_ids is None else {**inputs, "token_type_ids": self.token_type_ids}

    def features(self, hidden: Tensor) -> Features:
        """What a head reads, from hidden states ``[B, L, H]``."""
        return Features(hidden, self.attention_mask, self.views, self.segments)

    def to(self, device: torch.device) -> "Batch":
        """The same batch with its tensors on the device."""
        types = None if self.token_type_ids is None else self.token_type_ids.to(device)
        labels = {name: tensor.to(device) for name, tensor in self.labels.items()}
        ids, mask = self.input_ids.to(device), self.attention_mask.to(device)
        segments = None if self.segments is None else self.segments.to(device)
        return Batch(self.source, ids, mask, types, labels, self.views, self.labelled, segments)


def encode_texts(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    words: Sequence[Sequence[tuple[int, int]]],
    max_length: int,
    reading: Reading | None = None,
) -> list[Example]:
    """Tokenises texts, or pairs of texts, once, as ``tokenised`` says; a row's windows follow each other."""
    reading = reading or Reading(pairs is not None)
    encoded, read = tokenised(tokenizer, texts, pairs, max_length, reading)
    shift = len(reading.prefix)
    examples = []
    for tokens in encoded:
        row = tokens.row
        end = next((at for at, which in enumerate(tokens.texts) if which == 1), len(tokens.texts))
        starts = first_tokens([(first + shift, last + shift) for first, last in words[row]], tokens.offsets, end)
        inside = [span if which == 1 else (0, 0) for span, which in zip(tokens.offsets, tokens.texts, strict=True)]
        view = TextView(texts[row], words[row], starts, pairs[row] if pairs is not None else None, inside)
        cut = tokens.cut or len(read[row]) < shift + len(texts[row])
        examples.append(
            Example(tokens.input_ids, tokens.token_type_ids, view, segments=tokens.segments, row=row, cut=cut)
        )
    return examples


def encode_rows(
    tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], tasks: Sequence[Task], max_length: int
) -> list[Example]:
    """Tokenises the rows of one source and encodes the labels of its tasks.

    Windows from which no task can learn anything are left out, except the first of a row.

    Raises:
        ConfigError: The tasks do not agree on how to read the source.
        DataError: A label is none of its task's.
    """
    spec = tasks[0].spec
    texts = [str(row[spec.text]) for row in rows]
    pairs = [str(row[spec.text_pair]) for row in rows] if spec.text_pair else None
    column = next((task.spec.tokens for task in tasks if task.spec.tokens), None)
    words: list[list[tuple[int, int]]] = [[] for _ in rows]
    if any(task.copies for task in tasks):
        words = [split_words(text) for text in texts]
    if column:
        words = [word_ranges(text, row.get(column) or ()) for text, row in zip(texts, rows, strict=True)]
    labels = [{task.name: task.encode(row) for task in tasks} for row in rows]
    examples = encode_texts(tokenizer, texts, pairs, words, max_length, Reading.of(tasks))
    return [
        example
        for row, windows in groupby(examples, key=lambda example: example.row)
        for example in _label(list(windows), labels[row], tasks)
    ]


def _label(windows: Sequence[Example], labels: Mapping[str, Any], tasks: Sequence[Task]) -> list[Example]:
    """A row's windows with what each task learns from them."""
    views = [window.view for window in windows]
    nothing: dict[str, Any] = dict.fromkeys(labels)
    targets = {
        task.name: task.targets(labels[task.name], views) if labels[task.name] is not None else [None] * len(views)
        for task in tasks
    }
    labelled = [
        replace(
            window,
            labels=nothing if at else labels,
            targets={name: each[at] for name, each in targets.items()},
        )
        for at, window in enumerate(windows)
    ]
    return [each for at, each in enumerate(labelled) if not at or each.targets != nothing]


def collate(source: str, examples: Sequence[Example], tasks: Sequence[Task], pad_id: int) -> Batch:
    """Pads examples to the longest of them."""
    length = max(len(example.input_ids) for example in examples)
    ids = torch.full((len(examples), length), pad_id)  # [B, L]
    mask = torch.zeros((len(examples), length), dtype=torch.long)  # [B, L]
    typed = examples[0].token_type_ids is not None
    types = torch.zeros((len(examples), length), dtype=torch.long) if typed else None  # [B, L]
    segmented = any(example.segments is not None for example in examples)
    segments = torch.zeros((len(examples), length), dtype=torch.long) if segmented else None  # [B, L]
    for row, example in enumerate(examples):
        size = len(example.input_ids)
        ids[row, :size] = torch.tensor(example.input_ids)
        mask[row, :size] = 1
        if types is not None and example.token_type_ids is not None:
            types[row, :size] = torch.tensor(example.token_type_ids)
        if segments is not None:
            segments[row, :size] = torch.tensor(example.segments or [1] * size)
    views = [example.view for example in examples]
    labels = {
        task.name: task.collate([example.targets.get(task.name) for example in examples], views, length)
        for task in tasks
    }
    labelled = {task.name: sum(example.targets.get(task.name) is not None for example in examples) for task in tasks}
    return Batch(source, ids, mask, types, labels, views, labelled, segments)


def by_length(examples: Sequence[Example], batch_size: int) -> Iterator[list[int]]:
    """Indices in batches of similar length, longest first: for evaluation, where order does not matter."""
    order = sorted(range(len(examples)), key=lambda index: -len(examples[index].input_ids))
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


class BucketedStream:
    """An endless, seeded stream of batches in which texts of similar length come together.

    Each pass over the rows is a new permutation. A pool of up to ``pool_size`` rows is sorted by length, and a batch
    is a random run of neighbours in it; what is left of a pool opens the next batch, so every row is drawn once a
    pass, whatever its length.
    """

    def __init__(self, lengths: Sequence[int], seed: int, pool_size: int = 2048) -> None:
        self._lengths = lengths
        self._random = Random(seed)
        self._pool_size = pool_size
        self._pass: list[int] = []
        self._pool: list[int] = []
        self.drawn = 0

    def take(self, count: int) -> list[int]:
        """Indices of the next ``count`` rows."""
        batch: list[int] = []
        while len(batch) + len(self._pool) < count:
            batch += self._pool
            self._refill()
        wanted = count - len(batch)
        start = self._beside(batch, wanted) if batch else self._run(wanted)
        batch += self._pool[start : start + wanted]
        del self._pool[start : start + wanted]
        self.drawn += count
        return batch

    def _run(self, count: int) -> int:
        """Where a random run of neighbours begins. Runs lie end to end, from the shortest text or from the longest."""
        runs, rest = divmod(len(self._pool), count)
        return self._random.randrange(runs) * count + self._random.choice((0, rest))

    def _beside(self, batch: Sequence[int], count: int) -> int:
        """Where the rows begin that are nearest in length to those a batch already has."""
        middle = self._lengths[batch[len(batch) // 2]]
        at = bisect_left(self._pool, middle, key=self._lengths.__getitem__)
        return min(max(0, at - count // 2), len(self._pool) - count)

    def _refill(self) -> None:
        if not self._pass:
            self._pass = list(range(len(self._lengths)))
            self._random.shuffle(self._pass)
        fresh, self._pass = self._pass[: self._pool_size], self._pass[self._pool_size :]
        self._pool = sorted(fresh, key=self._lengths.__getitem__)
