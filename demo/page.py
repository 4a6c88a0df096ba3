"""The page: header, Lab, Compare, Relations and Data, once for each language."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from demo.live import block
from demo.presets import PRESETS
from demo.tabs.compare import build_compare
from demo.tabs.data import build_data
from demo.tabs.lab import build_lab
from demo.tabs.relations import LAB, build_relations
from demo.tabs.services import Services
from demo.text import Text
from demo.text.en import EN
from demo.text.zh import ZH
from mtl.data.catalogue import Entry, catalogue
from mtl.data.corpus import TASKS, read_split, sizes
from mtl.data.sources import TaskSpec
from mtl.runs.config import DEFAULT_TASKS

__all__ = ["LANGUAGES", "Services", "build_page"]

LANGUAGES: Sequence[Text] = (EN, ZH)
"""The first is at ``/``, each other one at ``/<lang>``."""
KEPT_IN_CACHE = (600, 3600)
"""Seconds between two looks into Gradio's cache of what was sent, and after which a file in it is deleted."""
SHORT = 30
"""Letters that fit on a card."""


def build_page(services: Services, text: Text = EN) -> gr.Blocks:
    """The whole app: the page in ``text`` at ``/``, and in every other language at its own address."""
    others = [language for language in LANGUAGES if language.lang != text.lang]
    settings = {"analytics_enabled": False, "fill_width": True, "delete_cache": KEPT_IN_CACHE}
    with gr.Blocks(title=text.header.title, **settings) as page:
        _one_language(page, services, text, home=text)
    for other in others:
        with page.route(other.name, f"/{other.lang}"):
            _one_language(page, services, other, home=text)
    return page


def _one_language(page: gr.Blocks, services: Services, text: Text, home: Text) -> None:
    gr.Navbar(visible=False)
    block("masthead", _introduction(services, text, home))
    with gr.Tabs(elem_id="pages") as pages:
        with gr.Tab(text.data.lab_tab, id=LAB):
            lab = build_lab(page, services, text)
        with gr.Tab(text.compare.tab, id="compare"):
            build_compare(services, text)
        with gr.Tab(text.relations.tab, id="relations_tab", render_children=True):
            build_relations(services, pages, lab)
        # Drawn at once: it says what it adds to the Lab, and holds what a visitor began while they are in the Lab.
        with gr.Tab(text.data.data_tab, id="data", render_children=True):
            build_data(services, text)


def _introduction(services: Services, text: Text, home: Text) -> dict[str, Any]:
    """What every block of the page works with: its words, and the catalogue of tasks."""
    links = [
        {"lang": item.lang, "locale": item.locale, "name": item.name, "href": "./" if item is home else item.lang}
        for item in LANGUAGES
    ]
    return {
        "words": asdict(text),
        "tasks": [*map(_task, TASKS.values()), *map(_entry, catalogue().values())],
        "presets": list(PRESETS),
        "languages": links,
        "device": services.device,
        "shared": services.starter.shared,
    }


def _task(task: TaskSpec) -> dict[str, Any]:
    """A task as its card shows it."""
    shelf = task.name not in DEFAULT_TASKS
    return {**_facts(task), "shelf": shelf, "example": _example(task), "rows": sizes(task)["train"]}


def _entry(entry: Entry) -> dict[str, Any]:
    """A task of the Hub as its card shows it: of its rows nothing is known yet."""
    shown = {
        "title": entry.title,
        "language": entry.language,
        "example": entry.source.id,
        "rows": None,
        "sources": [entry.spec.source, entry.source.id],
    }
    return {**_facts(entry.spec), "shelf": True, **shown}


def _facts(task: TaskSpec) -> dict[str, Any]:
    columns = {"name": task.name, "kind": task.kind, "pair": task.pair, "labels": list(task.labels)}
    return {**columns, "low": task.low, "high": task.high, "sources": [task.source]}


def _example(task: TaskSpec) -> str:
    """A short text of the task. Tasks on the same texts show different ones."""
    place = [name for name, other in TASKS.items() if other.source == task.source].index(task.name)
    rows = sorted(read_split(task.source, "train")[:400], key=lambda row: abs(len(row[task.text]) - SHORT))
    row = rows[place]
    return f"{row[task.text]} / {row[task.text_pair]}" if task.text_pair else str(row[task.text])
