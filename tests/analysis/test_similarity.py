"""Linear CKA: what it may not depend on, and the definition by HSIC."""

import numpy as np
import pytest

from mtl.analysis.similarity import layer_similarities, linear_cka
from mtl.errors import ConfigError


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def by_hsic(x, y):
    """HSIC(K, L) / √(HSIC(K, K)·HSIC(L, L)) with HSIC(K, L) = tr(KHLH) / (n − 1)²."""
    n = len(x)
    h = np.eye(n) - np.ones((n, n)) / n

    def hsic(k, other):
        return np.trace(k @ h @ other @ h) / (n - 1) ** 2

    k, other = x @ x.T, y @ y.T
    return hsic(k, other) / np.sqrt(hsic(k, k) * hsic(other, other))


@pytest.mark.parametrize(("n", "p", "q"), [(40, 5, 7), (6, 30, 20), (12, 12, 3), (2, 1, 1)])
def test_it_is_the_definition_by_hsic(rng, n, p, q) -> None:
    x, y = rng.normal(size=(n, p)) + 3, rng.normal(size=(n, q)) - 2
    assert linear_cka(x, y) == pytest.approx(by_hsic(x, y))
    assert linear_cka(x, y) == pytest.approx(linear_cka(y, x))


def test_it_does_not_see_rotation_scale_or_place(rng) -> None:
    x, y = rng.normal(size=(50, 6)), rng.normal(size=(50, 4))
    q, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    assert linear_cka(x @ q, y) == pytest.approx(linear_cka(x, y))
    assert linear_cka(-300 * x + 7, y) == pytest.approx(linear_cka(x, y))
    assert linear_cka(x, 0.01 * x @ q - 1) == pytest.approx(1)
    # Any other invertible map is seen: otherwise wide layers would all be the same.
    assert linear_cka(x, x @ np.diag([1, 1, 1, 20, 20, 20])) < 0.95


def test_the_same_is_1_and_strangers_are_near_0(rng) -> None:
    x, y = rng.normal(size=(4000, 5)), rng.normal(size=(4000, 5))
    assert linear_cka(x, x) == pytest.approx(1)
    assert linear_cka(x, y) < 0.01


def test_half_precision_is_summed_in_full(rng) -> None:
    x = rng.normal(size=(200, 8))
    assert linear_cka(x.astype(np.float32), x.astype(np.float32)) == pytest.approx(1)


def test_what_says_the_same_of_every_text_has_no_similarity(rng) -> None:
    assert np.isnan(linear_cka(np.ones((5, 3)), rng.normal(size=(5, 3))))


@pytest.mark.parametrize(("one", "two"), [((4, 3), (5, 3)), ((1, 3), (1, 3)), ((4,), (4, 3)), ((4, 3, 2), (4, 3))])
def test_what_cannot_be_compared_is_refused(one, two) -> None:
    with pytest.raises(ConfigError):
        linear_cka(np.ones(one), np.ones(two))


def test_every_two_tasks_are_compared_at_the_levels_they_all_have(rng) -> None:
    low, high, other = (rng.normal(size=(30, 4)) for _ in range(3))
    found = layer_similarities({"a": {"1": low, "2": high}, "b": {"1": low, "2": other}, "c": {"1": other}})
    assert list(found) == ["1"]
    assert found["1"].tasks == ("a", "b", "c")
    assert found["1"].value("a", "b") == pytest.approx(1)
    assert found["1"].value("c", "a") == found["1"].value("a", "c") == pytest.approx(linear_cka(low, other))
    assert layer_similarities({}) == {}
    flat = layer_similarities({"a": {"1": low}, "b": {"1": np.ones((30, 2))}})
    assert flat["1"].value("a", "b") is None
