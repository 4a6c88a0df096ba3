"""How soon ``python app.py`` answers, and that its process does so without torch."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.table import Row, at_most, median, show
from tests.browser.driving import App

STARTS = 3
BAR_S = 6.0


def rows() -> Iterator[Row]:
    """Starts the app a few times; the first start may have to read its files from the disk."""
    seconds, torch_seen = [], False
    for _ in range(STARTS):
        with TemporaryDirectory() as runs, App(Path(runs)) as app:
            seconds.append(app.wait())
            torch_seen |= app.has_torch()
    each = ", ".join(f"{second:.1f}" for second in seconds)
    yield at_most("`python app.py` → the page answers, median", median(seconds), BAR_S, "s", each)
    found = "torch imported" if torch_seen else "no torch"
    yield Row("the page process when it answers", "no torch", found, 2.0 if torch_seen else None)


if __name__ == "__main__":
    show(rows())
