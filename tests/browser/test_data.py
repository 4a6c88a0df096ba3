"""A visitor brings a file: from the upload over the wizard to a task that trains and answers, on the real page."""

import json
import re
import time
from pathlib import Path

import axe_core_python
import pytest
from playwright.sync_api import expect

from demo.text.en import EN
from demo.text.zh import ZH
from tests.browser.driving import LAPTOP, PHONE, Visitor, set_steps, train, wait_for_state, wait_for_steps
from tests.browser.test_fit import OVERFLOW, RULES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

READY = "#add_task:not([disabled])"
AXE = Path(axe_core_python.__file__).parent / "axe.min.js"
CELLS = ("<img src=x onerror=alert(1)>", "${alert(2)}", "=cmd|'/C calc'!A1", "{{value}}")
LATE_S = 5.0
"""So much later than the form's values does the file arrive that draws the cards."""
LATER_MS = 1500
"""So long after a reading was stopped has its answer come."""
LABELS = ("<b>lovely</b>", "${awful}")


@pytest.fixture
def reviews(tmp_path):
    """A file whose every cell would do harm if it were ever taken for code."""
    lines = [{"text": f"{CELLS[at % 4]} number {at}", "mood": LABELS[at % 2], "stars": at % 5} for at in range(80)]
    path = tmp_path / "my reviews.jsonl"
    path.write_text("\n".join(map(json.dumps, [*lines, {"text": " ", "mood": LABELS[0], "stars": 1}])))
    return path


def bring(page, path):
    """Opens the Data tab and brings the file."""
    page.get_by_role("tab", name="Data", exact=True).click()
    page.set_input_files("#own_file", path)
    page.locator(READY).wait_for()


def train_own(page, path):
    """Trains the task of the file, with those that are ticked anyway, and returns the run."""
    bring(page, path)
    page.locator("#add_task").click()
    page.get_by_role("tab", name="Lab", exact=True).click()
    set_steps(page, 2)
    return train(page)


