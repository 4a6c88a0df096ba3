"""Which share of a step's texts each source gives. No torch here: the page reads the table.

n rows of a source · p share of a source · e how far the run is, from 0 to 1
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from mtl.runs.options import Method, Option


class Sampler(ABC):
    """Shares the texts of a step out among the sources."""

    @abstractmethod
    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """The share of each source; they sum to 1.

        Args:
            rows: Training rows of each source, at least 1.
            progress: How far the run is: 0 at its first step, 1 at its last.
        """


class Proportional(Sampler):
    """Each source in proportion to its rows: pᵢ = nᵢ / Σ nⱼ. Every row counts the same.

    "Examples-proportional mixing" of `T5 <https://arxiv.org/abs/1910.10683>`_ (JMLR 2020), §3.5.2, without its limit.
    Pitfall: a source a hundred times as large leaves a small one hardly a text.
    """

    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """nᵢ / Σ nⱼ."""
        return _shared(dict(rows))


class Temperature(Sampler):
    """Between proportional (τ = 1) and uniform (τ → ∞): pᵢ ∝ nᵢ^(1/τ).

    `Massively Multilingual Neural Machine Translation in the Wild <https://arxiv.org/abs/1907.05019>`_ (2019), where
    τ = 5; T5 (`1910.10683 <https://arxiv.org/abs/1910.10683>`_) found τ = 2 best.

    Args:
        temperature: τ in [1, 100].

    Pitfall: what a small source gains it sees again and again, and may learn by heart.
    """

    def __init__(self, temperature: float = 2.0) -> None:
        self._temperature = temperature

    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """nᵢ^(1/τ) / Σ nⱼ^(1/τ)."""
        return _shared({name: size ** (1 / self._temperature) for name, size in rows.items()})


class Uniform(Sampler):
    """Every source the same: pᵢ = 1 / S for S sources, whatever their size.

    "Equal mixing" of `T5 <https://arxiv.org/abs/1910.10683>`_, §3.5.2. Pitfall: small sources are repeated often.
    """

    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """1 / S."""
        return dict.fromkeys(rows, 1 / len(rows))


class Annealed(Sampler):
    """Proportional at first, then ever closer to uniform: pᵢ ∝ nᵢ^α with α = 1 − (1 − end)·e.

    `BERT and PALs <https://arxiv.org/abs/1902.02671>`_ (Stickland & Murray, ICML 2019): α = 1 − 0.8·(E′ − 1)/(E − 1)
    in epoch E′ of E, which ends at 0.2. Here α falls with every step.

    Args:
        end: α at the last step, in [0, 1]: 0 is uniform.
    """

    def __init__(self, end: float = 0.0) -> None:
        self._end = end

    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """nᵢ^α / Σ nⱼ^α."""
        alpha = 1 - (1 - self._end) * progress
        return _shared({name: size**alpha for name, size in rows.items()})


class Capped(Sampler):
    """In proportion to the rows, of which no source counts more than K: pᵢ = min(nᵢ, K) / Σ min(nⱼ, K).

    "Examples-proportional mixing" with its limit, of `T5 <https://arxiv.org/abs/1910.10683>`_, §3.5.2.

    Args:
        cap: K, at least 1. All rows of a large source are still seen, only more slowly.
    """

    def __init__(self, cap: float = 1000) -> None:
        self._cap = cap

    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """min(nᵢ, K) / Σ min(nⱼ, K)."""
        return _shared({name: min(size, self._cap) for name, size in rows.items()})


class Weighted(Sampler):
    """By hand: pᵢ ∝ wᵢ·nᵢ^(1/τ), the "mixing rates" of `T5 <https://arxiv.org/abs/1910.10683>`_ set one by one.

    Args:
        weights: wᵢ in [0.01, 100] by source; sources that are not named weigh 1. See ``source_weights``.
        temperature: τ in [1, 100]; 1 weighs rows, large values weigh sources.
    """

    def __init__(self, weights: Mapping[str, float] | None = None, temperature: float = 1.0) -> None:
        self._weights = dict(weights or {})
        self._temperature = temperature

    def shares(self, rows: Mapping[str, int], progress: float = 0.0) -> dict[str, float]:
        """wᵢ·nᵢ^(1/τ) / Σ wⱼ·nⱼ^(1/τ)."""
        power = 1 / self._temperature
        return _shared({name: self._weights.get(name, 1.0) * size**power for name, size in rows.items()})


SAMPLING: Mapping[str, Method] = {
    "proportional": Method(lambda: Proportional),
    "temperature": Method(lambda: Temperature, (Option("temperature", "number", 2.0, low=1, high=100),)),
    "uniform": Method(lambda: Uniform),
    "annealed": Method(lambda: Annealed, (Option("end", "number", 0.0, low=0, high=1),)),
    "capped": Method(lambda: Capped, (Option("cap", "number", 1000, low=1, high=1e9),)),
    "weighted": Method(
        lambda: Weighted,
        (
            Option("weights", "per_task", {}, low=0.01, high=100),
            Option("temperature", "number", 1.0, low=1, high=100),
        ),
    ),
}


def source_weights(weights: Mapping[str, float], members: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """The weight of each source: its own if it is named, else the mean of its tasks' weights, 1 where not named.

    Args:
        weights: By task or source.
        members: The tasks of each source.
    """
    means = {name: sum(weights.get(task, 1.0) for task in tasks) / len(tasks) for name, tasks in members.items()}
    return {name: weights.get(name, mean) for name, mean in means.items()}


def _shared(rates: Mapping[str, float]) -> dict[str, float]:
    total = sum(rates.values())
    return {name: rate / total for name, rate in rates.items()}
