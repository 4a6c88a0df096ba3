"""The choosers of depth and of frozen layers follow the encoder."""

import json

import pytest

from demo.tabs.form import DEPTH, FROZEN
from demo.tabs.layers import ALL_LAYERS, DEEPEST, LayerChoices, layers_of
from demo.tabs.setup import run_form
from demo.text.en import EN
from mtl.encoders import ENCODERS
from mtl.runs.config import DEFAULT_ENCODER, RunConfig

SIX = ENCODERS[DEFAULT_ENCODER].num_hidden_layers
BERT = {"model_type": "bert", "num_hidden_layers": 12, "hidden_size": 768, "intermediate_size": 3072}
BERT |= {"vocab_size": 30522, "max_position_embeddings": 512}


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """`cached("own/bert", {...})`: the Hub's cache holds this encoder's config.json, and no weights."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    def put(name, config):
        repository = tmp_path / f"models--{name.replace('/', '--')}"
        for folder in ("refs", "snapshots/1"):
            (repository / folder).mkdir(parents=True)
        (repository / "refs" / "main").write_text("1")
        (repository / "snapshots" / "1" / "config.json").write_text(json.dumps(config))

    return put


@pytest.fixture
def form(unlaid):
    return run_form(EN)


def test_the_layers_of_an_encoder_are_those_of_the_table_or_of_the_cache(cached):
    cached("own/bert", BERT)
    assert layers_of(DEFAULT_ENCODER) == SIX
    assert layers_of(f" {DEFAULT_ENCODER} ") == SIX
    assert layers_of("own/bert") == 12


@pytest.mark.parametrize("name", ["own/unknown", "", "../../etc", "a b", None, 7, "own/damaged", "own/odd"], ids=repr)
def test_of_any_other_nothing_is_known(name, cached):
    cached("own/damaged", {"model_type": "bert"})
    cached("own/odd", {"model_type": "resnet"})
    assert layers_of(name) is None


def test_the_choices_are_those_the_encoder_has():
    fit = LayerChoices.fitting(DEFAULT_ENCODER, ALL_LAYERS, 1)
    assert [value for _, value in fit.depths("all")] == [ALL_LAYERS, *range(1, SIX + 1)]
    assert fit.depths("all")[0][0] == "all"
    assert [value for _, value in fit.frozen_layers()] == [*range(SIX + 1)]
    assert [value for _, value in LayerChoices.fitting("own/unknown", 0, 0).frozen_layers()] == [*range(DEEPEST + 1)]


def test_no_more_can_be_frozen_than_are_kept():
    fit = LayerChoices.fitting(DEFAULT_ENCODER, 3, 2)
    assert (fit.depth, fit.frozen) == (3, 2)
    assert [value for _, value in fit.frozen_layers()] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("encoder", "depth", "frozen", "fitted"),
    [
        (DEFAULT_ENCODER, 12, 1, (ALL_LAYERS, 1)),
        (DEFAULT_ENCODER, 12, 9, (ALL_LAYERS, SIX)),
        (DEFAULT_ENCODER, 4, 9, (4, 4)),
        (DEFAULT_ENCODER, None, "7", (ALL_LAYERS, 0)),
        ("own/unknown", 24, 20, (24, 20)),
        ("own/unknown", 60, 50, (60, 50)),
    ],
)
def test_what_does_not_fit_falls_back(encoder, depth, frozen, fitted):
    fit = LayerChoices.fitting(encoder, depth, frozen)
    assert (fit.depth, fit.frozen) == fitted
    assert fit.depth in dict(map(reversed, fit.depths("all"))) and fit.frozen in dict(
        map(reversed, fit.frozen_layers())
    )


def test_the_form_offers_what_the_encoder_of_a_config_has(form, cached):
    cached("own/bert", BERT)
    places = list(form.widgets)
    for name, layers in ((DEFAULT_ENCODER, SIX), ("own/bert", 12), ("own/unknown", DEEPEST)):
        config = RunConfig.from_dict({"encoder": {"name": name, "num_hidden_layers": 5, "freeze_layers": 2}})
        written = dict(zip(places, form.write(config.to_dict()), strict=False))
        assert [written[place].value for place in (DEPTH, FROZEN)] == [5, 2]
        assert len(written[DEPTH].choices) == layers + 1
        assert len(written[FROZEN].choices) == 6


def test_the_form_starts_with_what_fits_the_default(form):
    assert [value for _, value in form.widgets[DEPTH].choices] == [*range(SIX + 1)]
    assert [value for _, value in form.widgets[FROZEN].choices] == [*range(SIX + 1)]
