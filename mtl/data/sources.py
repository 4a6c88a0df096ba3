"""What a source and a task specification are. No torch: the page lists tasks without it.

A *source* is a set of texts; several tasks may be labels of the same source, and then share one encoder pass.
Where rows lie is told by its neighbours: ``corpus`` (shipped), ``hub``, ``files``; ``origins`` knows them all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from mtl.checks import check_choice, check_name, check_number, check_pattern
from mtl.errors import ConfigError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Row = Mapping[str, Any]

MAX_LABELS = 500
SCHEMES = ("bio", "plain")
TASK_NAME = re.compile(r"\w[\w -]{0,59}")
TASK_NAME_RULE = "be 1 to 60 letters, digits, `_`, `-` or spaces, a letter or digit first"


@dataclass(frozen=True)
class TaskSpec:
    """What a task is, in plain values: which column of which source it predicts.

    ``labels`` are the classes of a classification, the entity types of a tagging, empty for a regression, whose
    values lie in [``low``, ``high``]. ``tokens`` names the column of words that a tagging labels one by one, with
    tags of the ``scheme``: ``bio`` (entities), or ``plain`` (one of ``labels`` for each word). A question answering
    reads the question in ``text``, the passage in ``text_pair`` and the answers in ``label``; a generation writes
    what is in ``label``.

    Raises:
        ConfigError: A value is impossible, whatever the source holds.
    """

    name: str
    kind: str
    source: str
    label: str
    labels: tuple[str, ...] = ()
    text: str = "text"
    text_pair: str | None = None
    tokens: str | None = None
    low: float = 0.0
    high: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    scheme: str = "bio"

    def __post_init__(self) -> None:
        check_pattern("tasks.name", self.name, TASK_NAME, TASK_NAME_RULE)
        for name in ("kind", "source", "label", "text", "text_pair", "tokens"):
            if getattr(self, name) is not None or name not in ("text_pair", "tokens"):
                check_name(f"tasks.{name}", getattr(self, name))
        if not isinstance(self.options, Mapping):
            raise ConfigError("tasks.options", "be a table of option names and values", self.options)
        object.__setattr__(self, "options", dict(self.options))
        object.__setattr__(self, "labels", _labels(self.labels))
        check_number("tasks.low", self.low, -1e9, 1e9)
        check_number("tasks.high", self.high, self.low, 1e9, open_low=True)
        check_choice("tasks.scheme", self.scheme, SCHEMES)
        # A task that writes may be asked to write what it read.
        columns = [self.text, self.text_pair, self.tokens, None if self.kind == "generation" else self.label]
        used = [column for column in columns if column is not None]
        if len(set(used)) < len(used):
            raise ConfigError("tasks.label", "name another column in each role", used)

    @property
    def pair(self) -> bool:
        """Whether the task reads two texts."""
        return self.text_pair is not None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TaskSpec":
        """Builds a specification from plain values, as ``dataclasses.asdict`` gives them.

        Raises:
            ConfigError: A field is unknown or missing, or has an impossible value.
        """
        if not isinstance(values, Mapping):
            raise ConfigError("tasks.spec", "be a table of fields", values)
        known = [item.name for item in fields(cls)]
        for key in values:
            if key not in known:
                raise ConfigError(f"tasks.{key}"[:80], f"be one of the fields {', '.join(known)}", key)
        for key in ("name", "kind", "source", "label"):
            if key not in values:
                raise ConfigError(f"tasks.{key}", "be given", None)
        return cls(**values)


def _labels(labels: object) -> tuple[str, ...]:
    """The labels as a tuple of different names."""
    if isinstance(labels, str) or not isinstance(labels, list | tuple):
        raise ConfigError("tasks.labels", "be a list of names", labels)
    if len(labels) > MAX_LABELS:
        raise ConfigError("tasks.labels", f"be at most {MAX_LABELS}", len(labels), high=MAX_LABELS)
    for label in labels:
        check_name("tasks.labels", label)
    if len(set(labels)) < len(labels):
        raise ConfigError("tasks.labels", "name each label once", labels)
    return tuple(labels)
