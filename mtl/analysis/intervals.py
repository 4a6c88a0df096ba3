"""Means of a few seeds, their 95 % intervals, and what may be claimed of them."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

CONFIDENCE = 0.95

Verdict = Literal["one_seed", "no_difference", "better", "worse"]
"""What a difference allows to say: nothing with one seed; nothing if its interval holds 0; else its sign."""


@dataclass(frozen=True)
class Interval:
    """A mean and, of two values or more, the interval that holds the true mean with a confidence of 95 %."""

    mean: float
    low: float | None
    high: float | None
    count: int

    @property
    def verdict(self) -> Verdict:
        """What may be said of a difference with this interval."""
        if self.low is None or self.high is None:
            return "one_seed"
        if self.low <= 0 <= self.high:
            return "no_difference"
        return "better" if self.low > 0 else "worse"

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values."""
        return asdict(self)


def interval(values: Sequence[float]) -> Interval:
    """The mean x̄ of n values and x̄ ± t·s/√n, with Student's t of n − 1 degrees of freedom.

    s is the standard deviation with n − 1 below. Of differences that are paired by seed this is the interval of the
    paired t-test. It assumes that they spread like a bell curve; three seeds can neither show nor refute that.

    Args:
        values: At least one; of one only the mean is known.
    """
    count = len(values)
    mean = math.fsum(values) / count
    if count == 1:
        return Interval(mean, None, None, 1)
    from scipy.special import stdtrit  # late: a page that compares nothing does without

    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * spread / math.sqrt(count)
    return Interval(mean, mean - half, mean + half, count)
