"""Which words mattered to which head for what it says about a text: gradient × input.

W windows · L tokens · H hidden size
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from mtl.data.reading import Reading
from mtl.data.tokens import tokenised
from mtl.model import MultiTaskModel
from mtl.questioning import Read, cleaned, read

ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Characters that are words by themselves: Chinese and Japanese are written without spaces."""
UNIT = re.compile(rf"[{ALONE}]|[^\W{ALONE}]+(?:['’][^\W{ALONE}]+)*|[^\w\s]")


@dataclass(frozen=True)
class Word:
    """A word of what was asked: characters [``start``, ``end``) of the first text (0) or the second (1)."""

    text: int
    start: int
    end: int


@dataclass(frozen=True)
class Explained:
    """What a head says, and the part of each word in it."""

    of: str
    """What is said: the label, the number, the answer; empty where the head says that there is none."""
    value: float
    """The number that is explained: a logit, a sum of logits, the number, or a log-probability."""
    weights: tuple[float | None, ...]
    """Of each word its part, positive for, negative against; sizes sum to 1. None where the head did not read it."""
    rest: float
    """The part of special tokens and of what stands before every text, on the same scale."""
    scale: float
    """The sum of the sizes before they were made to sum to 1: times a weight it is gradient × input itself."""
    step: int

    def to_dict(self, words: Sequence[int]) -> dict[str, Any]:
        """Plain values for JSON, with the weights of these words."""
        parts = [self.weights[at] for at in words]
        return {
            "of": self.of,
            "value": self.value,
            "weights": [None if part is None else round(part, 4) for part in parts],
            "rest": round(self.rest, 4),
            "scale": self.scale,
            "step": self.step,
        }


@dataclass(frozen=True)
class Explanation:
    """The same words for all heads."""

    step: int
    text: str
    text_pair: str | None
    words: tuple[Word, ...]
    tasks: Mapping[str, Explained]
    missing_pair: tuple[str, ...] = ()
    """Tasks that compare two texts and were given one."""
    silent: tuple[str, ...] = field(default=())
    """Tasks that say nothing about the text: no entity, no text; or whose gradient is not finite."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, shares with four digits; of a text that was cut only the words that were read."""
        every = list(self.tasks.values())
        seen = [at for at in range(len(self.words)) if any(each.weights[at] is not None for each in every)]
        return {
            "step": self.step,
            "text": self.text,
            "text_pair": self.text_pair,
            "words": [[self.words[at].text, self.words[at].start, self.words[at].end] for at in seen],
            "tasks": {name: each.to_dict(seen) for name, each in self.tasks.items()},
            "missing_pair": list(self.missing_pair),
            "silent": list(self.silent),
        }


def explain(
    model: MultiTaskModel, text: str, text_pair: str | None = None, step: int = 0, tasks: Sequence[str] | None = None
) -> Explanation:
    """How much each word counts for what each head says, or those of some tasks; the model is in evaluation mode.

    Gradient × input: `Deep Inside Convolutional Networks <https://arxiv.org/abs/1312.6034>`_ (Simonyan et al., 2013)
    for the gradient, `Not Just a Black Box <https://arxiv.org/abs/1605.01713>`_ (Shrikumar et al., 2016) for the
    product. Of token i with embedding eᵢ, as the encoder looks it up, and of what is said, c: Σₕ eᵢₕ ∂c/∂eᵢₕ; a word
    gets the sum of its tokens. c is the logit of the label that is said (of several labels, or of all words in
    entities, the sum), the number of a regression, start plus end logit of the best answer, or the log-probability of
    the text that is written.

    For a linear model these parts sum to c (without its constant), and each is what c loses without the token. An
    encoder is not linear: the parts then hold for small changes only, may be noisy, miss what is saturated, and say
    nothing about why a word matters. They explain the answer, not the truth; parts of two heads have no common unit,
    hence each head's sizes sum to 1.

    One pass through the encoder, and one backward for each task. No gradient is left behind, and no random number is
    drawn. Under sharing schemes with several encoders a word's part is the sum over all embeddings of it.

    Raises:
        ConfigError: The text is empty.
    """
    text, text_pair, _ = cleaned(text, text_pair)
    names = list(model.tasks) if tasks is None else list(tasks)
    words = [*units(text, 0), *units(text_pair, 1)]
    found: dict[str, Explained] = {}
    with torch.enable_grad(), embeddings_of(model) as leaves:
        reads = read(model, text, text_pair or None, names)
        places = Places(model, words)
        for each in reads:
            explained = _explained(model, each, leaves, places, step)
            if explained is not None:
                found[each.task.name] = explained
    heard = {each.task.name for each in reads}
    return Explanation(
        step,
        text,
        text_pair or None,
        tuple(words),
        {name: found[name] for name in names if name in found},
        tuple(name for name in names if name not in heard),
        tuple(name for name in names if name in heard and name not in found),
    )


