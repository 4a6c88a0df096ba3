"""What the Relations tab is told of a run, and what it sets in the Lab's form."""

import re
from dataclasses import asdict
from types import SimpleNamespace

import gradio as gr
import orjson
import pytest

from demo.feed import Feed
from demo.relating import facts
from demo.tabs.form import TASKS as TICKED
from demo.tabs.relations import LAB, Relating
from demo.tabs.setup import run_form
from demo.text.en import EN
from demo.text.zh import ZH
from mtl.analysis.relations import Relations
from mtl.runs.config import RunConfig
from mtl.runs.events import Affinity, Conflicts
from tests.demo.conftest import TASKS

TWO = ("topic", "stars")
LAYERS = [
    {"level": level, "kind": "layer", "tasks": list(TWO), "trainable": True} for level in ("embeddings", "1", "2")
]
HEADS = [{"level": "head", "kind": "head", "tasks": [task], "trainable": True} for task in TWO]


def cosine(value, tasks=TWO, step=1):
    return Conflicts(step=step, tasks=tasks, cosines=[[1.0 if a == b else value for b in tasks] for a in tasks])


def affinity(*rows, levels=None, tasks=TWO):
    matrices = {level: [[1.0, value], [value, 1.0]] for level, value in (levels or {}).items()}
    return Affinity(step=1, tasks=tasks, affinities=rows, levels=matrices)


def told(*events, parts=()):
    found = Relations()
    for index, event in enumerate(events):
        found.add(index, event.to_dict())
    return facts(found, {"parts": parts})


def ask(store, run):
    return Feed(store).relate({"run": run.run_id})


def test_a_run_tells_its_relations_with_short_numbers(store, write) -> None:
    run = write(TWO).begin()
    run.say(cosine(-0.123456), cosine(-0.2, step=2), affinity((0.01, 0.0012345), (-0.002, 0.02)))
    answer = ask(store, run)
    assert answer["run"] == run.run_id and not answer["missing"]
    assert answer["cosine"]["values"] == [[1.0, -0.1617], [-0.1617, 1.0]]
    assert answer["cosine"]["measured"] == 2
    assert answer["cosine"]["help"] is None
    assert answer["cosine"]["conflict"] == {"source": "topic", "target": "stars", "value": -0.1617}
    assert answer["affinity"]["help"] == {"source": "topic", "target": "stars", "value": 0.001234}
    assert orjson.loads(orjson.dumps(answer)) == answer  # Gradio sends it so, and takes only names as keys
    groups = [each["groups"] for each in answer["cosine"]["groupings"]]
    assert groups == [[["topic", "stars"]], [["topic"], ["stars"]]]
    assert [each["value"] for each in answer["cosine"]["groupings"]] == [-0.1617, 0.0]


def test_what_is_new_comes_with_the_next_question(store, write) -> None:
    feed, run = Feed(store), write(TWO).begin()
    assert feed.relate({"run": run.run_id})["cosine"] is None
    run.say(cosine(0.5))
    assert feed.relate({"run": run.run_id})["cosine"]["measured"] == 1
    assert feed.relate({"run": run.run_id}) == feed.relate({"run": run.run_id})
    run.say(cosine(0.7))
    assert feed.relate({"run": run.run_id})["cosine"]["values"][0][1] == 0.6


@pytest.mark.parametrize("args", [None, {}, {"run": "nobody"}, {"run": 3}, {"run": "../" * 9}, "run"])
def test_questions_that_make_no_sense_find_nothing(store, args) -> None:
    assert Feed(store).relate(args)["missing"]


def test_a_split_is_suggested_where_all_layers_are_shared() -> None:
    probe = affinity((0.1, 0.1), (0.1, 0.1), levels={"1": 0.5, "2": -0.2})
    split = told(probe, parts=LAYERS + HEADS)["split"]
    assert split == {"layers": 1, "depth": 2, "agreement": {"1": 0.5, "2": -0.2}}
    own = [{**part, "tasks": [task]} for part in LAYERS[2:] for task in TWO]
    assert told(probe, parts=LAYERS[:2] + own + HEADS)["split"] is None
    adapters = [{**LAYERS[1], "kind": "adapter"}]
    assert told(probe, parts=LAYERS + adapters + HEADS)["split"] is None
    assert told(probe)["split"] is None
    assert told(cosine(0.5), parts=LAYERS + HEADS)["split"] is None


def test_more_tasks_than_can_be_grouped_have_matrices_only() -> None:
    many = tuple(f"task {number}" for number in range(9))
    found = told(cosine(0.5, tasks=many))["cosine"]
    assert (len(found["values"]), found["groupings"]) == (9, [])


def test_one_task_has_no_relation() -> None:
    assert told(cosine(0.5, tasks=("topic",)))["cosine"] is None


@pytest.fixture
def press(store, unlaid):
    """`press(run, tasks=[...])`: what the button sets, the Lab's tab first, then every widget by its place."""
    form = run_form(EN)
    relating = Relating(SimpleNamespace(store=store, recording=None), form)

    def pressed(run, **asked):
        tab, *updates = relating.apply(SimpleNamespace(run=run, **asked))
        assert len(updates) == len(form.components) + len(form.followers)
        return tab, dict(zip(form.widgets, updates, strict=False))

    return pressed


def test_a_group_is_ticked_and_everything_else_is_as_in_its_run(store, press) -> None:
    run = store.create(RunConfig.from_dict({"tasks": list(TASKS), "training": {"max_steps": 77, "affinity_steps": 5}}))
    tab, form = press(run, tasks=["stars", "topic"])
    assert tab.selected == LAB
    assert form[TICKED]["tasks"] == ["topic", "stars"]
    assert (form["training.max_steps"], form["training.affinity_steps"]) == (77, 5)


def test_a_split_sets_the_sharing(store, press) -> None:
    run = store.create(RunConfig.from_dict({"tasks": list(TWO)}))
    _, form = press(run, layers=4, depth=6)
    assert (form["sharing.name"], form["sharing.partial.layers"]) == ("partial", 4)
    assert form[TICKED]["tasks"] == list(TWO)
    assert press(run, layers=6, depth=6)[1]["sharing.name"] == "hard"


@pytest.mark.parametrize(
    "asked",
    [{}, {"tasks": ["nobody"]}, {"tasks": []}, {"tasks": "topic"}, {"layers": 0, "depth": 6}, {"layers": "x"}],
)
def test_what_makes_no_sense_sets_nothing(store, press, asked) -> None:
    tab, form = press(store.create(RunConfig.from_dict({"tasks": list(TWO)})), **asked)
    assert tab == gr.skip() and all(update == gr.skip() for update in form.values())


def test_a_run_that_is_gone_sets_nothing(press) -> None:
    tab, _ = press("nobody", tasks=["topic"])
    assert tab == gr.skip()


def leaves(words, prefix=""):
    for name, value in words.items():
        yield from leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]


def test_both_languages_have_the_same_places() -> None:
    english, chinese = dict(leaves(asdict(EN.relations))), dict(leaves(asdict(ZH.relations)))
    assert english.keys() == chinese.keys()
    for name, sentence in english.items():
        assert sentence and chinese[name]
        assert set(re.findall(r"\{\w+\}", sentence)) == set(re.findall(r"\{\w+\}", chinese[name])), name
