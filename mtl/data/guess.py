"""What a table's columns may mean: a good first guess from their names and types, for a person to correct."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from mtl.data.rows import complete
from mtl.data.sources import TaskSpec
from mtl.data.table import LOOKED_AT, Column, Table, as_number
from mtl.errors import ConfigError, DataError

NAMES: Mapping[str, re.Pattern[str]] = {
    "text": re.compile(
        r"text|sentence|sentence_?1|sent1|premise|content|body|review|comment|tweet|sms|message|utterance|document"
        r"|article|dialogue|email_body|headline|src|source|en|.*\.en|文本|内容|句子|评论|正文|.*text.*|.*sentence.*",
        re.IGNORECASE,
    ),
    "text_pair": re.compile(
        r"text_?(pair|2|b)|sentence_?(2|b)|sent2|hypothesis|question2|second.*|target_text|文本2|句子2", re.IGNORECASE
    ),
    "question": re.compile(r"question|question_?(text|1)|query|问题", re.IGNORECASE),
    "passage": re.compile(r"context|passage|paragraph|document|段落|篇章|文章", re.IGNORECASE),
    "answers": re.compile(r"answers?|answer_text|答案", re.IGNORECASE),
    "tokens": re.compile(r"tokens?|words?|characters?|chars|form|词|字", re.IGNORECASE),
    "tags": re.compile(r".*(tags?|bio|slots?|ner|pos|upos|entities)", re.IGNORECASE),
    "target": re.compile(
        r"summary|highlights|subject(_line)?|title|headline|target|tgt|translation|de|zh|fr|.*\.(de|zh|fr)|摘要|标题|译文",
        re.IGNORECASE,
    ),
    "number": re.compile(r".*(score|rating|stars?|similarity|grade|分数|评分)", re.IGNORECASE),
    "label": re.compile(
        r"label|labels|class|category|categories|intent|sentiment|emotions?|topic|target|gold.*|y|.*_?label|标签|类别|分类|情感",
        re.IGNORECASE,
    ),
    "nothing": re.compile(r"id|.*_id|idx|index|uid|guid|column 1|unnamed.*|序号|编号", re.IGNORECASE),
}
MADE = "text of the words"
"""A column that no table has: its text is then made of the words."""
MOST_OTHERS = 8
"""So many further tasks of one table are looked for."""
FEW = 50
"""So many different values a column of classes may have if its name does not say that it is one."""


@dataclass(frozen=True)
class Facts:
    """What is known of a column: its type, and how its values repeat."""

    column: Column
    different: int
    filled: int
    mean_length: float

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def classes(self) -> bool:
        """Whether few different values come again and again."""
        return 2 <= self.different <= FEW and self.different <= self.filled / 2

    def named(self, role: str) -> bool:
        """Whether the column is called as such columns usually are."""
        return bool(NAMES[role].fullmatch(self.name))


def look(table: Table) -> list[Facts]:
    """Facts about every column, from the first rows."""
    found = []
    for column in table.columns:
        values = [row.get(column.name) for row in islice(table.rows, LOOKED_AT)]
        filled = [value for value in values if value not in (None, "", [])]
        different = len(set(map(repr, filled)))
        mean = sum(len(str(value)) for value in filled) / max(len(filled), 1)
        found.append(Facts(column, different, len(filled), mean))
    return found


def guess(table: Table, name: str, source: str) -> TaskSpec | None:
    """The task that a table most likely holds, with its labels; None if no columns fit any kind.

    Args:
        table: As it was read.
        name: What the task shall be called.
        source: What its source is called.
    """
    facts = look(table)
    for attempt in (_tagging, _answering, _labelled, _generation):
        columns = attempt(facts)
        if columns is None:
            continue
        try:
            spec = TaskSpec.from_dict({"name": name, "source": source, **columns})
            return complete(ranged(spec, table), [table], source)
        except (ConfigError, DataError):
            continue
    return None


def guess_others(table: Table, first: TaskSpec) -> list[TaskSpec]:
    """Further tasks on the texts of ``first``: the labels that other columns of the table hold.

    Each is named after its column. One encoder pass then serves all of them.
    """
    if first.kind not in ("classification", "multilabel", "regression"):
        return []
    found: list[TaskSpec] = []
    used = {first.label}
    while len(found) < MOST_OTHERS:
        rest = replace(table, columns=tuple(column for column in table.columns if column.name not in used))
        other = guess(rest, first.name, first.source)
        if other is None or (other.text, other.text_pair) != (first.text, first.text_pair) or other.label in used:
            return found
        used.add(other.label)
        column = re.sub(r"[^\w -]", "_", other.label).strip("_ -")
        with suppress(ConfigError):
            found.append(replace(other, name=f"{first.name[:30]} {column[:28]}".strip()))
    return found


def _first(facts: Sequence[Facts], role: str, *types: str) -> Facts | None:
    return next((each for each in facts if each.named(role) and each.column.type in types), None)


def _tagging(facts: Sequence[Facts]) -> dict[str, str] | None:
    """Words, and as many tags."""
    lists = [each for each in facts if each.column.type in ("words", "numbers")]
    words = _first(lists, "tokens", "words") or next((each for each in lists if each.column.type == "words"), None)
    tags = next((each for each in lists if each is not words and each.named("tags")), None)
    tags = tags or next((each for each in lists if each is not words and each.column.names), None)
    if words is None or tags is None:
        return None
    text = next((each.name for each in facts if each.column.type == "text" and each.named("text")), MADE)
    return {"kind": "tagging", "tokens": words.name, "label": tags.name, "text": text}


def _answering(facts: Sequence[Facts]) -> dict[str, str] | None:
    """A question, a passage, and answers."""
    question, passage = _first(facts, "question", "text"), _first(facts, "passage", "text")
    answers = next((each for each in facts if each.column.type == "answers"), None)
    answers = answers or _first(facts, "answers", "text", "words", "other")
    if question is None or passage is None or answers is None:
        return None
    names = {"text": question.name, "text_pair": passage.name, "label": answers.name}
    return {"kind": "question_answering", **names}


def _texts(facts: Sequence[Facts], without: Facts) -> tuple[Facts | None, Facts | None]:
    """The text and, if there is one, the second text."""
    texts = [
        each for each in facts
        if each is not without and each.column.type == "text" and not each.classes and not each.named("nothing")
    ]  # fmt: skip
    second = next((each for each in texts if each.named("text_pair")), None)
    rest = [each for each in texts if each is not second]
    named = [each for each in rest if each.named("text") or each.named("question")]
    text = next(iter(named), None) or max(rest, key=lambda each: each.mean_length, default=None)
    return text, second


def _labelled(facts: Sequence[Facts]) -> dict[str, str] | None:
    """Classes, several classes, or a number, of a text or two."""
    label = _label(facts)
    if label is None:
        return None
    text, second = _texts(facts, label)
    if text is None:
        return None
    kind = "classification"
    if label.column.type in ("words", "numbers"):
        kind = "multilabel"
    elif label.column.type in ("number", "integer") and not label.column.names and _is_measure(label):
        kind = "regression"
    found = {"kind": kind, "text": text.name, "label": label.name}
    return found if second is None else {**found, "text_pair": second.name}


def _label(facts: Sequence[Facts]) -> Facts | None:
    """The column of labels: one that is called so, or has names for its numbers, or few values."""
    candidates = [each for each in facts if not each.named("nothing") and each.column.type not in ("empty", "answers")]
    ranks = (
        lambda each: each.named("label") and (each.column.names or each.classes or each.column.type != "text"),
        lambda each: bool(each.column.names),
        lambda each: each.named("number") and each.column.type in ("number", "integer"),
        lambda each: each.classes,
    )
    return next((each for rank in ranks for each in candidates if rank(each)), None)


def _is_measure(label: Facts) -> bool:
    """Whether numbers measure something: they have decimals, or are called so, or are many."""
    return label.column.type == "number" or label.named("number") or label.different > FEW


def _generation(facts: Sequence[Facts]) -> dict[str, str] | None:
    """A text to read and one to write: the longer one is read, unless the names say otherwise."""
    texts = [each for each in facts if each.column.type == "text" and not each.classes and not each.named("nothing")]
    target = next((each for each in texts if each.named("target") and not each.named("text")), None)
    target = target or next((each for each in texts if each.named("target")), None)
    rest = [each for each in texts if each is not target]
    if target is None or not rest:
        return None
    text = next((each for each in rest if each.named("text")), None) or max(rest, key=lambda each: each.mean_length)
    return {"kind": "generation", "text": text.name, "label": target.name}


def ranged(spec: TaskSpec, table: Table) -> TaskSpec:
    """A regression with the range its numbers have; any other task as it is."""
    if spec.kind != "regression":
        return spec
    cells = (row.get(spec.label) for row in table.rows)
    numbers = [as_number(cell) if isinstance(cell, str) else cell for cell in cells]
    known = [float(number) for number in numbers if isinstance(number, int | float) and number == number]
    return replace(spec, low=min(known), high=max(known)) if known else spec
