"""How alike the representations of several encoders are: linear CKA, layer by layer.

n texts · p, q features
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mtl.analysis.relations import SIMILARITY, Relation
from mtl.errors import ConfigError

Array = npt.NDArray[np.floating]


def linear_cka(x: Array, y: Array) -> float:
    """Centred kernel alignment with linear kernels, in [0, 1]; NaN where all texts look the same to one of the two.

    `Similarity of Neural Network Representations Revisited <https://arxiv.org/abs/1905.00414>`_ (Kornblith et al.,
    ICML 2019): with centred columns, ‖YᵀX‖²_F / (‖XᵀX‖_F · ‖YᵀY‖_F), which is HSIC(XXᵀ, YYᵀ) over the geometric mean
    of both with themselves. It does not change with rotations, reflections and a common scale of either side. With
    few texts and many features it is biased upwards: compare only numbers of equally many texts.

    Args:
        x: What the one says about the texts, ``[n, p]``.
        y: What the other says about the same texts in the same order, ``[n, q]``.

    Raises:
        ConfigError: Not two matrices with equally many rows, two at least.
    """
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) < 2:
        raise ConfigError("representations", "be two matrices with the same rows, two at least", [x.shape, y.shape])
    x, y = (each.astype(np.float64) - each.mean(axis=0, dtype=np.float64) for each in (x, y))
    own = _cross(x, x) * _cross(y, y)
    return float(_cross(x, y) / np.sqrt(own)) if own > 0 else float("nan")


def _cross(x: Array, y: Array) -> float:
    """‖YᵀX‖²_F, by the smaller of two products that give the same: n × n or p × q."""
    if len(x) ** 2 < x.shape[1] * y.shape[1]:
        return float(((x @ x.T) * (y @ y.T)).sum())
    return float(np.square(y.T @ x).sum())


def layer_similarities(encoders: Mapping[str, Mapping[str, Array]]) -> dict[str, Relation]:
    """The CKA of every two tasks' encoders at each level that all of them have, from the bottom up.

    Args:
        encoders: Of each task, by level, what its encoder says about the same texts, ``[n, H]``.

    Raises:
        ConfigError: As ``linear_cka``.
    """
    tasks = tuple(encoders)
    levels = [level for level in next(iter(encoders.values()), {}) if all(level in each for each in encoders.values())]
    return {level: _similarity(tasks, [encoders[task][level] for task in tasks]) for level in levels}


def _similarity(tasks: tuple[str, ...], said: list[Array]) -> Relation:
    found: dict[tuple[int, int], float | None] = {}
    for i, x in enumerate(said):
        for j, y in enumerate(said[: i + 1]):
            value = linear_cka(x, y)
            found[i, j] = found[j, i] = None if np.isnan(value) else value
    rows = tuple(tuple(found[i, j] for j in range(len(said))) for i in range(len(said)))
    return Relation(SIMILARITY, tasks, rows)
