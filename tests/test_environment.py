"""The check of the environment: plain values, without a network, whatever is or is not there."""

import json

from mtl.environment import check_encoder, describe_machine
from mtl.runs.config import EncoderConfig


def test_the_encoder_at_hand_reads_a_sentence(tiny_encoder, weights_cache):
    told = check_encoder(EncoderConfig(num_hidden_layers=1), "The soup was lovely")
    json.dumps(told, allow_nan=False)
    assert (told["works"], told["origin"], told["model_type"]) == (True, "cache", "bert")
    assert (told["num_hidden_layers"], told["hidden_size"], told["max_positions"]) == (1, 32, 160)
    assert told["tokens"] == ["[CLS]", "the", "soup", "was", "lovely", "[SEP]"]
    assert told["shapes"] == {"input_ids": [1, 6], "hidden": [1, 6, 32], "pooled": [1, 32]}


def test_an_encoder_that_is_not_here_is_said_and_not_downloaded(tiny_encoder, weights_cache):
    told = check_encoder(EncoderConfig("somebody/anything"))
    json.dumps(told, allow_nan=False)
    assert told["works"] is False
    assert told["error"]["error"] == "EncoderError"
    assert told["error"]["details"] == {"encoder": "somebody/anything", "reason": "not_here"}
    assert check_encoder(EncoderConfig("../x"))["error"]["error"] == "ConfigError"


def test_the_machine_is_described(tiny_encoder):
    told = describe_machine()
    assert told["memory_bytes"] > 2**28
    assert told["device"] == "cpu"
    assert told["versions"]["torch"] != "not installed"
