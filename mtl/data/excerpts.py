"""A row as a person is shown it: short texts, and the answer or the tags marked in them. One line a task kind."""

from collections.abc import Callable, Mapping
from typing import Any

from mtl.data.sources import Row, TaskSpec
from mtl.data.tags import join_words

LONGEST = 400
"""Characters of a text that are shown."""
AROUND = 160
"""Characters shown before and behind an answer."""
MANY = 60
"""Words, labels or parts that are shown."""
Part = tuple[str, str | None]
"""A piece of a text, and what it is marked with."""


def excerpt(row: Row, spec: TaskSpec) -> dict[str, Any]:
    """What a task reads and shall answer, short enough for a page.

    Returns:
        ``text``, ``pair``, and what the kind shows: ``labels`` (names), ``number``, ``target`` (a text), or ``parts``
        (pieces of the text, each with its mark or None); ``none`` where the passage holds no answer.
    """
    told = {"text": shorten(str(row[spec.text])), "pair": None}
    if spec.text_pair is not None:
        told["pair"] = shorten(str(row[spec.text_pair]))
    return told | _SHOWN[spec.kind](row, spec) if row.get(spec.label) is not None else told


def shorten(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text that is too long to be shown."""
    return text if len(text) <= longest else f"{text[: longest - 2]} …"


def _tagged(row: Row, spec: TaskSpec) -> dict[str, Any]:
    """Pieces of equal marks: entities of ``bio`` tags are one piece, with plain tags every word is."""
    words, tags = row[spec.tokens or spec.text][:MANY], row[spec.label][:MANY]
    spans: list[tuple[list[str], str | None]] = []
    for word, tag in zip(words, tags, strict=False):
        mark = tag if spec.scheme == "plain" else None if tag == "O" else tag[2:]
        joined = spec.scheme == "bio" and spans and not tag.startswith("B-") and spans[-1][1] == mark
        if joined:
            spans[-1][0].append(word)
        else:
            spans.append(([word], mark))
    parts: list[Part] = [(join_words(words), mark) for words, mark in spans]
    return {"parts": parts, "cut": len(row[spec.label]) > MANY}


def _answered(row: Row, spec: TaskSpec) -> dict[str, Any]:
    """The passage around its first answer, which is marked."""
    passage, label = str(row[spec.text_pair or spec.text]), row[spec.label]
    if not label["text"]:
        return {"parts": [(shorten(passage), None)], "none": True}
    start, answer = label["answer_start"][0], label["text"][0]
    stop = start + len(answer)
    before, behind = passage[max(0, start - AROUND) : start], passage[stop : stop + AROUND]
    parts: list[Part] = [
        (f"… {before}" if start > AROUND else before, None),
        (shorten(passage[start:stop]), ""),
        (f"{behind} …" if stop + AROUND < len(passage) else behind, None),
    ]
    return {"parts": parts, "none": False}


_SHOWN: Mapping[str, Callable[[Row, TaskSpec], dict[str, Any]]] = {
    "classification": lambda row, spec: {"labels": [row[spec.label]]},
    "multilabel": lambda row, spec: {"labels": list(row[spec.label])[:MANY]},
    "regression": lambda row, spec: {"number": row[spec.label]},
    "tagging": _tagged,
    "question_answering": _answered,
    "generation": lambda row, spec: {"target": shorten(row[spec.label])},
}
