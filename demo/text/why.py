"""The words of why: where the heads err, and which words mattered to an answer."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MistakesText:
    """The tab of what the heads said about validation rows."""

    tab: str
    pick: str
    matrix: str
    corner: str
    cell: str
    others: str
    outside: str
    no_matrix: str
    slice: str
    by_length: str
    by_label: str
    rows: str
    loss: str
    lengths: Mapping[str, str]
    groups: Mapping[str, str]
    """Slices whose names are not labels."""
    hardest: str
    right: str
    taken: str
    shown: str
    no_example: str
    became: str
    nothing: str
    note: str
    later: str
    none: str


@dataclass(frozen=True)
class MatteredText:
    """The words that mattered, beside the question."""

    switch: str
    title: str
    asking: str
    against: str
    for_it: str
    part: str
    unread: str
    silent: str
    none_of: str
    note: str
    past: str
    recorded: str
