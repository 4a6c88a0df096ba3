"""What a visitor does, on the real page in a real browser: train, watch, zoom, hide, reload, ask, stop."""

import json
import math
import os
import signal
import time
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from demo.portion import CURVE_POINTS
from mtl.analysis.results import read_events
from mtl.runs.config import DEFAULT_TASKS
from mtl.runs.store import RunStore
from mtl.training.hardware import device_name, pick_device
from tests.browser.driving import NEWEST, App, run_of, set_steps, train, wait_for_state, wait_for_steps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

RANGE = "() => document.querySelector('.plot')._fullLayout.xaxis.range"
TRACES = "() => document.querySelector('.plot').data.map(t => ({ name: t.name, visible: t.visible !== false, x: t.x }))"
ANSWERED = "count => document.querySelectorAll('#answers .answer').length === count"
# The names of marked entities stand in the passage too, each in a <small>.
PASSAGE = """text => {
    const passage = document.querySelector('#answers .passage')?.cloneNode(true);
    passage?.querySelectorAll('small').forEach(name => name.remove());
    return passage?.textContent === text;
}"""
BADGES = """() => {
    window.badges = [];
    const look = () => {
        const badge = document.querySelector('.badge');
        if (badge && !badge.hidden) window.badges.push(badge.title);
        requestAnimationFrame(look);
    };
    look();
}"""
CODE = (
    "${alert(1)}",
    "{{value}}",
    "<img src=x onerror=alert(2)>",
    "</script><script>alert(3)</script>",
    "'\"`onmouseover=alert(4) x=",
)


def test_the_badge_names_this_machine_though_the_recorded_run_is_of_another(shared_app, visit) -> None:
    page = visit("/", shared_app.url).page
    page.evaluate(BADGES)
    page.locator(".phase").filter(has_text="Recorded run").wait_for()
    expect(page.locator(".badge")).to_have_attribute("title", device_name(pick_device()))
    assert set(page.evaluate("() => window.badges")) == {device_name(pick_device())}


def test_a_click_becomes_a_curve_that_grows(visit, own_run) -> None:
    page = visit("/").page
    page.get_by_role("radio").first.check(force=True)
    set_steps(page, 2000)
    own_run(train(page))
    first = wait_for_steps(page)
    assert wait_for_steps(page, more=10) > first
    traces = page.evaluate(TRACES)
    assert len(traces) == 3 * len(DEFAULT_TASKS)
    assert all(trace["x"] for trace in traces)
    assert wait_for_state(page, "training", "evaluating", "saving")


