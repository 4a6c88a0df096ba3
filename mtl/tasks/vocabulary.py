"""Pieces that texts are written in: of a checkpoint's tokenizer, or trained here on the training targets."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase

from mtl.tasks.decoder import END

SPECIAL = ("<pad>", "<s>", "</s>")
"""In the order of ``PAD``, ``BEGIN``, ``END``."""


class Vocabulary(ABC):
    """Texts to pieces and back."""

    @abstractmethod
    def encode(self, text: str, limit: int) -> list[int]:
        """At most ``limit`` pieces, the last of which is the end sign."""

    @abstractmethod
    def decode(self, pieces: Sequence[int]) -> str:
        """The text without special pieces."""


class TrainedVocabulary(Vocabulary):
    """Byte-level BPE: any text of any language can be written, and comes back exactly.

    `Neural Machine Translation of Rare Words with Subword Units <https://arxiv.org/abs/1508.07909>`_ (ACL 2016), over
    bytes as in GPT-2.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._spaced = bool(json.loads(tokenizer.to_str())["pre_tokenizer"]["add_prefix_space"])

    @classmethod
    def train(cls, texts: Iterable[str], size: int, *, spaced: bool = False) -> "TrainedVocabulary":
        """At most ``size`` pieces, the commonest in the texts; every byte is one.

        ``spaced`` reads a first word as all others, after a space: so it has the same pieces wherever it stands.
        """
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(SPECIAL),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "TrainedVocabulary":
        """What ``state`` gave."""
        return cls(Tokenizer.from_str(json.dumps(state)))

    def state(self) -> dict[str, Any]:
        """Plain values for JSON."""
        state: dict[str, Any] = json.loads(self._tokenizer.to_str())
        return state

    def __len__(self) -> int:
        return self._tokenizer.get_vocab_size()

    def encode(self, text: str, limit: int) -> list[int]:
        # What looks like a special piece is text.
        self._tokenizer.encode_special_tokens = True
        return [*self._tokenizer.encode(text).ids[: limit - 1], END]

    def decode(self, pieces: Sequence[int]) -> str:
        text: str = self._tokenizer.decode([piece for piece in pieces if piece > END], skip_special_tokens=False)
        return text.removeprefix(" ") if self._spaced else text

    def split(self, text: str) -> list[tuple[int, int]]:
        """The pieces of a text, each with the place of its last character."""
        self._tokenizer.encode_special_tokens = True
        found = self._tokenizer.encode(text)
        return [(piece, max(start, end - 1)) for piece, (start, end) in zip(found.ids, found.offsets, strict=True)]


class PretrainedVocabulary(Vocabulary):
    """The pieces of a checkpoint's own tokenizer, of its target side where the two differ."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str, limit: int) -> list[int]:
        pieces: list[int] = self._tokenizer(text_target=text, truncation=True, max_length=limit)["input_ids"]
        return pieces

    def decode(self, pieces: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(list(pieces), skip_special_tokens=True)
        return text.strip()
