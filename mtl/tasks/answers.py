"""Typed answers: what a head says about a text, as a person can read it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
class Labels:
    """Those of several labels that a text has. Each ``probability`` stands by itself, and has its ``threshold``."""

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    thresholds: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        numbers = {"probabilities": dict(self.probabilities), "thresholds": dict(self.thresholds)}
        return {"type": "labels", "labels": list(self.labels), **numbers}


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


@dataclass(frozen=True)
class Candidate:
    """A part of a passage that may answer: characters [``start``, ``end``)."""

    start: int
    end: int
    text: str
    probability: float


@dataclass(frozen=True)
class Extract:
    """What a passage answers to a question: candidates, the likeliest first, and the chance that it does not answer.

    ``answered`` is False where the passage is taken to hold no answer; ``no_answer`` is None for a task in which
    every question has one. Probabilities are shares among what is listed.
    """

    passage: str
    answered: bool
    candidates: tuple[Candidate, ...]
    no_answer: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        listed = [asdict(candidate) for candidate in self.candidates]
        plain = {"type": "extract", "passage": self.passage, "answered": self.answered, "candidates": listed}
        return plain if self.no_answer is None else {**plain, "no_answer": self.no_answer}


@dataclass(frozen=True)
class Text:
    """A text that was written."""

    text: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"type": "text", "text": self.text}


Answer = Label | Labels | Score | Spans | Extract | Text
