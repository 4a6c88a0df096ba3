"""The words of errors, methods, options, tasks and scores: in every language one for each, and the same places."""

import re
from dataclasses import asdict, astuple
from operator import attrgetter

import pytest

from demo.card import say
from demo.tabs.form import TRAINING
from demo.text import ErrorText
from demo.text.en import EN
from demo.text.zh import ZH
from mtl.balancing import BALANCERS
from mtl.data.catalogue import catalogue
from mtl.data.refusals import DAMAGES, PROBLEMS, REFUSALS
from mtl.data.rows import SHAPES
from mtl.data.sources import SPLITS, TaskSpec
from mtl.errors import EncoderError
from mtl.sharing import SHARING
from mtl.tasks import TASK_KINDS
from mtl.training.sampling import SAMPLING
from tests.demo.reasons import raised

LANGUAGES = pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
TOLD = {"encoder", "found", "limit", "revision"}
"""What an EncoderError tells besides its reason."""
TASK_PLACES = {"source", "found"}
"""What a task tells that finds a bad label."""
SHORT = 22
"""Letters of a name that fit on a card and beside the chart; a Chinese one is as wide as two."""
TABLES = {"sampling": SAMPLING, "balancer": BALANCERS, "sharing": SHARING, "tasks": TASK_KINDS}


def places(sentence):
    return set(re.findall(r"\{(\w+)\}", sentence))


@LANGUAGES
def test_every_reason_of_an_encoder_error_has_its_own_sentence(text):
    sentences = [text.reasons[f"EncoderError.{reason}"] for reason in EncoderError.REASONS]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert "encoder" in places(sentence) and places(sentence) <= TOLD
        assert len(re.split(r"[.。;；:：] ?", sentence.rstrip(".。"))) >= 2  # what is the matter, and what to do


def test_the_reasons_in_the_source_are_found():
    found = raised(("mtl",))
    assert found["DataError"] == set(REFUSALS) | {"label", "tag_count", "answer"}
    assert found["CheckpointError"] == {"missing", "cut", "format"}
    assert found["WorkerLost"] == {"not_started", "server_stopped", "killed"}
    assert {"offline", "not_here", "too_large", "decoder_only"} <= found["EncoderError"] <= set(EncoderError.REASONS)


@LANGUAGES
def test_every_reason_that_is_raised_has_words(text):
    for error, reasons in raised().items():
        assert error in text.errors
        for reason in reasons:
            assert text.reasons.get(f"{error}.{reason}") or text.reasons.get(reason), f"{error}.{reason}"


@LANGUAGES
def test_rows_and_snapshots_have_a_title_a_cause_and_a_next_step_for_every_reason(text):
    found = raised()
    own = {name: words for name, words in text.reasons.items() if isinstance(words, ErrorText)}
    assert own.keys() == {f"{error}.{reason}" for error in ("DataError", "CheckpointError") for reason in found[error]}
    assert len({words.title for words in own.values()}) == len(own)
    for words in own.values():
        for sentence in (words.title, words.why, words.fix):
            assert sentence.endswith("。" if text is ZH else ".")
        assert not places(words.title) and not places(words.fix)


@LANGUAGES
def test_a_cause_speaks_only_of_what_the_error_tells(text):
    for name, words in text.reasons.items():
        error, _, reason = name.partition(".")
        if error == "DataError":
            known = places(REFUSALS[reason]) if reason in REFUSALS else TASK_PLACES
            assert places(words.why) <= known, name
        if error == "CheckpointError":
            assert places(words.why) <= {"file"}, name


@LANGUAGES
def test_every_problem_of_a_row_and_every_split_has_words(text):
    assert text.problems.keys() == PROBLEMS.keys()
    assert text.damages.keys() == DAMAGES.keys()
    for how, sentence in DAMAGES.items():
        assert places(text.damages[how]) == places(sentence)
    assert text.splits.keys() == set(SPLITS)


@LANGUAGES
def test_every_sampling_method_and_option_is_named_and_explained(text):
    for name, method in SAMPLING.items():
        assert text.sampling[name]
        assert text.notes[f"sampling.{name}"]
        for option in method.options:
            assert text.options[f"{name}.{option.name}"]
            assert text.notes[f"sampling.{name}.{option.name}"]
            assert text.fields[f"sampling.{option.name}"]


@LANGUAGES
def test_every_option_of_a_kind_is_named_and_explained(text):
    for kind, method in TASK_KINDS.items():
        for option in method.options:
            assert text.options[f"{kind}.{option.name}"]
            assert text.notes[f"tasks.{kind}.{option.name}"]
            assert set(option.choices) <= text.metrics.keys()


@LANGUAGES
def test_every_note_is_of_a_method_or_an_option(text):
    known = {f"{where}.{name}" for where, table in TABLES.items() for name in table}
    known |= {
        f"{where}.{name}.{option.name}"
        for where, table in TABLES.items()
        for name, method in table.items()
        for option in method.options
    }
    assert text.notes.keys() <= known


