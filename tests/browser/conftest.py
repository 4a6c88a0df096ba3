"""A browser, the app with a tiny encoder, and visitors whose every trouble fails the test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.driving import App, Visitor, chromium_path, open_chromium, set_steps, train, wait_for_steps

LONG = 50_000
"""Steps that no test lives to see the end of."""

expect.set_options(timeout=30_000)  # what is shown follows what is true after a while, and under load after a long one


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one the test is skipped, but never in CI."""
    if chromium_path() is None:
        missing = "Chromium is not installed (Debian: apt-get install chromium)."
        if os.environ.get("MTL_CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, hub_cache: Path) -> Iterator[App]:
    """The app with a tiny encoder in the place of the default one, on which several runs may train at once."""
    # One thread for each run: on matrices this small, more would only wait for each other.
    environment = {"HF_HUB_CACHE": str(hub_cache), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with App(tmp_path_factory.mktemp("runs"), "--slots", "4", environment=environment) as app:
        app.wait()
        yield app


@pytest.fixture
def shared_app(tmp_path: Path, hub_cache: Path) -> Iterator[App]:
    """The app as strangers have it, with a tiny encoder."""
    environment = {"HF_HUB_CACHE": str(hub_cache), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with App(tmp_path / "runs", "--shared", environment=environment) as app:
        app.wait()
        yield app


@pytest.fixture
def real_app(tmp_path: Path) -> Iterator[App]:
    """The app as everybody has it, with the default encoder."""
    with App(tmp_path / "runs") as app:
        app.wait()
        yield app


@pytest.fixture
def visit(chromium: Browser, app: App):
    """Opens the page for one more visitor; afterwards nobody may have met any trouble."""
    visitors: list[Visitor] = []

    def come(address: str = "/", url: str = app.url, **context: object) -> Visitor:
        visitors.append(Visitor(chromium, url, **context))
        visitors[-1].go(address)
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()
    assert [trouble for visitor in visitors for trouble in visitor.trouble] == []


@pytest.fixture(scope="session")
def live(chromium: Browser, app: App) -> Iterator[str]:
    """A run that a visitor has started from the page, and that trains for as long as the tests last."""
    visitor = Visitor(chromium, app.url)
    page = visitor.go("/")
    set_steps(page, LONG)
    run = train(page)
    wait_for_steps(page)
    visitor.leave()
    yield run
    (app.folder(run) / "control" / "stop").touch()


@pytest.fixture
def own_run(app: App):
    """Stops the runs that a test has started."""
    runs: list[str] = []
    yield runs.append
    for run in runs:
        (app.folder(run) / "control" / "stop").touch()
