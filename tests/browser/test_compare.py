"""A visitor races a run against its tasks alone, picks runs, and takes the comparison away: on the real page."""

import re
from pathlib import Path

import axe_core_python
import pytest
from playwright.sync_api import expect

from mtl.runs.config import RunConfig
from mtl.runs.store import RunStore
from mtl.runs.twins import heats
from tests.browser.driving import LAPTOP, PHONE, set_steps, train, wait_for_state
from tests.browser.test_fit import OVERFLOW, RULES
from tests.races import finish

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

AXE = Path(axe_core_python.__file__).parent / "axe.min.js"
TASKS = ("sentiment", "topic", "stars", "entities")


def finished(store, config, bonus):
    """A finished run of the store, with curves and scores of its tasks."""
    scores = {task.name: 0.6 + 0.05 * at + bonus for at, task in enumerate(config.tasks)}
    return finish(store, store.create(config, "visitor of the tests"), scores, steps=60)


@pytest.fixture(scope="module")
def raced(app):
    """The run of a race of three seeds, all of which have finished."""
    store = RunStore(app.runs)
    config = RunConfig.from_dict({"tasks": list(TASKS), "training": {"max_steps": 60, "seed": 40}})
    runs = []
    for heat in heats(config, 3):
        runs.append(finished(store, heat.together, 0.04 + heat.seed / 1000))
        for task, each in heat.alone.items():
            finished(store, each, 0.002 * TASKS.index(task) * (heat.seed - 41))
    return runs[0]


def test_a_race_goes_from_the_button_to_the_card_and_survives_a_reload(visit, own_run) -> None:
    visitor = visit("/")
    page = visitor.page
    for name in ("Stars", "Entities", "Relation", "Question type"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    set_steps(page, 3)
    run = train(page)
    own_run(run)
    wait_for_state(page, "finished")
    page.locator("#scores .race").click()
    page.locator("#race_go").click()
    page.locator(".endcard").wait_for(timeout=120_000)
    rows = page.locator(".endcard tbody tr").all_inner_texts()
    assert ["Sentiment" in rows[0], "Topic" in rows[1]] == [True, True]
    assert "one seed: nothing can be claimed" in rows[0]
    expect(page.locator(".delta")).to_have_text(re.compile(r"^Δm = "))
    dashes = page.evaluate("() => document.querySelector('.plot2').data.map(trace => trace.line.dash)")
    assert sorted(dashes) == ["dash", "dash", "solid", "solid"]
    assert f"race={run}" in page.url

    visitor.reload()
    page.locator(".endcard").wait_for()
    assert page.locator(".endcard tbody tr").all_inner_texts() == rows
    expect(page.locator(".compare .all"), "nothing is left to train").to_be_visible()


def test_the_report_is_taken_away_and_opens_by_itself(visit, raced, chromium, tmp_path) -> None:
    page = visit(f"/?race={raced}&seeds=3").page
    page.locator(".endcard").wait_for()
    with page.expect_download() as download:
        page.locator("[data-file=report]").click()
    path = tmp_path / "comparison.html"
    download.value.save_as(path)
    context = chromium.new_context(offline=True)
    alone = context.new_page()
    troubles = []
    alone.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    alone.goto(path.as_uri())
    expect(alone.locator("svg path")).to_have_count(2 * len(TASKS) * 3)
    assert page.locator(".delta b").inner_text() in alone.locator("body").inner_text()
    assert troubles == []
    context.close()


def test_picked_runs_lie_over_one_another(visit, raced) -> None:
    visitor = visit(f"/?race={raced}&seeds=1")
    page = visitor.page
    page.locator(".endcard").wait_for()
    boxes = page.locator(".pick").filter(has_text="seed 41").locator("input")
    boxes.nth(0).check()
    page.locator(".versus th", has_text="A · seed 41").first.wait_for()
    boxes.nth(1).check()
    page.locator(".versus th", has_text="B · seed 41").first.wait_for()
    assert "compare=" in page.url and "race=" not in page.url
    visitor.reload()
    page.locator(".versus th", has_text="B · seed 41").first.wait_for()
    page.get_by_role("tab", name="Lab", exact=True).click()
    page.wait_for_function("() => !location.search.includes('compare=')")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("race=" + "A" * 22, "no run with this address"),
        ("compare=" + "A" * 22, "deleted"),
        ("race=../../etc", "no run"),
    ],
)
def test_an_address_of_nothing_is_explained(visit, address, said) -> None:
    page = visit(f"/?{address}").page
    page.locator(".versus [role=alert]").wait_for()
    expect(page.locator(".versus [role=alert]")).to_contain_text(said)


@pytest.mark.parametrize("look", ["light", "dark", "zh", "phone"])
def test_the_tab_fits_and_axe_finds_nothing_serious(visit, raced, look: str) -> None:
    viewport = PHONE if look == "phone" else LAPTOP
    place = "/zh" if look == "zh" else "/"
    theme = "dark" if look == "dark" else "light"
    page = visit(f"{place}?__theme={theme}&race={raced}&seeds=3", viewport=viewport, reduced_motion="reduce").page
    page.locator(".endcard").wait_for()
    page.locator(".plot2 .trace").first.wait_for(state="attached")
    page.add_script_tag(path=AXE)
    assert page.evaluate(RULES) == []
    overflow = page.evaluate(OVERFLOW)
    assert overflow[0] <= 0
    assert look == "phone" or overflow[1] <= 0