@LANGUAGES
def test_every_task_of_the_catalogue_has_a_short_name_of_its_own(text):
    names = [text.tasks[name] for name in catalogue()]
    assert len(set(names)) == len(names) == len(catalogue())
    for name in names:
        assert sum(1 if character.isascii() else 2 for character in name) <= SHORT, name


@LANGUAGES
def test_every_language_of_the_catalogue_has_a_name(text):
    assert {entry.language for entry in catalogue().values()} == text.languages.keys()


@LANGUAGES
def test_every_kind_has_words_also_before_its_labels_are_known(text):
    for kind in (*TASK_KINDS, "pair"):
        counted = "{n}" in text.kinds[kind]
        listed = kind == "pair" or SHAPES[kind].listed is not None
        assert not counted or listed
        if counted:
            assert not places(text.kinds[f"{kind}_open"])


def scores_of(kind):
    """The names of all scores that tasks of a kind can have."""
    from mtl.model import build_task
    from mtl.tasks.generation import Target
    from mtl.tasks.question_answering import Found

    def task(labels=(), scheme="bio", **options):
        return build_task(TaskSpec("it", kind, "s", "label", labels, scheme=scheme, options=options))

    answerable = [Found("a b", ((0, 1),), (1.0,)), Found("a b", ())]
    metrics = next((option.choices for option in TASK_KINDS[kind].options if option.name == "metric"), ())
    tried = {
        "classification": [(task(("a", "b")), [0, 1])],
        "multilabel": [(task(("a", "b")), [[1.0, 0.0], [0.0, 1.0]])],
        "regression": [(task(), [0.2, 0.4])],
        "tagging": [(task(("PER",)), [[0, 1]]), (task(("NOUN", "VERB"), "plain"), [[0, 1]])],
        "question_answering": [(task(), answerable)],
        "generation": [(task(metric=metric), [Target("a b"), Target("b")]) for metric in metrics],
    }
    return {name for each, said in tried[kind] for name in (*each.score(said, said), each.metric)}


@LANGUAGES
@pytest.mark.parametrize("kind", TASK_KINDS)
def test_every_score_of_every_kind_is_named(text, kind):
    assert scores_of(kind) <= text.metrics.keys()


def test_languages_have_the_same_words():
    tables = (
        "reasons", "notes", "options", "sampling", "fields", "phases", "errors", "rules", "tasks", "kinds", "metrics",
        "units", "problems", "splits", "presets", "sharing", "balancers",
    )  # fmt: skip
    for words in tables:
        assert getattr(EN, words).keys() == getattr(ZH, words).keys(), words


@pytest.mark.parametrize("table", ["reasons", "errors"])
def test_languages_have_the_same_places(table):
    for name, words in getattr(EN, table).items():
        other = getattr(ZH, table)[name]
        whole = isinstance(words, ErrorText)
        assert whole == isinstance(other, ErrorText)
        pairs = zip(astuple(words), astuple(other), strict=True) if whole else [(words, other)]
        assert all(places(first) == places(second) for first, second in pairs), name


@LANGUAGES
def test_every_kind_and_every_errand_has_its_words(text):
    assert text.data.kinds.keys() == SHAPES.keys()
    assert text.data.types.keys() == {"text", "integer", "number", "words", "numbers", "answers", "empty", "other"}
    for kind in ("ErrandLate", "ErrandStopped", "ErrandBusy", "ErrandLost"):
        assert text.errors[kind].title and text.errors[kind].why


def test_a_noun_follows_its_number():
    sentence = "{n} {n:row was|rows were} cut, {m} {m:is|are} left"
    assert say(sentence, n=1, m=0) == "1 row was cut, 0 are left"
    assert say(sentence, n="1,001", m=1) == "1,001 rows were cut, 1 is left"
    assert say("{n:a|b} of {name}", n=1, name="{n:c|d} {n}") == "a of {n:c|d} {n}", "a value is no sentence"


@LANGUAGES
def test_every_number_of_the_form_has_a_name_for_errors(text):
    assert TRAINING.keys() <= text.fields.keys()


def test_every_block_has_the_same_places_in_every_language():
    blocks = ("setup", "watch", "conflict", "model", "mistakes", "mattered", "data", "check", "compare", "card")
    for words in map(attrgetter, blocks):
        english, chinese = asdict(words(EN)), asdict(words(ZH))
        for name, value in english.items():
            if isinstance(value, dict):
                assert value.keys() == chinese[name].keys(), name
            elif isinstance(value, tuple):
                assert len(value) == len(chinese[name]), name
            else:
                assert set(re.findall(r"\{\w+\}", value)) == set(re.findall(r"\{\w+\}", chinese[name])), name
