"""Drives the real page as a visitor does: starts ``python app.py``, opens it in Chromium, presses and reads.

Used by the browser tests, the screenshots and the benchmarks.
"""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gradio_client import Client
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from mtl.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[2]
LAPTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""Chromium's own connections to its maker are switched off: only the page's are of interest."""

DRAWN = "() => !!document.querySelector('.plot')?._fullLayout"
NEWEST = "() => Math.max(0, ...(document.querySelector('.plot')?.data ?? []).flatMap(t => t.x.slice(-1)))"
"""The newest step on screen."""


class App:
    """``python app.py`` on a free port, with a folder of runs of its own."""

    def __init__(self, runs: Path, *flags: str, environment: Mapping[str, str] | None = None) -> None:
        self.runs = runs
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "app.py", "--port", str(self.port), "--runs-dir", str(runs), *flags]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> "App":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._said.close()

    @property
    def said(self) -> str:
        """What it has printed so far."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def wait(self, deadline_s: float = 120) -> float:
        """Waits until the page answers, and returns the seconds since the start."""
        while self.process.poll() is None and time.perf_counter() - self.began < deadline_s:
            try:
                # No proxy: the page is on this machine.
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(self.url, timeout=5) as answer:
                    answer.read()
                    return time.perf_counter() - self.began
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"The page did not answer within {deadline_s:g} s. It said:\n{self.said}")

    def has_torch(self) -> bool:
        """Whether the page's own process has loaded torch."""
        return "libtorch" in Path(f"/proc/{self.process.pid}/maps").read_text()

    def folder(self, run: str) -> Path:
        """What the run leaves."""
        return self.runs / run


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chromium_path() -> str | None:
    """The system's browser; none is ever downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A headless browser.

    Raises:
        FileNotFoundError: There is none on this machine.
    """
    path = chromium_path()
    if path is None:
        raise FileNotFoundError("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(QUIET))
        yield browser
        browser.close()


BROKEN_OFF = ("AbortError", "Connection errored out")
"""What Gradio says of a request whose page was left."""


class Visitor:
    """A person with a browser of their own. ``trouble`` collects what should never happen to them."""

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self.context: BrowserContext = browser.new_context(**{"viewport": LAPTOP, **context})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.trouble: list[str] = []
        self._url = url
        self.page.on("request", self._look_at)
        self.page.on("pageerror", lambda error: self.trouble.append(f"page error: {error}"))
        self.page.on("dialog", self._refuse)
        self.page.on("console", lambda said: said.type == "error" and self.trouble.append(f"console: {said.text}"))

    def _look_at(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1":
            self.trouble.append(f"request to {request.url}")

    def _refuse(self, dialog: Any) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def reload(self) -> None:
        """Loads the page again. What the old one says of its requests that break off is no trouble."""
        known = len(self.trouble)
        self.page.reload()
        self.trouble[known:] = [said for said in self.trouble[known:] if not any(word in said for word in BROKEN_OFF)]

    def go(self, address: str = "/") -> Page:
        """Opens an address of the app, and waits until the page is drawn and its form filled in."""
        calls = itertools.count(1)
        # The page first asks how to fill the form, and, once that is done, for the estimate.
        with self.page.expect_request(lambda request: "/run/predict" in request.url and next(calls) == 2):
            self.page.goto(self._url + address)
        self.page.wait_for_function(DRAWN)
        self.page.locator("button#go").wait_for(state="attached")  # a phone only watches: there it is hidden
        return self.page

    def leave(self) -> None:
        """Closes the browser of this visitor."""
        self.context.close()


def set_steps(page: Page, steps: int) -> None:
    """Types a budget, and waits until the page has taken it: then it asks for the new estimate."""
    field = page.locator("#training_max_steps input")

    def taken(request: Request) -> bool:
        return "/run/predict" in request.url and steps in request.post_data_json["data"]

    if field.input_value() != str(steps):
        with page.expect_request(taken):
            field.fill(str(steps))
            page.keyboard.press("Tab")


def train(page: Page) -> str:
    """Presses Train, and returns the id of the new run."""
    before = run_of(page)
    page.locator("button#go.train[aria-disabled=false]").click()
    page.wait_for_function(
        "before => { const run = new URLSearchParams(location.search).get('run'); return run && run !== before }",
        arg=before,
    )
    return run_of(page)


def run_of(page: Page) -> str:
    """The run in the address, or an empty string."""
    return parse_qs(urlsplit(page.url).query).get("run", [""])[0]


def wait_for_steps(page: Page, more: int = 1) -> int:
    """Waits until so many more steps are on screen, and returns the newest.

    Raises:
        AssertionError: The page says that something went wrong instead.
    """
    least = page.evaluate(NEWEST) + more
    page.wait_for_function(f"least => ({NEWEST})() >= least || document.querySelector('[role=alert]')", arg=least)
    newest = int(page.evaluate(NEWEST))
    assert newest >= least, page.get_by_role("alert").inner_text()
    return newest


def wait_for_state(page: Page, *states: str, deadline_s: float = 60) -> str:
    """Waits until the state line says one of these."""
    page.wait_for_function(
        "states => states.includes(document.querySelector('[data-state]')?.dataset.state)",
        arg=list(states),
        timeout=deadline_s * 1000,
    )
    return str(page.locator("[data-state]").get_attribute("data-state"))


def trained_run(app: App, config: Mapping[str, Any]) -> str:
    """Trains a config through the public endpoint, waits for its end, and returns the run's id."""
    run = str(Client(app.url, verbose=False).predict(config, api_name="/start_run"))
    deadline = time.monotonic() + 250
    while not RunStore(app.runs).status(run).final:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return run
