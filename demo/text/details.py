"""The words of the details under the chart: how the tasks agree, and what the model is made of."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ConflictText:
    """The matrix of how the tasks' gradients agree."""

    tab: str
    help: str
    conflict: str
    neither: str
    pair: str
    course: str
    strongest_help: str
    strongest_conflict: str
    share: str
    none: str
    note: str
    each_step: str
    every: str
    nothing_yet: str
    one_task: str
    nothing_shared: str
    off: str
    never: str


@dataclass(frozen=True)
class ModelText:
    """The picture of the model, and what it costs."""

    tab: str
    run: str
    plan: str
    sizes: str
    sizes_own: str
    level: str
    levels: Mapping[str, str]
    layer: str
    layers: str
    made_of: str
    shared: str
    own: str
    frozen: str
    stitched: str
    kinds: Mapping[str, str]
    """What is drawn small at the side of a level."""
    norm: str
    bar: str
    norm_note: str
    nothing_yet: str
    not_noted: str
