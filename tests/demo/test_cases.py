"""The named cases: what their presets train, what the page proposes to ask, and, slowly, that they learn."""

from types import SimpleNamespace

import gradio as gr
import pytest

from demo.presets import ON_HUB, PRESETS
from demo.tabs.handlers import Handlers
from demo.text.samples import SAMPLES, sample_of
from mtl import assembly
from mtl.data.catalogue import catalogue
from mtl.data.corpus import TASKS
from mtl.runs.config import RunConfig

CASES = {
    "translate_classify": {"generation", "classification"},
    "answer_summarise": {"question_answering", "generation"},
    "intent_slots": {"classification", "tagging"},
}
USUAL = ("A text.", "Another.")


def names(preset):
    return [task["name"] for task in PRESETS[preset]["tasks"]]


@pytest.mark.parametrize("preset", CASES)
def test_a_case_trains_its_kinds_on_bundled_data(preset) -> None:
    assert {TASKS[name].kind for name in names(preset)} == CASES[preset]


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset.endswith(ON_HUB)])
def test_a_twin_trains_the_same_kinds_on_data_of_the_hub(preset) -> None:
    assert {catalogue()[name].spec.kind for name in names(preset)} == CASES[preset.removesuffix(ON_HUB)]


def test_intent_and_slots_are_labels_of_one_text() -> None:
    assert len({TASKS[name].source for name in names("intent_slots")}) == 1


def test_every_case_proposes_a_text_that_all_its_heads_can_read() -> None:
    for preset in CASES:
        text, pair = sample_of(names(preset))
        assert text and bool(pair) == any(TASKS[name].pair for name in names(preset))


def test_what_is_proposed_is_no_row_of_the_corpus() -> None:
    from mtl.data.corpus import read_split

    rows = {row[spec.text] for spec in TASKS.values() for row in read_split(spec.source, "train")}
    assert not {text for text, _ in SAMPLES.values()} & rows


@pytest.fixture
def choose():
    """`choose("intent_slots", text, pair)`: what stands in both boxes after this preset was pressed."""
    form = SimpleNamespace(write=lambda config: [])
    handlers = Handlers(SimpleNamespace(), form, USUAL)
    return lambda preset, text, pair: tuple(handlers.choose_preset({"chosen": preset}, text, pair))


def test_a_preset_proposes_what_to_ask_until_something_is_typed(choose) -> None:
    proposed = choose("translate_classify", *USUAL)
    assert proposed == SAMPLES["translate_de"]
    assert choose("answer_summarise", *proposed) == SAMPLES["answer"]
    assert choose("default", *SAMPLES["answer"]) == USUAL
    assert choose("default", "My own text", "") == (gr.skip(), gr.skip())


class Learning:
    """What a run has reached; it asks to be ended once every task is well above what one could say without a text."""

    def __init__(self) -> None:
        self.naive, self.reached = {}, {}

    def report(self, event) -> None:
        if event.type == "run_started":
            self.naive = {task["name"]: task["baseline"] for task in event.tasks}
        if event.type == "scores" and event.split == "validation":
            self.reached[event.task] = event.scores[event.metric] - self.naive[event.task][event.metric]

    def stop_requested(self) -> str | None:
        return "visitor" if len(self.reached) == len(self.naive) > 0 and min(self.reached.values()) > 0.1 else None

    def attend(self, model, step) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("preset", CASES)
def test_a_case_beats_the_best_constant_answer_on_validation_rows_in_half_its_steps(preset) -> None:
    training = PRESETS[preset]["training"]
    steps = training["max_steps"] // 2
    shorter = training | {"max_steps": steps, "eval_steps": steps // 3}
    learning = Learning()
    trainer = assembly.assemble(RunConfig.from_dict(PRESETS[preset] | {"training": shorter}), report=learning.report)
    trainer.run(learning.report, learning, None)
    assert min(learning.reached.values()) > 0.1, learning.reached
