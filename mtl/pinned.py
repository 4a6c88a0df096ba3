"""Pinned texts: what all heads answer to them, asked again at every validation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mtl.inference import asked
from mtl.model import MultiTaskModel
from mtl.runs.config import Pinned
from mtl.runs.events import Event, Said

LIKELIEST = 10
"""Of a label's probabilities so many are told; a page shows fewer."""


class Follower:
    """Asks the pinned texts. The model is left as it was, and no random number is drawn."""

    def __init__(self, pinned: Sequence[Pinned]) -> None:
        self._pinned = pinned

    def __call__(self, model: MultiTaskModel, step: int) -> Iterator[Event]:
        """An event for each text."""
        was_training = model.training
        model.eval()
        for place, pinned in enumerate(self._pinned):
            found = asked(model, step, pinned.text, pinned.text_pair or None)
            answers = {name: shortened(answer.to_dict()) for name, answer in found.answers.items()}
            yield Said(
                step=step, pinned=place, answers=answers, missing_pair=found.missing_pair,
                truncated=found.truncated, tokens_read=found.tokens_read,
            )  # fmt: skip
        model.train(was_training)


def shortened(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with only its likeliest labels, in the order they had."""
    probabilities = answer.get("probabilities")
    if not isinstance(probabilities, Mapping) or len(probabilities) <= LIKELIEST:
        return dict(answer)
    kept = set(sorted(probabilities, key=lambda name: -probabilities[name])[:LIKELIEST])
    tables = {key: answer[key] for key in ("probabilities", "thresholds") if key in answer}
    return {**answer} | {
        key: {name: value for name, value in table.items() if name in kept} for key, table in tables.items()
    }
