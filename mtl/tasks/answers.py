"""Typed answers: what a head says about a text, as a person can read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Label:
    """One class of several. ``probabilities`` sum to 1, in the task's order of labels."""

    label: str
    probabilities: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"type": "label", "label": self.label, "probabilities": dict(self.probabilities)}


@dataclass(frozen=True)
class Score:
    """A number on a scale from ``low`` to ``high``."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"type": "score", "value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Span:
    """A marked part of a text: characters [``start``, ``end``), with the mean probability of its words."""

    start: int
    end: int
    label: str
    probability: float


@dataclass(frozen=True)
class Spans:
    """All marked parts of a text, in order, without overlap."""

    text: str
    spans: tuple[Span, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        spans = [
            {"start": span.start, "end": span.end, "label": span.label, "probability": span.probability}
            for span in self.spans
        ]
        return {"type": "spans", "text": self.text, "spans": spans}


Answer = Label | Score | Spans
