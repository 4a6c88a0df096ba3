"""Numbers made short, and curves made of few points, without hiding what stands out."""

import math
from collections.abc import Sequence

DIGITS = 4


def significant(value: object, digits: int = DIGITS) -> float | None:
    """The number with so many significant digits; None for anything that is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def thin(values: Sequence[float], limit: int) -> list[int]:
    """The places of at most ``limit`` values that show the same curve: the ends, and the extremes between them.

    The values are cut into equal buckets; of each the smallest and the largest stay. NaN counts as largest, so that
    a loss that broke is never hidden.

    Args:
        values: The curve.
        limit: How many may stay, at least 4.
    """
    if len(values) <= limit:
        return list(range(len(values)))
    buckets = (limit - 2) // 2
    inner = len(values) - 2
    kept = {0, len(values) - 1}
    for bucket in range(buckets):
        low, high = 1 + bucket * inner // buckets, 1 + (bucket + 1) * inner // buckets
        height = [math.inf if math.isnan(value) else value for value in values[low:high]]
        kept |= {low + height.index(min(height)), low + height.index(max(height))}
    return sorted(kept)
