"""The presets of the page: a name to a whole config. Their words are in ``demo/text``."""

from collections.abc import Mapping
from typing import Any

from mtl.runs.config import RunConfig

ON_HUB = "_hub"
"""Ends the name of a preset that does on data of the Hub what the one without it does on bundled data."""

# A decoder that is trained here learns most from many small steps; rates, batches and shares were chosen on validation.
_WRITING = {"per_device_train_batch_size": 16, "learning_rate": 2e-4, "head_learning_rate": 1e-3}
_LONG = {"max_steps": 1000, "eval_steps": 200}

_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    # Four label sets of the same texts: one pass through the encoder feeds four heads.
    "many_labels": {"tasks": ["sentiment", "topic", "stars", "entities"]},
    # One loss in other units takes the encoder for itself; sentiment, which wants the same of it, is carried along.
    "shout": {"tasks": [{"name": "stars", "loss_scale": 30.0}, "sentiment", "topic", "entities"]},
    # A hundred rows are too few alone; stars, on all of the same texts, teach the encoder what sentiment needs.
    "rescue": {"tasks": [{"name": "sentiment", "max_train_samples": 96}, "stars"]},
    # Topic is learnt in a few steps: most of each step belongs to the translation.
    "translate_classify": {
        "tasks": ["translate_de", "topic"],
        "encoder": {"freeze_layers": 2},
        "sampling": {"name": "weighted", "options": {"weights": {"translate_de": 5.0, "topic": 1.0}}},
        "training": {**_WRITING, "max_steps": 600, "eval_steps": 100},
    },
    "answer_summarise": {
        "tasks": ["answer", "headline"],
        "encoder": {"freeze_layers": 2},
        "sampling": {"name": "weighted", "options": {"weights": {"answer": 1.0, "headline": 2.0}}},
        "training": {**_WRITING, "max_steps": 300, "eval_steps": 50},
    },
    # Two label sets of the same requests, one for the sentence, one for its words.
    "intent_slots": {"tasks": ["intent", "slots"], "training": {"max_steps": 100, "eval_steps": 20}},
    "translate_classify_hub": {
        "tasks": ["multi30k", {"name": "sst2", "max_train_samples": 20_000}],
        "training": {**_WRITING, **_LONG, "per_device_train_batch_size": 32},
    },
    "answer_summarise_hub": {
        "tasks": [{"name": "squad", "max_train_samples": 10_000}, {"name": "aeslc", "max_train_samples": 10_000}],
        "training": {**_WRITING, **_LONG},
    },
}

PRESETS: Mapping[str, dict[str, Any]] = {name: RunConfig.from_dict(part).to_dict() for name, part in _CHANGES.items()}
