"""Words and their tags, whatever way they are written in."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from mtl.data.labels import BadValue, missing, parse_list
from mtl.data.sources import TaskSpec

TAG = re.compile(r"([BIESMLU])[-_](.+)")
BEGINS = {"B", "S", "U"}
OUTSIDE = ("O", "")
UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
"""Characters of scripts that put no space between words."""


def read_words(value: object) -> list[str] | None:
    """The words of a cell: a list, or a text with spaces between them."""
    cells = _cells(value)
    return None if cells is None else [str(word) for word in cells]


def _cells(value: object) -> list[Any] | None:
    """What a cell lists: a list, one written out in brackets, or a text with spaces between its parts."""
    if missing(value):
        return None
    if isinstance(value, str):
        parsed = parse_list(value)
        value = value.split() if parsed is None else parsed
    if not isinstance(value, list | tuple):
        raise BadValue("not_a_list", value)
    return list(value)


def join_words(words: Sequence[str]) -> str:
    """The text of words, with spaces where the script has them."""
    text = ""
    for word in words:
        close = not text or (UNSPACED.match(word) and UNSPACED.match(text[-1]))
        text += word if close else f" {word}"
    return text


def read_tags(value: object, spec: TaskSpec, names: Sequence[str], words: Sequence[str]) -> list[str] | None:
    """One tag for each of the words, of the specification's scheme."""
    tags = tag_names(value, names)
    if tags is None:
        return None
    if len(words) != len(tags):
        raise BadValue("tag_count", f"{len(tags)} tags, {len(words)} words")
    known = set(spec.labels)
    if spec.scheme == "plain":
        for tag in tags:
            if tag not in known:
                raise BadValue("unknown_label", tag)
        return tags
    tags = to_bio(tags)
    for tag in tags:
        if tag != "O" and tag[2:] not in known:
            raise BadValue("unknown_label", tag)
    return tags


def tag_names(value: object, names: Sequence[str]) -> list[str] | None:
    """The tags of a cell by their names."""
    cells = _cells(value)
    if cells is None:
        return None
    found = []
    for tag in cells:
        if isinstance(tag, int) and names:
            if not 0 <= tag < len(names):
                raise BadValue("unknown_label", tag)
            tag = names[tag]
        found.append(str(tag))
    return found


def to_bio(tags: Sequence[str]) -> list[str]:
    """Tags with B- at the beginning of each entity, from IOB1, BIOES, BMES, BILOU or BIO itself.

    An I- or E- that continues nothing of its type begins an entity, as in the CoNLL evaluation.
    """
    found, previous = [], "O"
    for tag in tags:
        match = TAG.fullmatch(tag)
        if match is None:
            if tag not in OUTSIDE:
                raise BadValue("unknown_label", tag)
            found.append("O")
            previous = "O"
            continue
        prefix, label = match.groups()
        inside = prefix not in BEGINS and previous == label
        found.append(f"{'I' if inside else 'B'}-{label}")
        previous = "O" if prefix in ("S", "U", "L") or (prefix == "E") else label
    return found


def scheme_of(tags: Iterable[str]) -> str:
    """``bio`` if all tags are O or an entity's with its place, else ``plain``."""
    found = set(tags)
    entities = {tag for tag in found if TAG.fullmatch(tag)}
    others = found - entities - set(OUTSIDE)
    return "bio" if entities and not others else "plain"


def entity_types(tags: Iterable[str]) -> list[str]:
    """The types of entities that tags name, each once, in their order."""
    matches = (TAG.fullmatch(tag) for tag in tags)
    return list(dict.fromkeys(match[2] for match in matches if match))
