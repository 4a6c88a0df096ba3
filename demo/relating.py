"""What the Relations tab is told of a run: its matrices, the groupings they suggest, and up to where to share."""

from collections.abc import Iterable, Mapping
from typing import Any

from demo.portion import short
from mtl.analysis.grouping import MOST_TASKS, best_groupings, suggest_split
from mtl.analysis.relations import Effect, Relation, Relations


def facts(relations: Relations, started: Mapping[str, Any] | None) -> dict[str, Any]:
    """Plain values with short numbers; a relation that was never measured is None.

    ``started`` is how the run began: it says how many layers its encoder has, and which of them are shared.
    """
    depth = _shared_depth((started or {}).get("parts"))
    split = suggest_split(relations.levels, depth) if depth > 1 else None
    agreement = {str(layer): cosine for layer, cosine in split.agreement.items()} if split else {}
    found = {
        "cosine": plain(relations.cosine),
        "affinity": plain(relations.affinity),
        "split": split and {"layers": split.layers, "depth": split.depth, "agreement": agreement},
    }
    return {key: short(value) for key, value in found.items()}


def plain(relation: Relation) -> dict[str, Any] | None:
    """A relation with its strongest effects, and the best grouping for every number of encoders, if it is small."""
    if not relation.measured or len(relation.tasks) < 2:
        return None
    grouped = best_groupings(relation) if len(relation.tasks) <= MOST_TASKS else []
    return {
        "tasks": list(relation.tasks),
        "values": [list(row) for row in relation.values],
        "measured": relation.measured,
        "help": _effect(relation.strongest_help()),
        "conflict": _effect(relation.strongest_conflict()),
        "groupings": [{"groups": [list(group) for group in each.groups], "value": each.value} for each in grouped],
    }


def _effect(effect: Effect | None) -> dict[str, Any] | None:
    return None if effect is None else {"source": effect.source, "target": effect.target, "value": effect.value}


def _shared_depth(parts: object) -> int:
    """The layers of an encoder that all tasks share; 0 where some layer is private, or nothing is told."""
    told = [each for each in parts if isinstance(each, Mapping)] if isinstance(parts, Iterable) else []
    layers = [each for each in told if str(each.get("level")).isdigit()]
    tasks = {str(name) for each in told for name in each.get("tasks", ())}
    whole = all(each.get("kind") == "layer" and set(each.get("tasks", ())) == tasks for each in layers)
    return max((int(each["level"]) for each in layers), default=0) if whole else 0
