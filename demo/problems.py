"""An error of the library as plain values, for the page's sentences."""

from collections.abc import Mapping
from typing import Any

from mtl.errors import ConfigError, MtlError
from mtl.runs.config import RunConfig

FACTORS = ("tasks.loss_scale", "balancer.weights", "sampling.weights")
"""Fields that are a factor for each task."""


def plain_error(error: MtlError) -> dict[str, Any]:
    """The error as the page's sentences are filled from it, with the nearest value that would have been allowed."""
    details = dict(error.details)
    if isinstance(error, ConfigError):
        details["nearest"] = nearest(details)
    return {"type": error.name, "message": error.message, "details": details}


def nearest(details: Mapping[str, Any]) -> float | int | None:
    """The allowed value nearest to the one found: a bound, or the default where a bound would make no sense."""
    found, low, high = details.get("found"), details.get("low"), details.get("high")
    usual = default(str(details.get("field")))
    if isinstance(usual, float):
        return usual
    if isinstance(found, int | float) and isinstance(low, int | float) and isinstance(high, int | float):
        return high if found > high else low
    return usual


def default(field: str) -> float | int | None:
    """The default of a field like ``training.seed``; None where it has none, or none that is a number."""
    if field in FACTORS:
        return 1.0
    part: Any = RunConfig().to_dict()
    for key in field.split("."):
        part = part.get(key) if isinstance(part, dict) else None
    return part if isinstance(part, int | float) and not isinstance(part, bool) else None