def test_a_file_becomes_a_task_that_trains_and_answers(visit, reviews, own_run) -> None:
    visitor = visit("/")
    page = visitor.page
    bring(page, reviews)
    expect(page.locator("#role_name")).to_have_value("my reviews")
    page.locator("#role_kind").select_option("classification")
    page.locator(READY).wait_for()
    page.locator("#role_label").select_option("mood")
    page.locator(".count .lab", has_text=LABELS[0]).wait_for()
    page.locator(READY).wait_for()
    shown = page.locator(".seenrow .reads").all_inner_texts()
    assert len(shown) == 5
    assert all(text.startswith(CELLS) for text in shown)
    expect(page.locator(".faults summary")).to_have_text(re.compile(r"^1 "))
    page.locator("#add_task").click()
    page.get_by_role("button", name="Go to the Lab").click()
    for name in ("Topic", "Stars", "Entities", "Relation", "Question type"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    expect(page.get_by_role("checkbox", name="my reviews", exact=True)).to_be_checked()
    set_steps(page, 3)
    own_run(train(page))
    wait_for_state(page, "finished")
    page.locator("#answers .answer", has_text="my reviews").locator(".body").first.wait_for()
    expect(page.locator("#answers .lab", has_text=LABELS[0])).to_have_count(1)

    visitor.reload()
    page.locator("button#go").wait_for()
    expect(page.get_by_role("checkbox", name="my reviews", exact=True)).to_be_checked()
    page.evaluate("() => history.replaceState(null, '', location.pathname)")
    visitor.reload()
    page.locator(".cards .more option", has_text="my reviews").wait_for(state="attached")


def test_somebody_else_sees_the_run_and_can_repeat_it(visit, reviews, own_run) -> None:
    page = visit("/").page
    own_run(run := train_own(page, reviews))
    wait_for_state(page, "finished")
    other = visit(f"/?run={run}").page
    other.get_by_role("checkbox", name="my reviews", exact=True).wait_for()
    own_run(train(other))
    wait_for_steps(other)


def test_a_form_that_is_filled_in_before_its_cards_are_there_keeps_its_own_task(
    chromium, app, visit, reviews, own_run
) -> None:
    page = visit("/").page
    own_run(run := train_own(page, reviews))
    slow = Visitor(chromium, app.url)
    late = []

    def wait(route) -> None:
        late.append(route)
        if len(late) == 1:
            time.sleep(LATE_S)
        route.continue_()

    slow.page.route("**/cards.js*", wait)
    other = slow.go(f"/?run={run}")
    assert late
    other.get_by_role("checkbox", name="my reviews", exact=True).wait_for(timeout=20_000)
    slow.leave()


@pytest.mark.parametrize(("path", "text"), [("/", EN), ("/zh", ZH)], ids=["en", "zh"])
def test_what_is_wrong_with_a_file_is_said_in_the_page(path, text, visit, tmp_path) -> None:
    torn = tmp_path / "torn.json"
    torn.write_text('[{"text": "fine", "label": 1}, {"text": "torn')
    page = visit(path).page
    page.get_by_role("tab", name=text.data.data_tab, exact=True).click()
    page.set_input_files("#own_file", torn)
    page.locator("#wizard [role=alert]").wait_for()
    said = page.locator("#wizard [role=alert]").inner_text()
    assert "torn.json" in said and said.strip().endswith(text.reasons["DataError.damaged"].fix)
    assert "{" not in said and "–" not in said, "every place of the sentence is filled"


def test_columns_that_do_not_fit_are_said_and_can_be_mended(visit, reviews) -> None:
    page = visit("/").page
    bring(page, reviews)
    page.locator("#role_kind").select_option("tagging")
    page.locator("#wizard [role=alert]").wait_for()
    page.locator("#role_kind").select_option("classification")
    page.locator(READY).wait_for()
    expect(page.locator("#wizard [role=alert]")).to_have_count(0)


def test_an_answer_that_comes_late_calls_nobody_back_into_the_table(visit, reviews) -> None:
    page = visit("/").page
    bring(page, reviews)
    guessed = page.locator("#role_kind").input_value()
    page.locator("#role_kind").select_option("tagging")
    with page.expect_response(lambda answer: "/run/predict" in answer.url):  # of being stopped
        page.get_by_role("button", name=EN.data.back).click()
    page.wait_for_timeout(LATER_MS)
    expect(page.locator("#role_kind")).to_have_count(0)
    bring(page, reviews)
    expect(page.locator("#role_kind")).to_have_value(guessed)
    page.locator("#role_kind").select_option("classification")
    page.locator(READY).wait_for()
    expect(page.locator("#role_kind")).to_have_value("classification")


def test_settings_of_the_kind_go_with_the_task(visit, reviews) -> None:
    page = visit("/").page
    bring(page, reviews)
    page.locator("#role_kind").select_option("generation")
    page.locator("#role_label").select_option("mood")
    page.locator(READY).wait_for()
    page.get_by_text("More settings", exact=True).locator("visible=true").click()
    page.locator("#option_metric").focus()
    page.locator("#option_metric").select_option("rouge_l")
    assert page.evaluate("document.activeElement.id") == "option_metric"
    page.get_by_label("May copy from the text").check()
    page.locator("#option_num_beams").fill("99")
    page.locator("#option_num_beams").blur()
    expect(page.locator("#option_num_beams"), "what cannot be is put back").to_have_value("1")
    page.locator("#add_task").click()
    page.get_by_role("button", name="Go to the Lab").wait_for()
    (kept,) = json.loads(page.evaluate("localStorage.getItem('mtl-own-tasks')"))
    assert kept["spec"]["options"] == {"metric": "rouge_l", "copying": True}
    page.get_by_label("May copy from the text").uncheck()
    page.locator(READY).wait_for()
    expect(page.locator("#role_name"), "another task on the same texts").to_have_value("my reviews 2")


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(visit, tmp_path) -> None:
    visitor = visit("/")
    page = visitor.page
    sent = []
    page.on("request", lambda request: "upload" in request.url and sent.append(request.url))
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(129 * 2**20)
    page.get_by_role("tab", name="Data", exact=True).click()
    page.set_input_files("#own_file", huge)
    page.locator("#bring [role=alert]").wait_for()
    expect(page.locator("#bring [role=alert]")).to_contain_text("128 MB")
    assert sent == []


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_data_tab_fits_and_axe_finds_nothing_serious(visit, reviews, look: str) -> None:
    viewport = PHONE if look == "phone" else LAPTOP
    theme = "dark" if look == "dark" else "light"
    page = visit(f"/?__theme={theme}", viewport=viewport, reduced_motion="reduce").page
    page.get_by_role("tab", name="Data", exact=True).click()
    page.locator(".shelf").wait_for()
    page.add_script_tag(path=AXE)
    assert page.evaluate(RULES) == []
    bring(page, reviews)
    assert page.evaluate(RULES) == []
    overflow = page.evaluate(OVERFLOW)
    assert overflow[0] <= 0
    assert look == "phone" or overflow[1] <= 0


def test_the_machine_and_the_encoder_are_checked(shared_app, visit) -> None:
    page = visit("/", url=shared_app.url).page
    page.locator("#more > button").click()
    page.locator("#check_press").click()
    page.locator("#check dl").wait_for()
    expect(page.locator("#check")).to_contain_text("1 × ")
    assert not shared_app.has_torch(), "the check has a process of its own"
