import math

from mtl.analysis.measurements import Measurements


def test_rows_have_the_columns_in_the_order_in_which_they_came() -> None:
    norms = Measurements(max)
    norms.append(4, 1, {"1": 0.123456, "2": 2.0})
    norms.append(9, 5, {"2": math.inf, "experts": 1234.5, "1": None})
    assert norms.columns == ["1", "2", "experts"]
    assert norms.rows(norms.places(0, 10)) == [[1, 0.123, 2.0], [5, None, None, 1230.0]]
    assert list(norms.places(5, 10)) == [1]


def test_thinning_keeps_the_ends_and_what_stands_out() -> None:
    norms = Measurements(max)
    for step in range(1000):
        norms.append(step, step, {"1": 0.1, "2": 9.0 if step == 777 else 0.2})
    kept = norms.thinned(norms.places(0, 1000), 20)
    assert len(kept) <= 20
    assert {0, 777, 999} <= set(kept)
