"""Where rows come from, and the tasks they carry. No torch: the page lists tasks without it.

A *source* is a set of texts; several tasks may be labels of the same source, and then share one encoder pass.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from mtl.errors import ConfigError, DataError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Row = Mapping[str, Any]
BUNDLED = Path(__file__).parent / "bundled"


@dataclass(frozen=True)
class TaskSpec:
    """What a task is, in plain values: which column of which source it predicts.

    ``labels`` are the classes of a classification, the entity types of a tagging, empty for a regression, whose
    values lie in [``low``, ``high``]. ``tokens`` names the column of words that a tagging labels one by one.
    A question answering reads the question as ``text`` and the passage as ``text_pair``; a generation's ``label`` is
    the column of texts to write. ``options`` are those that the kind declares in ``TASK_KINDS``.
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

    @property
    def pair(self) -> bool:
        """Whether the task reads two texts."""
        return self.text_pair is not None


TOPICS = ("food", "travel", "technology", "health", "sports", "money", "culture", "weather")
QUESTION_TYPES = ("definition", "person", "place", "time", "quantity", "reason")
RELATIONS = ("same meaning", "related", "different")
ENTITY_TYPES = ("PER", "ORG", "LOC", "DATE", "PRODUCT")

_SPECS = (
    TaskSpec("sentiment", "classification", "texts", "sentiment", ("negative", "neutral", "positive")),
    TaskSpec("topic", "classification", "texts", "topic", TOPICS),
    TaskSpec("stars", "regression", "texts", "stars", low=1.0, high=5.0),
    TaskSpec("entities", "tagging", "texts", "entities", ENTITY_TYPES, tokens="tokens"),
    TaskSpec("relation", "classification", "pairs", "relation", RELATIONS, text_pair="text_pair"),
    TaskSpec("question_type", "classification", "questions", "question_type", QUESTION_TYPES),
)
TASKS: Mapping[str, TaskSpec] = {spec.name: spec for spec in _SPECS}


def find_task(name: str) -> TaskSpec:
    """The task of this name.

    Raises:
        ConfigError: There is none.
    """
    if name not in TASKS:
        raise ConfigError("tasks", f"name tasks among {', '.join(TASKS)}", name)
    return TASKS[name]


@cache
def read_split(source: str, split: Split) -> tuple[Row, ...]:
    """All rows of one split of a bundled source.

    Raises:
        DataError: The file is missing or a line is not JSON.
    """
    path = BUNDLED / f"{source}.{split}.jsonl"
    try:
        with path.open(encoding="utf-8") as lines:
            return tuple(json.loads(line) for line in lines)
    except FileNotFoundError as error:
        raise DataError(f"There is no bundled source {source!r}.", source=source, reason="missing") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{path.name} is damaged: {error}.", source=source, reason="damaged") from error


def sizes(task: TaskSpec) -> dict[str, int]:
    """Rows of each split that carry a label of the task."""
    return {split: sum(row.get(task.label) is not None for row in read_split(task.source, split)) for split in SPLITS}


def example(task: TaskSpec) -> str:
    """One short training text, to show what the task is about; a pair is joined by a slash."""
    rows = read_split(task.source, "train")
    row = min(rows[:200], key=lambda row: abs(len(row[task.text]) - 42))
    return f"{row[task.text]} / {row[task.text_pair]}" if task.text_pair else str(row[task.text])
