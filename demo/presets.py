"""The presets of the page: a name to a whole config. Their words are in ``demo/text``."""

from collections.abc import Mapping
from typing import Any

from mtl.runs.config import RunConfig

_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    # Four label sets of the same texts: one pass through the encoder feeds four heads.
    "many_labels": {"tasks": ["sentiment", "topic", "stars", "entities"]},
    # One loss in other units takes the encoder for itself; sentiment, which wants the same of it, is carried along.
    "shout": {"tasks": [{"name": "stars", "loss_scale": 30.0}, "sentiment", "topic", "entities"]},
    # A hundred rows are too few alone; stars, on all of the same texts, teach the encoder what sentiment needs.
    "rescue": {"tasks": [{"name": "sentiment", "max_train_samples": 96}, "stars"]},
}

PRESETS: Mapping[str, dict[str, Any]] = {name: RunConfig.from_dict(part).to_dict() for name, part in _CHANGES.items()}
