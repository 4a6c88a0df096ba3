"""Which share of a step's texts each source gives. No torch here: the page reads the table.

S sources · n rows of a source · p share of a source
"""

import math
from collections.abc import Mapping

from mtl.runs.options import Method


class Proportional:
    """Each source in proportion to its rows: pᵢ = nᵢ / Σ nⱼ. Every row counts the same."""

    def shares(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """The share of each source; they sum to 1."""
        total = sum(sizes.values())
        return {name: size / total for name, size in sizes.items()}


SAMPLING: Mapping[str, Method] = {
    "proportional": Method(lambda: Proportional),
}


class Mixture:
    """Splits every step's batch among the sources so that, over the steps, each gets exactly its share.

    What one step rounds away is carried to the next: after k steps of B texts a source with share p has given
    ⌊k·B·p⌋ or ⌈k·B·p⌉. A source never waits for ever, however small its share.
    """

    def __init__(self, shares: Mapping[str, float], batch_size: int) -> None:
        self._shares = dict(shares)
        self._batch_size = batch_size
        self._owed = dict.fromkeys(shares, 0.0)

    def counts(self) -> dict[str, int]:
        """Texts of the next step by source; they sum to the batch size, and a source may sit out."""
        for name, share in self._shares.items():
            self._owed[name] += share * self._batch_size
        # Rounding first guards against a share like 0.1 that adds up to 0.9999999.
        counts = {name: max(0, math.floor(round(owed, 9))) for name, owed in self._owed.items()}
        left = self._batch_size - sum(counts.values())
        # By deadline, not by size: whoever would be a whole text short the soonest. Only this order never falls behind.
        rests = {name: owed - counts[name] for name, owed in self._owed.items() if owed - counts[name] > 1e-9}
        for name in sorted(rests, key=lambda name: (1 - rests[name]) / self._shares[name])[:left]:
            counts[name] += 1
        for name, count in counts.items():
            self._owed[name] -= count
        return {name: count for name, count in counts.items() if count > 0}
