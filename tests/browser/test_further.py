"""Relations that need runs of their own: a visitor has the pairs trained and the encoders compared, and reads both."""

import pytest
from playwright.sync_api import expect

from mtl.runs.store import RunStore
from tests.browser.driving import LAPTOP, PHONE, App, trained_run, wait_for_state
from tests.browser.test_fit import AXE, OVERFLOW, RULES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CONFIG = {"tasks": ["sentiment", "topic"], "training": {"max_steps": 12, "eval_steps": 6}}
NUMBERS = r"^[+−]?\d"


@pytest.fixture(scope="module")
def run(app: App) -> str:
    """A finished run of two tasks."""
    return trained_run(app, CONFIG)


@pytest.fixture
def relations(visit, run):
    """`relations()`: the tab with this run."""

    def opened(address="/", **context):
        visitor = visit(f"{address}{'&' if '?' in address else '?'}run={run}", **context)
        wait_for_state(visitor.page, "finished")
        visitor.page.get_by_role("tab", name="Relations", exact=True).click()
        visitor.page.locator("#about_pairs h3").wait_for()
        return visitor

    return opened


def test_pairs_are_trained_at_a_press_and_their_gains_suggest_a_grouping(relations, app, run) -> None:
    visitor = relations()
    page = visitor.page
    pairs = page.locator("#about_pairs")
    button = pairs.get_by_role("button", name="Train every task alone and every pair: 3 runs")
    button.wait_for()
    expect(pairs).to_contain_text("3 runs of 12 steps to train, about")
    before = set(RunStore(app.runs).ids())
    button.click()
    pairs.locator("[role=status]").wait_for()
    expect(button).to_have_count(0)
    page.wait_for_function(
        "() => document.querySelector('#about_pairs .matrix') && !document.querySelector('#about_pairs [role=status]')",
        timeout=200_000,
    )
    assert len(set(RunStore(app.runs).ids()) - before) == 3
    expect(pairs.locator("td.helps, td.clashes")).to_have_count(2)
    expect(pairs).to_contain_text("3 runs of 12 steps")
    page.locator(".suggested").get_by_role("button", name="Transfer gain").wait_for()
    visitor.reload()
    page.get_by_role("tab", name="Relations", exact=True).click()
    pairs.locator(".matrix").wait_for()


def test_encoders_are_compared_after_the_race(relations, run) -> None:
    visitor = relations()
    page = visitor.page
    alike = page.locator("#about_likeness")
    alike.get_by_text("Not trained alone yet: Sentiment, Topic.").wait_for()
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.locator("#race_go").click()
    page.locator(".endcard").wait_for(timeout=200_000)
    expect(page.locator(".endcard")).to_contain_text("One question to all tasks")
    page.get_by_role("tab", name="Relations", exact=True).click()
    alike.get_by_role("button", name="Compare the encoders").click()
    alike.locator(".matrix").wait_for(timeout=120_000)
    expect(alike.locator(".chip")).to_have_text(["embeddings", "1", "2"])
    expect(alike.locator(".chip.on")).to_have_text("2")
    alike.get_by_role("button", name="embeddings").click()
    expect(alike.locator(".chip.on")).to_have_text("embeddings")
    assert alike.locator("tbody td").all_inner_texts()[1] == "1.00", "embeddings are frozen, so they stay the same"
    visitor.reload()
    page.get_by_role("tab", name="Relations", exact=True).click()
    alike.locator(".matrix").wait_for()


@pytest.mark.parametrize(
    ("look_of", "viewport"), [("light", LAPTOP), ("dark", LAPTOP), ("light", PHONE)], ids=["light", "dark", "phone"]
)
def test_axe_finds_nothing_serious_and_the_page_fits(relations, look_of, viewport) -> None:
    page = relations(f"/?__theme={look_of}", viewport=viewport).page
    page.locator("#about_likeness").scroll_into_view_if_needed()
    page.add_script_tag(path=AXE)
    assert page.evaluate(RULES) == []
    assert page.evaluate(OVERFLOW)[0] <= 0
