"""What encoders say, layer by layer."""

import numpy as np
import pytest
import torch

from mtl.errors import ConfigError
from mtl.representations import encoder_similarities, layer_means
from mtl.runs.config import Choice

TEXTS = ["The soup was lovely", "a train is slow", "who?", "The harbour was grey in New Lima."]


def test_means_are_over_real_tokens_of_every_layer(make_model):
    model = make_model(["topic"])
    found = layer_means(model, TEXTS, batch_size=3)
    assert list(found) == ["embeddings", "1", "2"]
    assert {each.shape for each in found.values()} == {(4, 32)}
    for at, text in enumerate(TEXTS):
        inputs = model.tokenizer([text], return_tensors="pt")
        with torch.no_grad():
            states = model.encoder(**inputs, output_hidden_states=True).hidden_states
        for level, state in zip(found, states, strict=True):
            assert found[level][at] == pytest.approx(state[0].mean(0).numpy(), abs=1e-5)


def test_an_encoder_is_like_itself_and_less_like_a_changed_one(make_model):
    one, same, other = make_model(["topic"]), make_model(["stars"]), make_model(["sentiment"])
    torch.manual_seed(0)
    with torch.no_grad():
        for each in other.encoder.encoder.layer[1].parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    texts = [f"{a} {b}" for a in "abcdefgh" for b in "klmnopqrst"]
    found = encoder_similarities({"topic": one, "stars": same, "sentiment": other}, texts)
    for level in ("embeddings", "1"):
        values = np.array(found[level].values)
        assert values == pytest.approx(np.ones((3, 3)), abs=1e-5)
    assert found["2"].value("topic", "stars") == pytest.approx(1, abs=1e-5)
    assert found["2"].value("topic", "sentiment") < 0.9
    assert found["2"].kind == "similarity"


def test_a_model_in_training_stays_so(make_model):
    model = make_model(["topic"]).train()
    layer_means(model, TEXTS)
    assert model.training


def test_where_there_is_no_one_encoder_it_is_refused(make_model):
    with pytest.raises(ConfigError) as refused:
        layer_means(make_model(["topic"], sharing=Choice("soft")), TEXTS)
    assert refused.value.details["found"] == "soft"
    with pytest.raises(ConfigError):
        layer_means(make_model(["topic"]), ["one"])
