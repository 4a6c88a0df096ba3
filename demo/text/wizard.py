"""Where the words of the Data tab and of the check stand: the same places in every language."""

from collections.abc import Mapping
from dataclasses import dataclass

Words = Mapping[str, str]


@dataclass(frozen=True)
class DataText:
    """The Data tab. ``{name}`` is a place for a value."""

    lab_tab: str
    data_tab: str
    bring: str
    drop: str
    choose: str
    limits: str
    too_large: str
    hub_heading: str
    hub_id: str
    hub_config: str
    hub_revision: str
    hub_train: str
    hub_validation: str
    hub_test: str
    hub_read: str
    hub_note: str
    hub_more: str
    own: str
    own_none: str
    own_note: str
    forget: str
    uploading: str
    reading: str
    reading_for: str
    seeing: str
    stop: str
    back: str
    rows_read: str
    meaning: str
    guessed: str
    not_guessed: str
    kind: str
    name: str
    also: str
    added: str
    nothing: str
    low: str
    high: str
    settings: str
    columns: str
    column: str
    column_type: str
    column_filled: str
    column_different: str
    column_example: str
    labels: str
    more_labels: str
    no_labels: str
    seen: str
    sampled: str
    splits: str
    splits_made: str
    split_names: Words
    no_answer: str
    cut: str
    problems: str
    no_problems: str
    row: str
    found: str
    drop_rows: str
    stop_rows: str
    stopped_rows: str
    add: str
    name_rule: str
    name_taken: str
    done: str
    to_lab: str
    shelf: str
    shelf_note: str
    bundled: str
    catalogue: str
    task: str
    rows: str
    language: str
    licence: str
    source: str
    tick: str
    ticked: str
    show_rows: str
    problem_heading: str
    roles: Words
    """What a column is to a task, by kind and role: ``generation.label``."""
    kinds: Words
    """What a task of each kind gives."""
    types: Words
    """Types of columns."""
    """Why a row cannot be used."""
    languages: Words
    licences: Words


@dataclass(frozen=True)
class CheckText:
    """The check of the machine and the encoder."""

    open: str
    press: str
    checking: str
    works: str
    fails: str
    machine: str
    memory: str
    versions: str
    encoder: str
    layers: str
    parameters: str
    origin: str
    sentence: str
    tokens: str
    shapes: str
    took: str
    origins: Words
    shape_names: Words
