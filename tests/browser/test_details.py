"""The details under the chart: how the tasks agree and what the model is made of, as the run's journal tells it."""

import json
from itertools import combinations
from statistics import mean

import pytest
from playwright.sync_api import expect

from mtl.runs.config import DEFAULT_TASKS, RunConfig
from mtl.runs.events import Conflicts, Dropped, Finished, Layers, RunStarted, Skipped, Truncated, Unbalanced
from mtl.runs.journal import Journal
from mtl.runs.store import RunStore
from tests.browser.driving import LAPTOP, trained_run, wait_for_state
from tests.browser.test_fit import AXE, RULES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STEPS, EVERY = 24, 4
FITS = """() => {
    const panel = [...document.querySelectorAll('#details > .tabitem')].find(node => node.offsetParent);
    return [panel.scrollWidth - panel.clientWidth, panel.scrollHeight - panel.clientHeight];
}"""
TWO = ("topic", "stars")


def number(text):
    """A signed number as the page writes it."""
    return float(text.replace("−", "-").replace("±", "").replace("+", ""))


@pytest.fixture(scope="module")
def run(app):
    """The id of a run of the default tasks with a tiny encoder, at its end."""
    config = {"training": {"max_steps": STEPS, "conflict_steps": EVERY, "eval_steps": STEPS}}
    return trained_run(app, config)


@pytest.fixture
def trained(app, visit, run):
    """Its page, and its events."""
    page = visit(f"/?run={run}").page
    wait_for_state(page, "finished")
    lines = (app.folder(run) / "events.jsonl").read_text().splitlines()
    return page, [json.loads(line) for line in lines]


def told(app, *events, tasks=TWO):
    """A run that says so; gives its id."""
    store = RunStore(app.runs)
    run = store.create(RunConfig.from_dict({"tasks": list(tasks)}))
    journal = Journal(store.folder(run) / "events.jsonl", lambda: 1.0)
    for event in (*events, Finished(step=9, elapsed_s=4.0, peak_memory_bytes=900_000_000)):
        journal.append(event)
    journal.close()
    return run


def part(level, kind, tasks, trainable=True):
    return {"level": level, "kind": kind, "tasks": list(tasks), "parameters": 500_000, "trainable": trainable}


def started(*parts, tasks=TWO, conflict_steps=12):
    return RunStarted(
        device="cpu", device_name="toy", precision="fp32", max_steps=9, eval_steps=9, conflict_steps=conflict_steps,
        parts=parts,
        parameters={"total": 22_900_000, "shared": 22_700_000},
        tasks=[{"name": task, "kind": "classification", "source": "texts", "metric": "accuracy"} for task in tasks],
    )  # fmt: skip


SHARED = (part("embeddings", "layer", TWO, trainable=False), part("1", "layer", TWO))
OWN = tuple(part(level, "layer", [task]) for level in ("embeddings", "1") for task in TWO)
HEADS = tuple(part("head", "head", [task]) for task in TWO)
AGREED = Conflicts(step=1, tasks=TWO, cosines=[[1.0, -0.25], [-0.25, 1.0]])


def test_the_matrix_shows_the_numbers_of_the_journal(trained) -> None:
    page, events = trained
    measured = [event for event in events if event["type"] == "conflicts"]
    assert [event["step"] for event in measured] == list(range(1, STEPS, EVERY))
    page.get_by_role("tab", name="Conflict").click()
    page.locator(".matrix").wait_for()  # a tab mounts when it is first opened
    rows = page.locator(".matrix tbody tr")
    expect(rows.locator("th")).to_have_text([name.replace("_", " ").capitalize() for name in DEFAULT_TASKS])
    shown = {}
    for (i, a), (j, b) in combinations(enumerate(DEFAULT_TASKS), 2):
        cosines = [event["cosines"][event["tasks"].index(a)][event["tasks"].index(b)] for event in measured]
        cosines = [cosine for cosine in cosines if cosine is not None]
        expected = mean(cosines[-5:])
        cell = rows.nth(i).locator("td").nth(j)
        shown[a, b] = number(cell.locator("b").inner_text())
        assert shown[a, b] == pytest.approx(expected, abs=0.0051)
        word = cell.locator("small").inner_text()
        assert word == ("" if abs(shown[a, b]) < 0.1 else "help" if expected > 0 else "conflict")
        share = 100 * sum(cosine < 0 for cosine in cosines) / len(cosines)
        course = rows.nth(j).locator("td").nth(i).get_by_role("img").get_attribute("aria-label")
        assert int(course.split(" in ")[-1].split(" %")[0]) == pytest.approx(share, abs=0.6)
    strongest = max(shown, key=shown.get)
    names = page.locator(".facts p").first.locator(".who").all_inner_texts()
    assert [name.lower().replace(" ", "_") for name in names] == list(strongest)
    clashing = sum(any(c is not None and c < 0 for row in event["cosines"] for c in row) for event in measured)
    expect(page.locator(".facts")).to_contain_text(f"{clashing} of {len(measured)} measurements")
    expect(page.locator("#conflict .note")).to_contain_text(f"every {EVERY} steps")
    assert page.evaluate(FITS) == [0, 0]


