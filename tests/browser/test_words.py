"""What a visitor reads when something goes wrong, is brought from afar, or is about to be chosen: in both languages."""

import time

import pytest
from playwright.sync_api import expect

from demo.card import say
from mtl.data.refusals import refusal
from mtl.errors import CheckpointError
from mtl.runs.config import RunConfig
from mtl.runs.events import Download, Failed, Mixture, Phase, RunStarted, Samples
from mtl.runs.journal import Journal
from mtl.runs.presence import Claim
from mtl.runs.process import Process
from mtl.runs.store import RunStore

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SOURCE = "bentrevett multi30k"
STARTED = RunStarted(
    device="cpu", device_name="toy", precision="fp32", max_steps=100, eval_steps=10, parameters={"total": 1},
    tasks=[{"name": "multi30k", "kind": "generation", "source": SOURCE, "metric": "bleu"}],
)  # fmt: skip


@pytest.fixture
def told(app):
    """`told(event, …)`: a run that says so; gives its id."""

    def tell(*events, alive=True, tasks=("sst2",)):
        store = RunStore(app.runs)
        run = store.create(RunConfig.from_dict({"tasks": list(tasks)}))
        if alive:
            assert Claim(Process.current(), time.time()).write(store.folder(run))
        journal = Journal(store.folder(run) / "events.jsonl", lambda: 1.0)
        for event in events:
            journal.append(event)
        journal.close()
        return run

    return tell


def failure(error):
    return Failed(step=0, error=error.name, message=error.message, details=error.details, elapsed_s=1.0)


OFFLINE = refusal("offline", id="stanfordnlp/sst2", seconds=5.0)
COLUMN = refusal("column", source="own reviews", found="stars", known=["text", "label"])
ROWS = refusal("no_rows", source="own", split="train", problems={"missing_text": 3, "unknown_label": 1})
LARGE = refusal("too_large", file="a.csv", limit=200_000_000, found=2**30)
SNAPSHOT = CheckpointError("The snapshot lacks model.safetensors.", reason="missing", file="model.safetensors")
PANELS = [
    ("/", OFFLINE, ["The Hub cannot be reached.", "stanfordnlp/sst2", "within 5 seconds", "Try again"]),
    ("/zh", OFFLINE, ["无法连接 Hub。", "stanfordnlp/sst2 的数据在 Hub 上", "5 秒", "重试"]),
    ("/", COLUMN, ["own reviews has no column stars. It has text, label. Choose one of these.", "Show the tasks"]),
    ("/zh", COLUMN, ["own reviews 没有列 stars，现有的列：text、label。请从现有的列中选择。", "查看任务"]),
    ("/", ROWS, ["Every row of own (training)", "no text (3), a label that the task does not have (1)."]),
    ("/zh", ROWS, ["own（训练集）的每一行都有问题：没有文本（3）、标签不在任务的标签集中（1）。"]),
    ("/", LARGE, ["a.csv has 1.1 GB; at most 200 MB are read. Bring a part of it."]),
    ("/zh", LARGE, ["a.csv 有 1.1 GB，上限为 200 MB。请只上传其中一部分。"]),
    ("/zh", SNAPSHOT, ["快照不完整。", "保存的模型缺少文件 model.safetensors。", "重新训练"]),
]


@pytest.mark.parametrize(("address", "error", "sentences"), PANELS, ids=lambda value: getattr(value, "name", None))
def test_an_error_is_told_in_the_words_of_the_page(visit, told, address, error, sentences) -> None:
    page = visit(f"{address}?run={told(failure(error), alive=False)}").page
    panel = page.get_by_role("alert")
    panel.wait_for()
    said = panel.inner_text()
    for sentence in sentences:
        assert sentence in said
    assert error.message not in said and "{" not in said and "–" not in said


