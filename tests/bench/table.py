"""One markdown row per measurement: what | bar | measured | ratio."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEAD = ("what", "bar", "measured", "ratio")


@dataclass(frozen=True)
class Row:
    """A measurement beside its bar. ``ratio`` is at most 1 when the bar is met, whichever way the bar points."""

    what: str
    bar: str
    measured: str
    ratio: float | None
    """None where there is nothing to divide; then ``measured`` says it."""

    def markdown(self) -> str:
        """The row as a line of a markdown table."""
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}{'' if self.ratio <= 1 else ' ✗'}"
        return line((self.what, self.bar, self.measured, ratio))


def line(cells: Sequence[str]) -> str:
    """A line of a markdown table."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def at_most(what: str, value: float, bar: float, unit: str, detail: str = "") -> Row:
    """A measurement that should not be larger than its bar."""
    return Row(what, f"≤ {bar:g} {unit}", _said(value, unit, detail), value / bar)


def at_least(what: str, value: float, bar: float, unit: str, detail: str = "") -> Row:
    """A measurement that should not be smaller than its bar."""
    return Row(what, f"≥ {bar:g} {unit}", _said(value, unit, detail), bar / value if value > 0 else float("inf"))


def _said(value: float, unit: str, detail: str) -> str:
    return f"{value:.3g} {unit}{f' ({detail})' if detail else ''}"


def machine() -> str:
    """The machine in words, with how busy it is: a time taken beside other work means little."""
    # Late: importing torch belongs to no measurement.
    import torch

    from mtl.training.hardware import device_name, pick_device, pick_precision

    device = pick_device()
    load = f"{os.getloadavg()[0]:.1f}"
    parts = (device_name(device), pick_precision(device), f"torch {torch.__version__}", platform.python_version())
    return " · ".join((*parts, f"load {load}"))


def head() -> str:
    """The first two lines of the table."""
    return "\n".join((line(HEAD), line(["---"] * len(HEAD))))


def show(rows: Iterable[Row]) -> None:
    """Prints a table, each row as soon as it is measured."""
    print(head(), flush=True)
    for row in rows:
        print(row.markdown(), flush=True)
    print(f"\n{machine()}")


def median(values: Sequence[float]) -> float:
    """The upper median."""
    return sorted(values)[len(values) // 2]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not below ``share`` of all."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
