"""The shipped corpus: its tasks, and its rows, read from the folder ``bundled``. No torch here."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mtl.data.sources import SPLITS, Row, Split, TaskSpec
from mtl.errors import DataError

BUNDLED = Path(__file__).parent / "bundled"

TOPICS = ("food", "travel", "technology", "health", "sports", "money", "culture", "weather")
QUESTION_TYPES = ("definition", "person", "place", "time", "quantity", "reason")
RELATIONS = ("same meaning", "related", "different")
ENTITY_TYPES = ("PER", "ORG", "LOC", "DATE", "PRODUCT")

INTENTS = (
    "play_music", "set_alarm", "set_timer", "get_weather", "book_table", "add_to_list", "send_message",
    "control_lights", "navigate",
)  # fmt: skip
SLOTS = (
    "song", "artist", "genre", "time", "date", "duration", "city", "condition", "restaurant", "cuisine", "people",
    "item", "list", "person", "message", "room", "color", "level", "destination", "transport",
)  # fmt: skip
SENTENCE = {"metric": "bleu", "vocabulary_size": 2000, "max_target_length": 48}
HEADLINE = {"metric": "rouge_l", "vocabulary_size": 2000, "max_target_length": 32}
"""The longest targets take 22 and 13 pieces: a vocabulary of 2000 has one for nearly every word."""
_SPECS = (
    TaskSpec("sentiment", "classification", "texts", "sentiment", ("negative", "neutral", "positive")),
    TaskSpec("topic", "classification", "texts", "topic", TOPICS),
    TaskSpec("stars", "regression", "texts", "stars", low=1.0, high=5.0),
    TaskSpec("entities", "tagging", "texts", "entities", ENTITY_TYPES, tokens="tokens"),
    TaskSpec("relation", "classification", "pairs", "relation", RELATIONS, text_pair="text_pair"),
    TaskSpec("question_type", "classification", "questions", "question_type", QUESTION_TYPES),
    TaskSpec("translate_de", "generation", "translations", "de", text="en", options=SENTENCE),
    TaskSpec("translate_zh", "generation", "translations", "zh", text="en", options=SENTENCE),
    TaskSpec("answer", "question_answering", "passages", "answers", text="question", text_pair="context"),
    TaskSpec("headline", "generation", "headlines", "headline", options=HEADLINE),
    TaskSpec("headline_topic", "classification", "headlines", "topic", TOPICS),
    TaskSpec("intent", "classification", "commands", "intent", INTENTS),
    TaskSpec("slots", "tagging", "commands", "slots", SLOTS, tokens="tokens"),
)
TASKS: Mapping[str, TaskSpec] = {spec.name: spec for spec in _SPECS}
SOURCES = frozenset(spec.source for spec in _SPECS)


@cache
def read_split(source: str, split: Split) -> tuple[Row, ...]:
    """All rows of one split of a shipped source.

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
