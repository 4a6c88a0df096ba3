"""The words of errors, methods and options: the same places in every language, and a sentence for each."""

import re
from dataclasses import asdict
from operator import attrgetter

import pytest

from demo.text.en import EN
from demo.text.zh import ZH
from mtl.data.refusals import PROBLEMS
from mtl.data.rows import SHAPES
from mtl.errors import EncoderError
from mtl.training.sampling import SAMPLING

LANGUAGES = pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
TOLD = {"encoder", "found", "limit", "revision"}
"""What an EncoderError tells besides its reason."""


@LANGUAGES
def test_every_reason_of_an_encoder_error_has_its_own_sentence(text):
    sentences = [text.reasons[f"EncoderError.{reason}"] for reason in EncoderError.REASONS]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        places = set(re.findall(r"\{(\w+)\}", sentence))
        assert "encoder" in places and places <= TOLD
        assert len(re.split(r"[.。;；:：] ?", sentence.rstrip(".。"))) >= 2  # what is the matter, and what to do


@LANGUAGES
def test_every_sampling_method_and_option_is_named_and_explained(text):
    for name, method in SAMPLING.items():
        assert text.sampling[name]
        assert text.notes[f"sampling.{name}"]
        for option in method.options:
            assert text.options[f"{name}.{option.name}"]
            assert text.notes[f"sampling.{name}.{option.name}"]
            assert text.fields[f"sampling.{option.name}"]


def test_languages_have_the_same_words():
    for words in ("reasons", "notes", "options", "sampling", "fields", "phases", "errors", "rules"):
        assert getattr(EN, words).keys() == getattr(ZH, words).keys(), words


@LANGUAGES
def test_every_problem_of_a_row_every_kind_and_every_errand_has_its_words(text):
    assert text.data.row_problems.keys() == PROBLEMS.keys()
    assert text.data.kinds.keys() == SHAPES.keys()
    assert text.data.types.keys() == {"text", "integer", "number", "words", "numbers", "answers", "empty", "other"}
    for kind in ("ErrandLate", "ErrandStopped", "ErrandBusy", "ErrandLost"):
        assert text.errors[kind].title and text.errors[kind].why


def test_the_data_tab_has_the_same_places_in_every_language():
    for words in (attrgetter("data"), attrgetter("check")):
        english, chinese = asdict(words(EN)), asdict(words(ZH))
        for name, value in english.items():
            if isinstance(value, dict):
                assert value.keys() == chinese[name].keys(), name
            else:
                assert set(re.findall(r"\{\w+\}", value)) == set(re.findall(r"\{\w+\}", chinese[name])), name