def test_zoom_is_kept_while_points_arrive(visit, live) -> None:
    page = visit(f"/?run={live}").page
    wait_for_steps(page)
    page.evaluate("() => { document.querySelector('.plot').mine = 1 }")
    whole = page.evaluate(RANGE)
    plot = page.locator(".plot .nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + 4, plot["y"] + 60)
    page.mouse.down()
    page.mouse.move(plot["x"] + 300, plot["y"] + 240, steps=5)
    page.mouse.up()
    page.wait_for_function(f"whole => ({RANGE})()[1] < whole[1]", arg=whole)
    zoomed = page.evaluate(RANGE)
    wait_for_steps(page, more=10)
    assert page.evaluate(RANGE) == zoomed
    assert page.evaluate("() => document.querySelector('.plot').mine") == 1, "the chart was built anew"
    page.locator("button.whole").click()
    page.wait_for_function(f"whole => ({RANGE})()[1] >= whole[1]", arg=whole)


def test_a_hidden_line_stays_hidden_while_points_arrive(visit, live) -> None:
    page = visit(f"/?run={live}").page
    wait_for_steps(page)
    page.locator(".ends").get_by_role("button", name="Topic").click()
    hidden = "() => document.querySelector('.plot').data.filter(t => t.visible === false).map(t => t.name)"
    page.wait_for_function(f"() => ({hidden})().length === 3")
    wait_for_steps(page, more=10)
    assert all(name.startswith("Topic") for name in page.evaluate(hidden))
    assert len(page.evaluate(hidden)) == 3
    page.locator(".ends").get_by_role("button", name="Topic").click()
    page.wait_for_function(f"() => ({hidden})().length === 0")


def test_a_reload_finds_the_whole_curve(visit, app, live) -> None:
    visitor = visit(f"/?run={live}")
    page = visitor.page
    wait_for_steps(page, more=5)
    visitor.reload()
    # A long run comes in several answers: the journal tells how far the page has to come.
    written = trained_steps(app, live)
    page.wait_for_function(f"least => ({NEWEST})() >= least", arg=written[-1])
    assert run_of(page) == live
    shown = page.evaluate(TRACES)[0]["x"]
    written = trained_steps(app, live)
    assert (shown[0], set(shown) - set(written)) == (written[0], set())
    # Only of a long curve is a part shown, the extremes of every bucket; a lost update would be a longer gap.
    longest = max(written.index(after) - written.index(step) for step, after in pairwise(shown))
    assert longest <= (1 if len(written) <= CURVE_POINTS else 2 + 2 * math.ceil(2 * len(written) / CURVE_POINTS))


def trained_steps(app: App, run: str) -> list[int]:
    """The steps in which the first task of the run has trained, from its journal."""
    events = read_events(RunStore(app.runs), run)
    tasks = next(event["tasks"] for event in events if event["type"] == "run_started")
    losses = (event for event in events if event["type"] == "loss" and event["split"] == "train")
    return [event["step"] for event in losses if event["task"] == tasks[0]["name"]]


def test_a_second_visitor_watches_without_changing_anything(visit, app, live) -> None:
    config = (app.folder(live) / "config.json").read_bytes()
    runs = sorted(app.runs.iterdir())
    page = visit(f"/?run={live}").page
    wait_for_steps(page, more=5)
    assert (app.folder(live) / "config.json").read_bytes() == config
    assert not (app.folder(live) / "control" / "stop").exists()
    assert sorted(app.runs.iterdir()) == runs


def test_all_heads_answer_one_question(visit, live) -> None:
    page = visit(f"/?run={live}").page
    page.locator("#text textarea").fill("On Monday Maria flew to Lisbon and loved it.")
    page.locator("#pair textarea").fill("Maria travelled to Lisbon.")
    page.locator("button#ask").click()
    page.wait_for_function(ANSWERED, arg=len(DEFAULT_TASKS))
    page.wait_for_function("() => document.querySelector('#answers .passage')?.textContent.includes('Maria flew')")
    for task in DEFAULT_TASKS:
        assert page.locator(f"#answers .answer[data-task={task}] .body").inner_text().strip()
    expect(page.locator("#answers .answer.silent")).to_have_count(0)
    page.locator("#pair textarea").fill("")
    page.locator("button#ask").click()
    page.locator("#answers .answer.silent[data-task=relation]").wait_for()


@pytest.mark.parametrize("code", CODE)
def test_text_that_looks_like_code_stays_text(visit, live, code: str) -> None:
    page = visit(f"/?run={live}").page
    page.locator("#text textarea").fill(code)
    page.locator("#pair textarea").fill(code)
    page.locator("button#ask").click()
    page.wait_for_function(PASSAGE, arg=code)
    expect(page.locator("#answers img, #answers script")).to_have_count(0)


@pytest.mark.parametrize("address", ["/?run=<img src=x onerror=alert(1)>", "/?run=${alert(1)}&preset={{value}}"])
def test_an_address_that_looks_like_code_is_only_unknown(visit, address: str) -> None:
    page = visit(address).page
    assert wait_for_state(page, "missing") == "missing"
    assert page.get_by_role("alert").inner_text()


def test_stop_ends_the_run_and_keeps_the_curve(visit, own_run) -> None:
    page = visit("/").page
    set_steps(page, 5000)
    own_run(train(page))
    wait_for_steps(page, more=2)
    page.locator("button#go.stop").click()
    wait_for_state(page, "stopped")
    assert page.evaluate(NEWEST) >= 2
    page.locator("button#go.train").wait_for()


def test_on_a_shared_machine_only_who_started_a_run_can_stop_it(shared_app, visit) -> None:
    starter = visit("/", url=shared_app.url)
    mine = starter.page
    set_steps(mine, 900)
    run = train(mine)
    wait_for_steps(mine)
    yours = visit(f"/?run={run}", url=shared_app.url).page
    wait_for_steps(yours)
    yours.locator("button#go.train").wait_for()
    starter.reload()
    mine.locator("button#go.stop").click()
    wait_for_state(yours, "stopped")


def test_a_finished_run_is_scored_on_unseen_rows(visit) -> None:
    page = visit("/").page
    set_steps(page, 5)
    train(page)
    wait_for_state(page, "finished")
    assert page.evaluate(NEWEST) == 5
    rows = page.locator("#scores tbody tr")
    expect(rows).to_have_count(len(DEFAULT_TASKS))
    for row in rows.all():
        for cell in (5, 6):  # test, naive
            percent = float(row.locator("td").nth(cell).inner_text().replace("−", "-"))
            assert -100 <= percent <= 100


def test_a_killed_worker_is_said_within_three_seconds_and_why(visit, app) -> None:
    page = visit("/").page
    set_steps(page, 5000)
    run = train(page)
    wait_for_steps(page)
    worker = json.loads((app.folder(run) / "worker.json").read_text())["pid"]
    os.kill(worker, signal.SIGKILL)
    killed = time.monotonic()
    wait_for_state(page, "interrupted")
    page.get_by_role("alert").wait_for()
    assert time.monotonic() - killed < 3
    expect(page.get_by_role("alert")).to_contain_text("ended by force")
    assert page.evaluate(NEWEST) >= 1
    page.get_by_role("alert").get_by_role("button").wait_for()
