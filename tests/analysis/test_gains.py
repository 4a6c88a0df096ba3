"""Transfer gains from the events of many runs, against numbers worked out by hand."""

import math

import pytest

from mtl.analysis.gains import best_losses, transfer_gains
from mtl.errors import ConfigError


def run(**losses):
    """Events of a run: ``a=(2.0, 1.0)`` are the validation losses of the task a."""
    told = [
        {"type": "loss", "split": "validation", "step": step, "task": task, "loss": loss}
        for task, values in losses.items()
        for step, loss in enumerate(values)
    ]
    return [{"type": "loss", "split": "train", "step": 1, "task": "a", "loss": 0.001}, *told, {"type": "finished"}]


def test_gains_are_shares_of_the_loss_alone() -> None:
    found = transfer_gains(
        {
            ("a",): run(a=(2.0, 1.0, 1.5)),
            ("b",): run(b=(2.0,)),
            ("c",): run(c=(4.0,)),
            ("b", "a"): run(a=(0.8, 0.9), b=(3.0,)),
            ("a", "c"): run(a=(1.0,), c=(2.0,)),
        }
    )
    assert found.tasks == ("a", "b", "c")
    assert found.value("b", "a") == pytest.approx(0.2)  # best against best
    assert found.value("a", "b") == pytest.approx(-0.5)
    assert found.value("c", "a") == 0
    assert found.value("a", "c") == pytest.approx(0.5)
    assert found.value("b", "c") is None  # this pair was not trained
    assert found.value("a", "a") is None
    assert (found.kind, found.strongest_help().source) == ("gain", "a")


def test_losses_that_are_none_are_not_counted() -> None:
    assert best_losses(run(a=(None, math.inf, math.nan, "1", True, 3.0))) == {"a": 3.0}
    found = transfer_gains({("a",): run(), ("b",): run(b=(0.0,)), ("a", "b"): run(a=(1.0,), b=(1.0,))})
    assert found.values == ((None, None), (None, None))


def test_runs_that_tell_nothing_of_pairs_are_refused() -> None:
    with pytest.raises(ConfigError):
        transfer_gains({("a", "b", "c"): run()})
    with pytest.raises(ConfigError):
        transfer_gains({("a", "b"): run(a=(1.0,))})
