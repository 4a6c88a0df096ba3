"""How a text is read: with a prefix, as a pair, in windows; and what a window of a row is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedTokenizerBase

from mtl.errors import ConfigError
from mtl.tasks.task import Task, TextView


@dataclass(frozen=True)
class Reading:
    """How the texts of a source are read: alike for all its tasks, which so share one encoder pass."""

    pair: bool = False
    prefix: str = ""
    """Written before every text."""
    stride: int | None = None
    """Tokens that neighbouring windows on a long second text share; None cuts instead."""
    apart: bool = False
    """Whether two texts are read as if each stood alone."""

    @classmethod
    def of(cls, tasks: Sequence[Task]) -> "Reading":
        """How these tasks of one source read it.

        Raises:
            ConfigError: They read different columns, or ask for different prefixes, or read
                two texts together and apart: one pass reads one text in one way.
        """
        columns = sorted({(task.spec.text, task.spec.text_pair or "") for task in tasks})
        if len(columns) > 1:
            raise ConfigError("tasks.text", f"be the same for all tasks of {tasks[0].spec.source!r}", columns)
        prefixes = sorted({task.prefix for task in tasks if task.prefix})
        if len(prefixes) > 1:
            raise ConfigError("tasks.prefix", f"be the same for all tasks of {tasks[0].spec.source!r}", prefixes)
        apart = {task.apart for task in tasks}
        if len(apart) > 1:
            raise ConfigError("tasks.options.apart", f"be the same for all tasks of {tasks[0].spec.source!r}", apart)
        stride = max((task.stride for task in tasks if task.stride is not None), default=None)
        return cls(tasks[0].spec.pair, prefixes[0] if prefixes else "", stride, apart.pop())


@dataclass(frozen=True)
class Example:
    """A tokenised row, or one of several windows on it."""

    input_ids: Sequence[int]
    token_type_ids: Sequence[int] | None
    view: TextView
    labels: Mapping[str, Any] = field(default_factory=dict)
    """The row's labels, None where it has none for a task: held by the first window, None in the others."""
    targets: Mapping[str, Any] = field(default_factory=dict)
    """What this window teaches each task, None where nothing."""
    row: int = 0
    """The row's place in its split."""
    cut: bool = False
    """Whether the text was longer than ``max_length``."""
    segments: Sequence[int] | None = None
    """1 and 2 where two texts are read apart: of which each token is."""

    @property
    def word_starts(self) -> Sequence[int]:
        """The token each word of the text starts at."""
        return self.view.word_starts


def shortened(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], tokens: int) -> list[str]:
    """The texts cut to so many tokens, special ones included: a window needs room for the second text."""
    encoded = tokenizer(list(texts), truncation=True, max_length=tokens, return_offsets_mapping=True, verbose=False)
    long = [bool(encoding.overflowing) for encoding in encoded.encodings]
    ends = [max(end for _, end in offsets) for offsets in encoded["offset_mapping"]]
    return [text[:end] if cut else text for text, cut, end in zip(texts, long, ends, strict=True)]
