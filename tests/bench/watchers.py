"""Fifty watchers of one live run: what an update weighs, what they cost the page's process, how late a point is.

The watchers are HTTP clients that ask as the page's script does. One more is a real browser, in which the newest
point on screen is compared with the time at which the worker wrote it down.
"""

import http.client
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from mtl.runs.presence import Claim
from tests.bench.runs import read_events
from tests.bench.table import Row, at_most, median, percentile, show
from tests.browser.driving import NEWEST, ROOT, App, Visitor, open_chromium, set_steps, train, wait_for_steps

WATCHERS, SECONDS, STEPS = 50, 30.0, 400
POLL = (ROOT / "demo" / "live" / "poll.js").read_text("utf-8")
EVERY_S = int(re.findall(r"EVERY = (\d+)", POLL)[0]) / 1000
"""As the page's script asks."""
BAR_BYTES, BAR_CORE, BAR_LATE_S = 1000, 0.25, 1.5
TICKS = os.sysconf("SC_CLK_TCK")
DIARY = f"""() => {{
    window.diary = [];
    const look = () => {{
        const newest = ({NEWEST})();
        if (newest !== window.diary.at(-1)?.[0]) window.diary.push([newest, Date.now() / 1000]);
        requestAnimationFrame(look);
    }};
    look();
}}"""


class Watcher(threading.Thread):
    """One more open page, as far as the server can tell."""

    def __init__(self, port: int, question: dict[str, Any], ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._question = question
        self._ended = ended
        self.sizes: list[int] = []

    def run(self) -> None:
        """Asks for what is new, as often as a page; the first answer, which may hold the past, is not counted."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        cursor, first = 0, True
        while not self._ended.wait(EVERY_S):
            asked = {**self._question, "data": {**self._question["data"], "cursor": cursor}}
            connection.request(
                "POST", "/gradio_api/component_server/", json.dumps(asked), {"Content-Type": "application/json"}
            )
            body = connection.getresponse().read()
            cursor = json.loads(body)["cursor"]
            if not first:
                self.sizes.append(len(body))
            first = False
        connection.close()


def rows() -> Iterator[Row]:
    """Lets the crowd watch the default preset for half a minute."""
    with TemporaryDirectory() as runs, App(Path(runs)) as app, open_chromium() as browser:
        app.wait()
        page = Visitor(browser, app.url).go()
        set_steps(page, STEPS)
        with page.expect_request(lambda request: "component_server" in request.url) as asked:
            run = train(page)
        wait_for_steps(page, more=3)
        ended = threading.Event()
        # Spread over one interval, as people would be.
        crowd = [
            Watcher(app.port, {**asked.value.post_data_json, "data": {"run": run}}, ended) for _ in range(WATCHERS)
        ]
        for watcher in crowd:
            watcher.start()
            time.sleep(EVERY_S / WATCHERS)
        page.evaluate(DIARY)
        began, worked = time.monotonic(), cpu_seconds(app)
        page.wait_for_timeout(SECONDS * 1000)
        core = (cpu_seconds(app) - worked) / (time.monotonic() - began)
        late = lateness(page, app.folder(run))
        ended.set()
        for watcher in crowd:
            watcher.join(5)
        page.locator("button#go.stop").click()
    sizes = [size for watcher in crowd for size in watcher.sizes]
    yield weight(sizes)
    yield at_most(f"{WATCHERS} watchers: the page's process", 100 * core, 100 * BAR_CORE, "% of a core")
    detail = f"longest of {len(late)}; p50 {median(late):.2f} s"
    yield at_most(f"{WATCHERS} watchers: a written step is on screen after", max(late), BAR_LATE_S, "s", detail)


def weight(sizes: list[int]) -> Row:
    """What an update weighs."""
    mean = sum(sizes) / len(sizes)
    detail = f"mean of {len(sizes)}; p95 {percentile(sizes, 0.95)}, largest {max(sizes)}"
    return at_most(f"{WATCHERS} watchers: one update of a live run", mean, BAR_BYTES, "B", detail)


def cpu_seconds(app: App) -> float:
    """Seconds the page's own process has worked so far, without its workers."""
    fields = Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def lateness(page: Page, folder: Path) -> list[float]:
    """Seconds from each step's line in the journal to the first frame that shows it or a newer one."""
    diary = page.evaluate("() => window.diary")
    claim = Claim.read(folder)
    assert claim is not None
    written = {
        event["step"]: claim.created + event["t"] for event in read_events(folder) if event["type"] == "optimizer"
    }
    # Of the first entry it is not known since when it was on screen.
    newest_first = diary[0][0]
    shown = [
        (step, next((at for newest, at in diary if newest >= step), None)) for step in written if step > newest_first
    ]
    return [at - written[step] for step, at in shown if at is not None]


if __name__ == "__main__":
    show(rows())
