"""The Relations tab: numbers as the journal tells them, a reading, and a suggestion that sets the Lab's form."""

import pytest
from playwright.sync_api import expect

from mtl.runs.config import RunConfig
from mtl.runs.events import Affinity, Conflicts, Finished, RunStarted
from mtl.runs.journal import Journal
from mtl.runs.store import RunStore
from tests.browser.driving import LAPTOP, PHONE, wait_for_state
from tests.browser.test_fit import AXE, OVERFLOW, RULES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TASKS = ("sentiment", "stars", "topic")
COSINES = [[1.0, 0.31, -0.12], [0.31, 1.0, -0.04], [-0.12, -0.04, 1.0]]
AFFINITIES = [[0.02, 0.0042, -0.0011], [0.003, 0.03, 0.0004], [-0.0007, None, 0.01]]
LEVELS = {"1": 0.3, "2": 0.2, "3": 0.1, "4": 0.05, "5": -0.1, "6": -0.2}


def part(level, tasks=TASKS, kind="layer"):
    return {"level": level, "kind": kind, "tasks": list(tasks), "parameters": 500_000, "trainable": True}


@pytest.fixture
def told(app):
    """A finished run with both relations; `told(affinity_steps=0)` one that was not probed."""

    def tell(affinity_steps=8):
        store = RunStore(app.runs)
        training = {"max_steps": 77, "affinity_steps": affinity_steps}
        run = store.create(RunConfig.from_dict({"tasks": list(TASKS), "training": training}))
        journal = Journal(store.folder(run) / "events.jsonl", lambda: 1.0)
        levels = {
            level: [[1 if i == j else mean for j in range(3)] for i in range(3)] for level, mean in LEVELS.items()
        }
        begun = RunStarted(
            device="cpu", device_name="toy", precision="fp32", max_steps=77, eval_steps=9, conflict_steps=12,
            affinity_steps=affinity_steps, parameters={"total": 22_900_000, "shared": 22_700_000},
            parts=[part("embeddings"), *map(part, LEVELS), *(part("head", [task], "head") for task in TASKS)],
            tasks=[{"name": task, "kind": "classification", "source": "texts", "metric": "accuracy"} for task in TASKS],
        )  # fmt: skip
        journal.append(begun)
        journal.append(Conflicts(step=1, tasks=TASKS, cosines=COSINES))
        if affinity_steps:
            journal.append(Affinity(step=1, tasks=TASKS, affinities=AFFINITIES, levels=levels))
        journal.append(Finished(step=77, elapsed_s=4.0, peak_memory_bytes=900_000_000))
        journal.close()
        return run

    return tell


@pytest.fixture
def look(visit):
    """`look(run)`: the Relations tab of this run."""

    def opened(run, tab="Relations", address="/", **context):
        page = visit(f"{address}?run={run}", **context).page
        wait_for_state(page, "finished")
        page.get_by_role("tab", name=tab, exact=True).click()
        page.locator("#relations .matrix").first.wait_for()
        return page

    return opened


def test_matrices_readings_and_costs_are_those_of_the_run(told, look) -> None:
    page = look(told())
    cosine, affinity = page.locator(".matrices").first.locator("section").all()
    cells = [row.locator("td").all_inner_texts() for row in cosine.locator("tbody tr").all()]
    assert cells == [["", "+0.31", "−0.12"], ["+0.31", "", "−0.04"], ["−0.12", "−0.04", ""]]
    cells = [row.locator("td").all_inner_texts() for row in affinity.locator("tbody tr").all()]
    assert cells == [["+2.00", "+0.42", "−0.11"], ["+0.30", "+3.00", "+0.04"], ["−0.07", "–", "+1.00"]]
    expect(cosine.locator("td.clashes")).to_have_count(4)
    expect(affinity.locator("td.helps")).to_have_count(3)
    assert "Sentiment and Stars agree most (+0.31). Sentiment and Topic conflict most (−0.12)." in cosine.inner_text()
    reading = "A step for Sentiment helps Stars most (+0.42 %). A step for Sentiment hurts Topic most (−0.11 %)."
    assert reading in affinity.inner_text().replace("\u00a0", " ")
    assert "every 8 steps" in affinity.inner_text() and "3 backward and 5 forward passes" in affinity.inner_text()


def test_a_suggested_group_is_set_up_in_the_lab(told, look) -> None:
    page = look(told())
    suggested = page.locator(".suggested")
    expect(suggested.locator("[aria-label='Encoders'] .on")).to_have_text("2 · best")
    groups = suggested.locator(".groups li")
    expect(groups).to_have_count(2)
    suggested.get_by_role("button", name="Set up in the Lab: Sentiment, Stars").click()
    page.locator("#training_max_steps input").wait_for()
    page.wait_for_function("() => document.querySelector('#training_max_steps input').value === '77'")
    ticked = page.locator(".card:has(input:checked) .name").all_inner_texts()
    assert ticked == ["Sentiment", "Stars"]
    page.get_by_role("tab", name="Relations", exact=True).click()
    page.get_by_role("button", name="Set up this split in the Lab").click()
    layers = page.locator("#setup .options input:visible")
    layers.wait_for()
    expect(layers).to_have_value("4")


def test_another_number_of_encoders_and_another_relation_are_a_press_away(told, look) -> None:
    page = look(told())
    suggested = page.locator(".suggested")
    suggested.get_by_role("button", name="1", exact=True).click()
    expect(suggested.locator(".groups li")).to_have_count(1)
    suggested.get_by_role("button", name="Gradient cosine").click()
    expect(suggested).to_contain_text("Mean effect on a task: +0.05.")


def test_a_run_that_was_not_probed_says_how_to_probe(told, look) -> None:
    page = look(told(affinity_steps=0))
    expect(page.locator(".matrices").first.locator("section").last).to_contain_text("Not probed")
    expect(page.locator(".suggested .groups")).to_have_count(1)


@pytest.mark.parametrize(
    ("look_of", "viewport"), [("light", LAPTOP), ("dark", LAPTOP), ("light", PHONE)], ids=["light", "dark", "phone"]
)
def test_axe_finds_nothing_serious_and_the_page_fits(told, visit, look_of, viewport) -> None:
    page = visit(f"/?__theme={look_of}&run={told()}", viewport=viewport).page
    page.get_by_role("tab", name="Relations", exact=True).click()
    page.locator("#relations .matrix").first.wait_for()
    page.add_script_tag(path=AXE)
    assert page.evaluate(RULES) == []
    assert page.evaluate(OVERFLOW)[0] <= 0
    if viewport is LAPTOP:
        assert page.evaluate(OVERFLOW)[1] <= 0


def test_it_reads_in_chinese(told, look) -> None:
    page = look(told(), tab="关系", address="/zh")
    expect(page.locator(".matrices section").first).to_contain_text("情感与星级最一致（+0.31）。")
