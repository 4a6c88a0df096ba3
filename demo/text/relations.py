"""The words of the Relations tab: how tasks act on each other, and what follows from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MatrixText:
    """One matrix: what it is, what it says, what it cost, and why it is not there."""

    title: str
    about: str
    help: str
    conflict: str
    no_help: str
    no_conflict: str
    cost: str
    nothing_yet: str
    one_task: str
    nothing_shared: str
    off: str
    never: str


@dataclass(frozen=True)
class RelationsText:
    """The Relations tab."""

    tab: str
    steps: str
    heading: str
    of_run: str
    no_run: str
    cosine: MatrixText
    affinity: MatrixText
    effect: str
    unknown: str
    percent: str
    suggestion: str
    by: str
    encoders: str
    best: str
    worth: str
    alone: str
    set_up: str
    set_up_tasks: str
    set_up_split: str
    too_many: str
    no_groups: str
    split: str
    share_all: str
    share_to: str
    split_note: str
    no_split: str
    note: str
