"""Why, in the browser: the matrix opens its texts, and the words that mattered stand side by side."""

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from mtl.runs.mistakes import Mistakes
from tests.browser.driving import LAPTOP, wait_for_state
from tests.browser.test_details import FITS, HEADS, SHARED, run, started, told
from tests.browser.test_fit import AXE, RULES

__all__ = ["run"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def line(text, gold, said, loss, **more):
    return {"text": text, "gold": gold, "said": said, "loss": loss, **more}


TOPIC = Mistakes(
    step=9, task="topic", split="validation", of_step=9, examined=12, metric="accuracy", hardest=[1, 0],
    rows=[line("The soup was cold", "food", "money", 1.5), line("<b>We</b> paid", "money", "food", 2.5, text_pair="x")],
    labels=["food", "money", ""], counts=[[5, 3, 0], [1, 2, 0], [0, 0, 1]],
    cells=[{"gold": 0, "said": 1, "rows": [0]}, {"gold": 1, "said": 0, "rows": [1]}],
    lengths=[{"name": "short", "low": 4, "high": 9, "rows": 12, "loss": 0.75, "score": 0.5}],
    groups=[{"name": "food", "rows": 8, "loss": 0.5, "score": 0.64}],
)  # fmt: skip
STARS = Mistakes(
    step=9, task="stars", split="validation", of_step=9, examined=12, metric="closeness", hardest=[0],
    rows=[line("A plain day", "3", "5", 4.0)], groups=[{"name": "2.33–3.67", "rows": 12, "loss": 4.0, "score": 0.5}],
)  # fmt: skip


def opened(visit, app, address="/", *events):
    page = visit(
        f"{address}{'&' if '?' in address else '?'}run={told(app, started(*SHARED, *HEADS), *events)}", viewport=LAPTOP
    ).page
    wait_for_state(page, "finished")
    page.locator("#details").get_by_role("tab").nth(7).click()
    return page


def test_a_number_opens_its_texts_by_mouse_and_keyboard(visit, app) -> None:
    page = opened(visit, app, "/", TOPIC, STARS)
    buttons = page.locator(".confusion button")
    buttons.first.wait_for()
    expect(buttons).to_have_text(["5", "3", "1", "2", "1"])
    expect(page.locator(".confusion .right")).to_have_text(["5", "2", "1"])
    expect(page.locator(".examples li p.reads")).to_have_text(["<b>We</b> paid / x", "The soup was cold"])
    buttons.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".examples h4").filter(has_text="food, taken for money · 1 of 3").wait_for()
    expect(page.locator(".examples li p.reads")).to_have_text(["The soup was cold"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "money said to be food: 1"
    buttons.nth(4).click()
    page.locator(".examples").get_by_text("No example of this cell was kept.").wait_for()
    buttons.nth(4).click()
    page.locator(".examples h4").filter(has_text="Hardest").wait_for()
    expect(page.locator(".slices tbody tr").last).to_contain_text("64")
    page.get_by_role("button", name="Stars", exact=True).click()
    page.get_by_text("No matrix: this task does not choose").wait_for()
    expect(page.locator(".confusion")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "sentence"), [("/", "does not tell where its heads err"), ("/zh", "这次运行没有记录")]
)
def test_a_run_that_tells_nothing_says_so(visit, app, address, sentence) -> None:
    opened(visit, app, address).locator("#mistakes .idle").filter(has_text=sentence).wait_for()


@pytest.mark.parametrize("address", ["/?__theme=light", "/zh?__theme=dark"])
def test_mistakes_fit_their_panel_for_everybody(visit, app, address) -> None:
    page = opened(visit, app, address, TOPIC, STARS)
    page.locator(".confusion").wait_for()
    page.add_script_tag(path=AXE)
    assert page.evaluate(FITS)[0] == 0
    assert page.evaluate(RULES) == []


def test_the_words_that_mattered_stand_side_by_side_with_their_numbers(visit, app, run) -> None:
    page = visit(f"/?run={run}", viewport=LAPTOP).page
    wait_for_state(page, "finished")
    page.locator("#answers .answer").first.wait_for()
    assert page.locator(".heads").is_hidden()
    page.get_by_label("Which words mattered", exact=True).check()
    page.locator(".heads .w").first.wait_for()
    text = page.locator("#text textarea").input_value()
    rows = page.locator(".heads .head")
    answered = Client(app.url, verbose=False).predict(run, text, "x", api_name="/predict")
    assert set(rows.evaluate_all("nodes => nodes.map(node => node.dataset.task)")) == set(answered)
    for number in range(rows.count()):
        words = rows.nth(number).locator(".w")
        if words.count():
            told = [
                int(part.strip(" %±").replace("−", "-").replace("+", ""))
                for part in words.locator(".sr").all_text_contents()
            ]
            assert 100 - len(told) <= sum(map(abs, told)) <= 100 + len(told)
    first = rows.filter(has=page.locator(".w")).first
    first.locator(".w").first.focus()
    page.keyboard.press("ArrowRight")
    assert first.locator(".number").inner_text() == first.locator(".w").nth(1).locator(".sr").text_content().strip()
    assert page.locator(".w.same").count() >= 2
    page.add_script_tag(path=AXE)
    assert page.evaluate(RULES) == []
    page.locator("#text textarea").fill("你好 soup")
    page.locator("#ask").click()
    page.locator(".heads .passage").filter(has_text="soup").first.wait_for()
    assert [word[:1] for word in rows.first.locator(".w").all_text_contents()][:2] == ["你", "好"]
