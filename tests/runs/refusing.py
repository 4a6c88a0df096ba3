"""A configuration that must be refused, and how."""

import json

import pytest

from mtl.errors import ConfigError
from mtl.runs.config import RunConfig


def refused(values):
    """The error, which names the field, the rule and what was found."""
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict(values)
    error = caught.value
    assert {"field", "rule", "found"} <= error.details.keys()
    assert error.message.startswith(f"`{error.details['field']}` should {error.details['rule']}. Found `")
    json.dumps(error.details, allow_nan=False).encode()
    return error
