"""Asks for an encoder that cannot be had, and looks at what was kept of it."""

import time

import pytest

from mtl import encoders
from mtl.errors import EncoderError

SECONDS = 7
"""The longest a refusal may take."""


def refused(name, revision=None, ask=encoders.find_weights):
    """The reason for which the encoder is refused, within seconds."""
    began = time.monotonic()
    with pytest.raises(EncoderError) as caught:
        ask(name, revision)
    assert time.monotonic() - began < SECONDS
    assert caught.value.details["encoder"] == name
    return caught.value.details["reason"]


def cached_weights(cache):
    """Files of weights in the cache, whole or half."""
    return [path for path in cache.rglob("*") if path.name.endswith((".safetensors", ".incomplete"))]
