"""Everything a configuration may name, as plain values. Needs no torch."""

import math
from dataclasses import asdict
from typing import Any

from mtl import encoders
from mtl.balancing import BALANCERS
from mtl.data.catalogue import Entry, catalogue
from mtl.data.corpus import TASKS, example, sizes
from mtl.data.sources import TaskSpec
from mtl.runs.config import RunConfig
from mtl.runs.options import Method
from mtl.sharing import SHARING
from mtl.tasks import TASK_KINDS
from mtl.training.sampling import SAMPLING


def options() -> dict[str, Any]:
    """Everything a configuration may name, as plain values: the same for the API and the command line."""
    return {
        "encoders": [{"name": name, **_describe_encoder(known)} for name, known in encoders.ENCODERS.items()],
        "tasks": [_describe_task(spec) for spec in TASKS.values()],
        "catalogue": [_describe_entry(entry) for entry in catalogue().values()],
        "kinds": kinds(),
        "sharing": [_describe_method(name, method) for name, method in SHARING.items()],
        "balancers": [_describe_method(name, method) for name, method in BALANCERS.items()],
        "sampling": [_describe_method(name, method) for name, method in SAMPLING.items()],
        "defaults": RunConfig().to_dict(),
    }


def kinds() -> list[dict[str, Any]]:
    """The kinds of tasks with their options."""
    return [_describe_method(name, method) for name, method in TASK_KINDS.items()]


def _describe_encoder(known: encoders.KnownEncoder) -> dict[str, Any]:
    return {"title": known.title, "parameters": known.parameters, "num_hidden_layers": known.num_hidden_layers}


def _describe_task(spec: TaskSpec) -> dict[str, Any]:
    columns = {"name": spec.name, "kind": spec.kind, "labels": list(spec.labels), "source": spec.source}
    return {**columns, "pair": spec.pair, "rows": sizes(spec), "example": example(spec)}


def _describe_entry(entry: Entry) -> dict[str, Any]:
    spec = entry.spec
    columns = {"name": spec.name, "kind": spec.kind, "labels": list(spec.labels), "source": spec.source}
    about = {"title": entry.title, "language": entry.language, "licence": entry.licence, "id": entry.source.id}
    return {**columns, "pair": spec.pair, **about}


def _describe_method(name: str, method: Method) -> dict[str, Any]:
    """A line of a table as plain values; an open bound is left out."""
    described = []
    for option in method.options:
        values = asdict(option)
        described.append({key: value for key, value in values.items() if value not in (math.inf, -math.inf)})
    return {"name": name, "options": described}
