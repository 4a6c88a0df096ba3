"""The words of the Relations tab: how tasks act on each other, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EffectsText:
    """One matrix of what tasks do to each other: what it is, what it says, and what it cost."""

    title: str
    about: str
    help: str
    conflict: str
    no_help: str
    no_conflict: str
    cost: str


@dataclass(frozen=True)
class MatrixText(EffectsText):
    """One that a run measures while it trains: also why it is not there."""

    nothing_yet: str
    one_task: str
    nothing_shared: str
    off: str
    never: str


@dataclass(frozen=True)
class GainText(EffectsText):
    """The one that is made of runs of pairs: also how these are started, and how they stand."""

    own_run: str
    estimate: str
    go: str
    go_on: str
    starting: str
    progress: str
    now: str


@dataclass(frozen=True)
class LikenessText:
    """The similarity of the encoders of the tasks alone, layer by layer."""

    title: str
    about: str
    alike: str
    unlike: str
    only: str
    same: str
    cost: str
    own_run: str
    needs: str
    go: str
    waiting: str
    layer: str
    levels: Mapping[str, str]


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
    gain: GainText
    likeness: LikenessText
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
