"""From a click on Train to the first point, and of the default preset to the end, on the real page in Chromium."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page

from tests.bench.runs import read_finished
from tests.bench.table import Row, at_most, show
from tests.browser.driving import App, Visitor, open_chromium, run_of

WARM_S, COLD_S, FINISHED_S = 3.0, 10.0, 60.0
PATIENCE_MS = 600_000
STOPWATCH = """() => {
    const clock = window.clock = {}, text = cell => cell?.textContent.trim() ?? '';
    const state = () => document.querySelector('[data-state]')?.dataset.state;
    const scored = () => {
        const rows = [...document.querySelectorAll('#scores tbody tr')];
        return rows.length && rows.every(row => /[0-9]/.test(text(row.children[6])));
    };
    document.querySelector('button#go').addEventListener('click', () => {
        const began = performance.now(), before = new URLSearchParams(location.search).get('run');
        const look = () => {
            const now = (performance.now() - began) / 1000, run = new URLSearchParams(location.search).get('run');
            const lines = document.querySelector('.plot')?.data ?? [];
            if (run && run !== before) {
                if (lines.some(line => line.x.length)) clock.point ??= now;
                if (lines.some((line, i) => i % 3 === 0 && line.x.length)) clock.step ??= now;
                if (state() === 'finished' && scored()) { clock.finished ??= now; return; }
            }
            requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }, { capture: true, once: true });
}"""
"""Looks at every frame that the browser draws: no time of asking from outside is in the numbers."""


def rows() -> Iterator[Row]:
    """A warm click trains the default preset to its end; a cold one has its standby process killed first."""
    with TemporaryDirectory() as runs, open_chromium() as browser, App(Path(runs)) as app:
        app.wait()
        page = Visitor(browser, app.url).go()
        # The estimate is measured by the standby: once it is there, the standby is warm and at rest.
        page.locator(".estimate b").wait_for(timeout=PATIENCE_MS)
        clock = press(page, "finished")
        what = "click on Train → first point on screen, standby warm"
        yield at_most(what, clock["point"], WARM_S, "s", f"first training step {clock['step']:.1f} s")
        yield at_most("default preset, click → finished and scored", clock["finished"], FINISHED_S, "s")
        yield learned(app, run_of(page))
    with TemporaryDirectory() as runs, open_chromium() as browser, App(Path(runs)) as app:
        yield cold(app, browser)


def cold(app: App, browser: Browser) -> Row:
    """A click when no process has imported anything yet."""
    app.wait()
    page = Visitor(browser, app.url).go()
    for pid in standbys(app):
        os.kill(pid, signal.SIGKILL)
    clock = press(page, "step")
    page.locator("button#go.stop").click()
    what = "click on Train → first point on screen, cold (standby killed)"
    return at_most(what, clock["point"], COLD_S, "s", f"first training step {clock['step']:.1f} s")


def press(page: Page, last: str) -> dict[str, Any]:
    """Presses Train; returns the seconds to each event once the ``last`` one has come."""
    page.evaluate(STOPWATCH)
    page.locator("button#go.train[aria-disabled=false]").click()
    page.wait_for_function("last => window.clock[last]", arg=last, timeout=PATIENCE_MS)
    return dict(page.evaluate("() => window.clock"))


def standbys(app: App) -> list[int]:
    """The app's processes that wait for a run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes()
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:  # it has just ended
            continue
        if int(parent) == app.process.pid and b"--standby" in command:
            found.append(int(place.name))
    return found


def learned(app: App, run: str) -> Row:
    """Each task's test score beside that of its best constant answer."""
    scores = read_finished(app.folder(run)).scores
    told = ", ".join(
        f"{task} {100 * score.test:.1f} vs {100 * score.naive:.1f} {score.metric}" for task, score in scores.items()
    )
    # Only how far the weakest task is above its naive answer can be divided: at 1 it has learned nothing.
    gaps = [(1 - score.test) / (1 - score.naive) for score in scores.values()]
    return Row(
        "default preset, test score vs naive, largest share of error left", "< 1 for every task", told, max(gaps)
    )


if __name__ == "__main__":
    show(rows())
