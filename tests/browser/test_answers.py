"""Whose weights answer: now, the best, each task's best, or those of any validation that is past."""

import json

import pytest
from playwright.sync_api import expect

from mtl.runs.selected import Selected
from tests.browser.driving import train, trained_run, wait_for_state

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PINNED = {"text": "The soup was lovely in Lima.", "text_pair": "The bread was superb."}


@pytest.fixture(scope="module")
def run(app):
    """The id of a finished run with a pinned pair and four validations."""
    config = {"training": {"max_steps": 12, "eval_steps": 4, "conflict_steps": 0}, "pinned": [PINNED]}
    return trained_run(app, config)


@pytest.fixture
def page(visit, run):
    page = visit(f"/?run={run}").page
    wait_for_state(page, "finished")
    page.locator(".answer").first.wait_for()
    return page


def move_to(page, place):
    """Moves the slider as a hand does."""
    page.locator(".moment input").evaluate(
        "(node, place) => { node.value = place; node.dispatchEvent(new Event('input')); }", place
    )


def test_a_slider_goes_through_what_was_said_to_the_pinned_text(page, app, run) -> None:
    events = [json.loads(line) for line in (app.folder(run) / "events.jsonl").read_text().splitlines()]
    said = [event for event in events if event["type"] == "said"]
    assert [event["step"] for event in said] == [0, 4, 8, 12]
    for place in (0, 2):
        move_to(page, place)
        page.locator(".from", has_text=f"answers of step {said[place]['step']}").wait_for()
        page.locator(".pinned", has_text="The soup was lovely in Lima. / The bread was superb.").wait_for()
        likeliest = said[place]["answers"]["topic"]
        shown = page.locator(".answer.label", has_text="Topic").locator(".barrow.top .lab").inner_text()
        assert shown == likeliest["label"]
    page.locator("#ask").click()
    page.locator(".from", has_text="answers of step 12").wait_for()
    expect(page.locator(".pinned")).not_to_be_visible()
    expect(page.locator(".moment")).to_have_text("over time")


def test_each_task_answers_by_its_best_step_and_the_page_says_which(page, app, run) -> None:
    selected = Selected.read(app.folder(run) / "snapshots")
    page.get_by_role("radio", name="best", exact=True).check(force=True)
    page.locator(".from", has_text=f"answers of step {selected.best}").wait_for()
    page.get_by_role("radio", name="each task's best").check(force=True)
    for name in ("topic", "sentiment"):
        header = page.locator(".answer header").filter(has_text=name.capitalize())
        header.filter(has_text=f"at {selected.each[name]}").wait_for()


def test_a_press_on_train_pins_what_stands_in_the_boxes(visit, app, own_run) -> None:
    page = visit("/").page
    page.locator("#text textarea").fill("你好，利马")
    page.locator("#pair textarea").fill("")
    run = train(page)
    own_run(run)
    config = json.loads((app.folder(run) / "config.json").read_text())
    assert config["pinned"] == [{"text": "你好，利马", "text_pair": ""}]
