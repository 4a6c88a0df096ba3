"""How near the estimate before a run is to what the run then takes, in time and in memory."""

from collections.abc import Iterator, Mapping
from typing import Any

from mtl.runs.config import RunConfig
from tests.bench.runs import bench
from tests.bench.table import Row, show

BAR = 0.30
CONFIGS: Mapping[str, dict[str, Any]] = {
    "default preset": {},
    "four label sets, batches of 64, 40 steps": {
        "tasks": ["sentiment", "topic", "stars", "entities"],
        "training": {"max_steps": 40, "per_device_train_batch_size": 64},
    },
    "two tasks, three layers, one frozen, 150 steps": {
        "tasks": ["relation", "question_type"],
        "encoder": {"num_hidden_layers": 3, "freeze_layers": 1},
        "training": {"max_steps": 150},
    },
}


def rows() -> Iterator[Row]:
    """Probes, then runs, each configuration."""
    with bench() as runs:
        for name, plain in CONFIGS.items():
            config = RunConfig.from_dict(plain)
            said, done = runs.probe(config), runs.run(config)
            if "error" in said:
                raise RuntimeError(f"The probe failed: {said}")
            yield off(f"estimated time, {name}", said["seconds"], done.elapsed_s, "s")
            yield off(f"estimated memory, {name}", said["peak_memory_bytes"] / 1e6, done.peak_memory_bytes / 1e6, "MB")


def off(what: str, estimated: float, actual: float, unit: str) -> Row:
    """How far the estimate is off, as a share of what it was."""
    share = estimated / actual - 1
    told = f"{estimated:.0f} {unit} estimated, {actual:.0f} {unit} taken ({share:+.0%})"
    return Row(what, f"within {BAR:.0%}", told, abs(share) / BAR)


if __name__ == "__main__":
    show(rows())