def joined(names: Sequence[str], found: Sequence[Explanation]) -> Explanation:
    """One explanation of several models, each of which explained other tasks of the same text."""
    tasks = {name: explained for each in found for name, explained in each.tasks.items()}
    missing = {name for each in found for name in each.missing_pair}
    silent = {name for each in found for name in each.silent}
    return replace(
        found[0],
        step=max(each.step for each in found),
        tasks={name: tasks[name] for name in names if name in tasks},
        missing_pair=tuple(name for name in names if name in missing),
        silent=tuple(name for name in names if name in silent),
    )


def units(text: str, which: int) -> list[Word]:
    """The words of a text, punctuation marks among them; each Chinese or Japanese character is a word."""
    return [Word(which, *match.span()) for match in UNIT.finditer(text)]


@contextmanager
def embeddings_of(model: MultiTaskModel) -> Iterator[list[Tensor]]:
    """The tokens' embeddings, ``[W, L, H]``, as every encoder of the model looks them up while this lasts.

    Each is cut off from the weights it comes from, and asks for a gradient.
    """
    leaves: list[Tensor] = []

    def keep(_: nn.Module, __: object, output: Tensor) -> Tensor:
        leaves.append(output.detach().requires_grad_())
        return leaves[-1]

    encoders = [module for module in model.sharing.modules() if isinstance(module, PreTrainedModel)]
    tables = {id(table): table for table in (encoder.get_input_embeddings() for encoder in encoders)}
    hooks = [table.register_forward_hook(keep) for table in tables.values()]
    try:
        yield leaves
    finally:
        for hook in hooks:
            hook.remove()


def token_parts(value: Tensor, leaves: Sequence[Tensor]) -> Tensor:
    """Gradient × input of each token, ``[W, L]``: the sum over the embedding's dimensions, and over all embeddings."""
    gradients = torch.autograd.grad(value, leaves, retain_graph=True, allow_unused=True)
    parts = [
        (gradient * leaf).detach().float().sum(-1)
        for gradient, leaf in zip(gradients, leaves, strict=True)
        if gradient is not None
    ]
    return torch.stack(parts).sum(0)


class Places:
    """Which words each token of a question belongs to, worked out once for each way of reading it."""

    def __init__(self, model: MultiTaskModel, words: Sequence[Word]) -> None:
        self._model, self._words = model, words
        self._known: dict[Reading, list[list[list[tuple[int, float]]]]] = {}

    def sums(self, each: Read, parts: Sequence[Sequence[float]]) -> tuple[list[float | None], float]:
        """The sums of each word's tokens, None for a word that was not read, and that of the tokens of no word."""
        if each.reading not in self._known:
            self._known[each.reading] = self._find(each)
        sums: dict[int, float] = {}
        rest = 0.0
        for window, values in zip(self._known[each.reading], parts, strict=True):
            for members, value in zip(window, values, strict=False):  # after the window's tokens comes padding
                for at, share in members:
                    sums[at] = sums.get(at, 0.0) + share * value
                rest += 0.0 if members else value
        return [sums.get(at) for at in range(len(self._words))], rest

    def _find(self, each: Read) -> list[list[list[tuple[int, float]]]]:
        """Of each window and token the words, and the share of each by the characters they have in common."""
        view, how = each.views[0], each.reading
        pairs = None if view.pair is None else [view.pair]
        encoded, _ = tokenised(self._model.tokenizer, [view.text], pairs, self._model.max_length, how)
        shift = len(how.prefix)
        return [
            [
                self._members(which, first - shift * (which == 0), last - shift * (which == 0))
                for (first, last), which in zip(tokens.offsets, tokens.texts, strict=True)
            ]
            for tokens in encoded
        ]

    def _members(self, which: int | None, first: int, last: int) -> list[tuple[int, float]]:
        if which is None:
            return []
        at = bisect_right(self._words, (which, first), key=lambda word: (word.text, word.end))
        found: list[tuple[int, int]] = []
        while at < len(self._words) and (word := self._words[at]).text == which and word.start < last:
            found.append((at, min(last, word.end) - max(first, word.start)))
            at += 1
        whole = sum(shared for _, shared in found)
        return [(at, shared / whole) for at, shared in found]


def _explained(
    model: MultiTaskModel, each: Read, leaves: Sequence[Tensor], places: Places, step: int
) -> Explained | None:
    """One head's part of the explanation; None where it says nothing, or not in finite numbers."""
    claim = each.task.claim(model.heads[each.task.name], each.features, each.views)
    if claim is None:
        return None
    parts = token_parts(claim.value, leaves)[each.rows]  # [W, L]
    value = float(claim.value.detach())
    if not parts.isfinite().all() or not math.isfinite(value):
        return None
    weights, rest = places.sums(each, parts.tolist())
    scale = sum(abs(weight) for weight in weights if weight is not None)
    shares = tuple(None if weight is None else weight / (scale or 1.0) for weight in weights)
    return Explained(claim.of, value, shares, rest / (scale or 1.0), scale, step)
