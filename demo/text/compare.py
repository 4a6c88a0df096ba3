"""The words of the Compare tab, of its card and of the report that it exports."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CompareText:
    """The tab: the race, the picked runs, the chart, the exports."""

    tab: str
    from_lab: str
    race: str
    race_note: str
    run: str
    seeds: str
    one_seed: str
    some_seeds: str
    go: str
    go_on: str
    all_there: str
    nothing_to_race: str
    not_here: str
    estimate: str
    reused: str
    progress: str
    started: str
    pick: str
    pick_note: str
    no_runs: str
    alone: str
    together: str
    more_tasks: str
    seed: str
    steps: str
    empty: str
    shown_seed: str
    chart: str
    chart_alt: str
    what: Mapping[str, str]
    no_points: str
    waits: str
    exports: str
    curves: str
    scores: str
    settings: str
    report: str
    missing: str


@dataclass(frozen=True)
class CardText:
    """What may be said of two sides, and the tables below it."""

    heading: str
    so_far: str
    columns: tuple[str, ...]
    """Task, metric, difference, what may be said; the sides stand between the second and the third."""
    interval: str
    verdicts: Mapping[str, str]
    pair_verdicts: Mapping[str, str]
    together: str
    alone: str
    first: str
    second: str
    delta: str
    delta_verdicts: Mapping[str, str]
    pair_delta_verdicts: Mapping[str, str]
    definition: str
    pair_definition: str
    no_base: str
    how_one: str
    how_many: str
    costs: Mapping[str, str]
    other_devices: str
    runs_of: str
    test_scores: str
    differences: str
    settings: str
    field: str
    no_differences: str
    report_title: str
    report_note: str
    made: str
