"""The estimate of a run's time and memory."""

import pytest

from mtl.assembly import probe
from mtl.errors import ConfigError
from mtl.runs.config import RunConfig
from mtl.training.probe import STEPS, ProbeCancelled


@pytest.fixture
def config(tiny_encoder, corpus):
    def make(**training):
        return RunConfig.from_dict({"training": {"max_steps": 8, "eval_steps": 4, **training}})

    return make


def test_a_probe_adds_up_the_parts_of_a_run(config):
    found = probe(config(), lambda: False)
    assert found["seconds"] == pytest.approx(sum(found["phases"].values()))
    assert all(seconds >= 0 for seconds in found["phases"].values())
    assert found["phases"]["training"] > 0
    assert found["phases"]["evaluating"] > 0
    assert found["peak_memory_bytes"] > 2**20
    assert found["steps_per_s"] > 0


def test_more_steps_take_longer(config):
    short, long = probe(config(max_steps=2), lambda: False), probe(config(max_steps=2000), lambda: False)
    assert long["phases"]["training"] > 20 * short["phases"]["training"]


def test_a_single_step_can_be_probed(config):
    assert probe(config(max_steps=1, per_device_train_batch_size=1), lambda: False)["seconds"] > 0


@pytest.mark.parametrize("after", [0, 1, STEPS])
def test_a_newer_question_ends_the_probe_between_two_steps(after, config):
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > after

    with pytest.raises(ProbeCancelled):
        probe(config(), cancelled)
    assert len(asked) == after + 1


def test_an_impossible_configuration_is_refused_before_anything_is_loaded(config):
    with pytest.raises(ConfigError):
        probe(RunConfig.from_dict({"balancer": "magic"}), lambda: False)


def test_steps_that_compare_gradients_are_counted_in(config, monkeypatch):
    from mtl.training import probe as module

    seen = []

    def slow(trainer, batches):
        seen.append(len(batches))
        return 1000.0

    monkeypatch.setattr(module, "_time_measured", slow)
    found = probe(config(max_steps=20, conflict_steps=5), lambda: False)
    assert len(seen) == 1
    assert found["phases"]["training"] == pytest.approx(4 * 1000, rel=0.01)  # steps 1, 6, 11 and 16
    assert probe(config(max_steps=20, conflict_steps=0), lambda: False)["phases"]["training"] < 1000
