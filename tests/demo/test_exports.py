"""A comparison as files to take away: a report that stands alone, tables, and what a visitor wrote stays text."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from demo.report import Line, drawing, ticks
from demo.text.en import EN
from demo.text.zh import ZH
from tests.races import ME, config, pick, race


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.values, self.texts = set(), [], []

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.add(tag)
        self.values += [(name, value) for name, value in attributes if name in ("href", "src", "onerror", "onload")]

    def handle_data(self, data) -> None:
        self.texts.append(data)


LABEL = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("of", ["race", "runs"])
def test_the_report_stands_alone_and_says_what_the_card_says(make, store, finish, text, of) -> None:
    comparing = make(text=text)
    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    comparing.start(run, 1, ME)
    for entry in race(comparing, run)["entries"][1:]:
        finish(entry["run"], **{entry["task"]: 0.4})
    other = finish(store.create(config(balancer="random"), ME), sentiment=0.8, topic=0.5)
    ask = {"ask": "race", "run": run, "seeds": 1} if of == "race" else {"ask": "runs", "runs": [run, other]}
    file = comparing.look(ask | {"file": "report"})
    page = Reader()
    page.feed(file["text"])
    assert file["name"].endswith(".html") and not page.tags & {"script", "link", "img", "iframe"} and page.values == []
    assert not re.search(r"https?://|url\(|@import", file["text"])
    assert "svg" in page.tags and "path" in page.tags
    said = comparing.look(ask)["card"]
    shown = " ".join(page.texts)
    assert all(cell in shown for row in said["rows"] for cell in row["cells"])
    assert said["delta"]["value"] in shown and run in shown


def test_what_a_visitor_wrote_stays_text_in_the_report(make, store, finish) -> None:
    words = replace(EN, tasks={**EN.tasks, "topic": LABEL, "sentiment": '"><script>alert(1)</script>'})
    comparing = make(text=words)
    one = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    other = finish(store.create(config(encoder=LABEL), ME), sentiment=0.8, topic=0.5)
    page = Reader()
    page.feed(pick(comparing, one, other, file="report")["text"])
    assert not page.tags & {"script", "img"} and page.values == []
    assert LABEL in page.texts


@pytest.mark.parametrize("kind", ["curves", "scores", "settings"])
def test_tables_can_be_taken_away(comparing, store, finish, kind) -> None:
    one = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    other = finish(store.create(config(balancer="random"), ME), sentiment=0.7, topic=0.5)
    file = pick(comparing, one, other, file=kind)
    assert file["name"] == f"{kind}.csv" and file["text"].count("\n") > 1
    alone = pick(comparing, one, file="scores")
    assert "0.8" in alone["text"]


def test_an_unknown_file_is_refused(comparing, store) -> None:
    assert pick(comparing, store.create(config(), ME), file="../x")["problem"]["type"] == "ConfigError"


@pytest.mark.parametrize("top", [1e-9, 0.03, 0.97, 1.0, 1.29, 2.5, 48, 60, 999, 1e7])
def test_ticks_are_few_and_round(top) -> None:
    found = ticks(top)
    assert found[0] == 0 and found[-1] <= top < found[-1] + 1.000001 * found[1]
    assert 3 <= len(found) <= 7
    assert f"{found[1]:.0e}"[0] in "125"


def test_a_drawing_holds_every_curve_and_none_of_nothing() -> None:
    lines = [Line("a", 0, 0, [(0, 1.0), (10, 0.5)]), Line("b", 7, 1, [(0, 2.0)]), Line("c", 2, 0, [])]
    assert drawing(lines).count("<path") == 2
    assert drawing([]) == ""
