from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from demo.estimate import ERROR_KEPT_S, PROBE_DEADLINE_S, Estimate

CONFIG: dict[str, Any] = {"training": {"max_steps": 40}}
OTHER: dict[str, Any] = {"training": {"max_steps": 80}}
MEASURED = {"id": 3, "seconds": 12.5, "peak_memory_bytes": 700_000_000, "steps_per_s": 4.0}


class Bench:
    """A launcher whose probes are answered by the test."""

    def __init__(self, free: bool = True) -> None:
        self.free = free
        self.asked: list[tuple[Mapping[str, Any], Callable[[dict[str, Any]], None]]] = []

    def probe(self, config: Mapping[str, Any], on_result: Callable[[dict[str, Any]], None]) -> bool:
        if self.free:
            self.asked.append((config, on_result))
        return self.free

    def say(self, result: dict[str, Any], which: int = -1) -> None:
        self.asked[which][1](result)

    def warm(self) -> None: ...

    def start(self, folder: Path, ended: Callable[[int], None]) -> None: ...

    def alive(self, run_id: str) -> bool:
        return False

    def kill(self, run_id: str, grace: float = 1.0) -> bool:
        return False

    def close(self) -> None: ...


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_measurement_is_asked_for_once_and_kept() -> None:
    bench = Bench()
    estimate = Estimate(bench)
    assert estimate.of(CONFIG) == {"state": "measuring"}
    assert estimate.of(CONFIG) == {"state": "measuring"}
    assert len(bench.asked) == 1
    bench.say(MEASURED)
    ready = estimate.of(CONFIG)
    assert (ready["state"], ready["seconds"], ready["peak_memory_bytes"]) == ("ready", 12.5, 700_000_000)
    assert "id" not in ready
    assert estimate.of(CONFIG) == ready
    assert len(bench.asked) == 1


def test_the_probe_gets_the_whole_config() -> None:
    bench = Bench()
    Estimate(bench).of(CONFIG)
    assert bench.asked[0][0]["training"]["max_steps"] == 40
    assert len(bench.asked[0][0]["tasks"]) == 6


def test_the_newest_question_wins() -> None:
    bench = Bench()
    estimate = Estimate(bench)
    estimate.of(CONFIG)
    assert estimate.of(OTHER) == {"state": "measuring"}
    assert len(bench.asked) == 2
    bench.say({"cancelled": True}, 0)
    bench.say(MEASURED, 1)
    assert estimate.of(OTHER)["state"] == "ready"


def test_a_question_that_was_outrun_waits_for_its_turn_and_then_gets_it() -> None:
    bench = Bench()
    estimate = Estimate(bench)
    estimate.of(CONFIG)
    estimate.of(OTHER)
    bench.say({"cancelled": True}, 0)
    assert estimate.of(CONFIG) == {"state": "measuring"}
    assert len(bench.asked) == 2, "two pages that ask in turn would cancel each other for ever"
    bench.say(MEASURED, 1)
    estimate.of(CONFIG)
    assert len(bench.asked) == 3
    bench.say(MEASURED, 2)
    assert estimate.of(CONFIG)["state"] == "ready"


def test_while_a_run_trains_the_answer_is_busy() -> None:
    bench = Bench(free=False)
    estimate = Estimate(bench)
    assert estimate.of(CONFIG) == {"state": "busy"}
    bench.free = True
    assert estimate.of(CONFIG) == {"state": "measuring"}


def test_a_run_that_took_the_standby_leaves_no_measuring_behind() -> None:
    bench = Bench()
    estimate = Estimate(bench)
    estimate.of(CONFIG)
    bench.free = False
    bench.say({"cancelled": True})
    assert estimate.of(CONFIG) == {"state": "busy"}


def test_an_error_is_said_and_tried_again_later() -> None:
    bench, clock = Bench(), Clock()
    estimate = Estimate(bench, clock)
    estimate.of(CONFIG)
    bench.say({"error": {"error": "EncoderError", "message": "No weights.", "details": {"reason": "offline"}}})
    said = estimate.of(CONFIG)
    assert said["state"] == "error"
    assert said["error"]["error"] == "EncoderError"
    assert len(bench.asked) == 1
    clock.now = ERROR_KEPT_S
    assert estimate.of(CONFIG) == {"state": "measuring"}
    assert len(bench.asked) == 2


def test_a_probe_that_never_answers_is_asked_again() -> None:
    bench, clock = Bench(), Clock()
    estimate = Estimate(bench, clock)
    estimate.of(CONFIG)
    clock.now = PROBE_DEADLINE_S
    assert estimate.of(CONFIG) == {"state": "measuring"}
    assert len(bench.asked) == 2


@pytest.mark.parametrize("config", [{"training": {"max_steps": 0}}, {"nonsense": 1}, {"tasks": []}, 5, None])
def test_an_impossible_config_is_an_error_and_no_probe(config) -> None:
    bench = Bench()
    said = Estimate(bench).of(config)
    assert said["state"] == "error"
    assert said["error"]["error"] == "ConfigError"
    assert bench.asked == []