def test_the_button_leads_to_the_task_that_is_meant(visit, told) -> None:
    error = refusal("not_found", id="stanfordnlp/sst2")
    page = visit(f"/?run={told(failure(error), alive=False, tasks=('topic', 'sst2'))}").page
    page.get_by_role("alert").get_by_role("button").click()
    page.wait_for_function("() => document.activeElement?.closest('.card')?.dataset.task === 'sst2'")
    expect(page.locator("#cards .card.on")).to_have_count(2)


@pytest.mark.parametrize(("address", "sentence"), [("/", "62 MB of 437 MB"), ("/zh", "62 MB / 437 MB")])
def test_a_download_is_counted(visit, told, address, sentence) -> None:
    run = told(
        Phase(step=0, phase="downloading"),
        Download(step=0, encoder="own/bert", bytes_done=61_500_000, bytes_total=437_000_000),
    )
    page = visit(f"{address}?run={run}").page
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.state === 'downloading'")
    page.locator(".line b").wait_for()
    expect(page.locator(".line b")).to_have_text(sentence)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "14")


def test_tabs_that_open_late_show_what_is_there(visit, told) -> None:
    said = [{"text": "A hat.", "target": "Ein Hut.", "output": "Ein Hund."}]
    run = told(
        STARTED,
        Samples(step=0, task="multi30k", split="validation", samples=said),
        Mixture(step=1, shares={SOURCE: 1.0}, examples={"multi30k": 12345}),
        tasks=("multi30k",),
    )
    page = visit(f"/?run={run}").page
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.state === 'starting'")
    page.get_by_role("tab", name="Mixture").click()
    page.locator("#mixture td").filter(has_text="12,345").wait_for()
    page.get_by_role("tab", name="Samples").click()
    page.locator("#samples dd").filter(has_text="Ein Hund.").wait_for()


def test_a_sampling_method_says_what_it_does(visit) -> None:
    page = visit("/").page
    page.locator("#more > button").click()
    expect(page.locator("#sampling_hint")).to_contain_text("Every row counts the same")
    page.locator("#sampling input").click()
    page.get_by_role("option", name="Capped").click()
    page.locator("#sampling_hint").filter(has_text="no source counts as larger than the cap").wait_for()
    page.get_by_text("Rows that a source counts at most.").wait_for()
    expect(page.locator("#balancer_hint")).not_to_be_visible()


def test_the_page_fills_a_sentence_as_the_report_does(visit) -> None:
    page = visit("/").page
    file = "performance.getEntriesByType('resource').map(entry => entry.name).find(name => name.endsWith('/dom.js'))"
    page.wait_for_function(f"() => {file}")
    fill = f"async ([sentence, values]) => (await import({file})).say(sentence, values)"
    sentence = "{n} {n:row was|rows were} cut of {name}, {m} {m:is|are} left{x}"
    for values in ({"n": 1, "m": 0, "name": "{n}"}, {"n": "1,001", "m": 1, "name": "{m:a|b}"}, {"n": "1", "m": 2.5}):
        assert page.evaluate(fill, [sentence, values]) == say(sentence, **values)


def test_the_depth_follows_the_encoder(visit) -> None:
    page = visit("/").page
    page.locator("#more > button").click()

    def offered() -> int:
        page.locator("#encoder_num_hidden_layers input").click()
        count = page.locator("#encoder_num_hidden_layers [role=option]").count()
        page.keyboard.press("Escape")
        return count

    assert offered() == 7
    with page.expect_response(lambda answer: "/run/predict" in answer.url):
        page.locator("#encoder_name input").fill("own/unknown")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    deadline = time.monotonic() + 20
    while offered() != 49:
        assert time.monotonic() < deadline


def test_the_shelf_names_what_is_on_the_hub(visit) -> None:
    page = visit("/zh").page
    groups = page.locator("#cards optgroup").evaluate_all("groups => groups.map(group => group.label)")
    assert groups == ["Hub · 英文", "Hub · 中文", "Hub · 英译德", "Hub · 英译中"]
    options = page.locator("#cards option").all_text_contents()
    assert "CLINC 意图 · 分类" in options
    assert not any(" 0 " in option for option in options)