def test_the_picture_is_that_of_the_model_with_its_norms(trained) -> None:
    page, events = trained
    parts = next(event for event in events if event["type"] == "run_started")["parts"]
    norms = [event for event in events if event["type"] == "layers"][-1]["norms"]
    page.get_by_role("tab", name="Model").click()
    levels = {level for level in (each["level"] for each in parts)} | norms.keys()
    page.locator(".model.measured").wait_for()
    rows = page.locator(".model").first.locator("tbody tr")
    expect(rows).to_have_count(len(levels))
    expect(rows.first.locator("th")).to_have_text("Heads")
    expect(rows.first.locator("i.head")).to_have_count(len(DEFAULT_TASKS))
    for level, norm in norms.items():
        name = f"Layer {level}" if level.isdigit() else {"embeddings": "Embeddings", "end": "After the layers"}[level]
        row = rows.filter(has=page.get_by_role("rowheader", name=name, exact=True))
        assert number(row.locator("td.r").inner_text()) == pytest.approx(norm, rel=0.06)
    frozen = {each["level"] for each in parts if not each["trainable"]}
    expect(page.locator(".boxes.cold")).to_have_count(len(frozen))
    expect(page.locator(".caption").first).to_contain_text("shared")
    assert page.evaluate(FITS)[0] == 0


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([started(*SHARED, *HEADS[:1], tasks=TWO[:1])], "One task alone"),
        ([started(*OWN, *HEADS)], "Nothing is shared, so the gradients do not meet."),
        ([started(*SHARED, *HEADS, conflict_steps=0)], "Measuring is switched off"),
        ([started(*SHARED, *HEADS)], "In this run the gradients were not compared."),
    ],
)
def test_an_empty_matrix_says_why(visit, app, events, sentence) -> None:
    page = visit(f"/?run={told(app, *events)}").page
    wait_for_state(page, "finished")
    page.get_by_role("tab", name="Conflict").click()
    page.locator("#conflict .idle").filter(has_text=sentence).wait_for()


def test_a_pair_that_is_pointed_at_stands_out_and_the_arrows_lead_on(visit, app) -> None:
    three = ("topic", "stars", "entities")
    cosines = [[1.0, 0.3, -0.2], [0.3, 1.0, 0.05], [-0.2, 0.05, 1.0]]
    told_run = told(app, started(tasks=three), Conflicts(step=1, tasks=three, cosines=cosines), tasks=three)
    page = visit(f"/?run={told_run}").page
    wait_for_state(page, "finished")
    page.get_by_role("tab", name="Conflict").click()
    page.locator(".matrix td[tabindex='0']").focus()
    dim = ".matrix tbody th.dim"
    expect(page.locator(dim)).to_have_text(["Entities"])
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.innerText").split() == ["−0.20", "conflict"]
    expect(page.locator(dim)).to_have_text(["Stars"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.innerText").split()[0] == "+0.05"


@pytest.mark.parametrize(
    ("address", "sentences"),
    [
        (
            "/",
            [
                "Stars was left out of 2 steps: its loss was not finite.",
                "Nothing was learnt in 1 step",
                "The method found no weights in 1 step",
                "Topic, Stars: 1,200 texts are longer than 64 tokens",
                "Topic, Stars: 3 rows for training have problems and lack that label or are left out: blank text (2), "
                "no label (1).",
            ],
        ),
        (
            "/zh",
            [
                "“星级”有 2 步未参与训练：损失不是有限值。",
                "有 1 步没有更新模型",
                "有 1 步没有算出权重",
                "超过 64 个词元",
                "训练集中有 3 行有问题",
            ],
        ),
    ],
)
def test_what_was_left_out_is_told_in_words(visit, app, address, sentences) -> None:
    skips = [Skipped(step=step, task="stars", loss=float("nan")) for step in (1, 2)]
    whole = [Skipped(step=3, task=None, loss=None), Unbalanced(step=4)]
    cut = Truncated(step=0, source="texts", rows=1200, max_length=64)
    dropped = Dropped(step=0, source="texts", split="train", rows=3, problems={"empty_text": 2, "missing_label": 1})
    run = told(app, cut, dropped, started(*SHARED, *HEADS), *skips, *whole, AGREED)
    page = visit(f"{address}?run={run}").page
    page.locator(".remarks:not([hidden])").wait_for()
    for sentence in sentences:
        expect(page.locator(".remarks")).to_contain_text(sentence)


def test_six_tasks_and_many_layers_fit_the_panel_for_everybody(visit, app) -> None:
    tasks = DEFAULT_TASKS
    levels = ["embeddings", *map(str, range(1, 25))]
    parts = [part(level, "layer", tasks, trainable=level != "embeddings") for level in levels]
    parts += [part("head", "head", [task]) for task in tasks]
    cosines = [[1.0 if a == b else -0.35 for b in tasks] for a in tasks]
    norms = Layers(step=1, norms={level: 0.1 * 1.2 ** int(level) for level in levels[1:]})
    run = told(app, started(*parts, tasks=tasks), Conflicts(step=1, tasks=tasks, cosines=cosines), norms, tasks=tasks)
    for address, theme in (("/", "light"), ("/zh", "dark")):
        page = visit(f"{address}?__theme={theme}&run={run}", viewport=LAPTOP).page
        wait_for_state(page, "finished")
        page.add_script_tag(path=AXE)
        for tab, block in ((3, "#conflict table"), (4, "#model .measured")):
            page.locator("#details").get_by_role("tab").nth(tab).click()
            page.locator(block).wait_for()
            assert page.evaluate(FITS) == [0, 0]
            assert page.evaluate(RULES) == []
        expect(page.locator("#model .measured tbody tr")).to_have_count(3)
