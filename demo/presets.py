"""The presets of the page: a name to a whole config. Their words are in ``demo/text``."""

from collections.abc import Mapping
from typing import Any

from mtl.runs.config import RunConfig

_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    # Four label sets of the same texts: one pass through the encoder feeds four heads.
    "many_labels": {"tasks": ["sentiment", "topic", "stars", "entities"]},
    # One loss in other units: it takes the encoder for itself.
    "shout": {"tasks": [{"name": "stars", "loss_scale": 30.0}, "sentiment", "topic", "entities"]},
    # A few dozen rows are too few alone; the neighbours label the same texts and teach the encoder for it.
    "rescue": {"tasks": [{"name": "sentiment", "max_train_samples": 48}, "stars", "topic"]},
}

PRESETS: Mapping[str, dict[str, Any]] = {name: RunConfig.from_dict(part).to_dict() for name, part in _CHANGES.items()}
