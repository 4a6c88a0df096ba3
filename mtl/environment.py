"""Whether a run would find what it needs: the machine, the versions, and an encoder that reads a sentence."""

import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mtl import encoders
from mtl.errors import MtlError
from mtl.runs.config import EncoderConfig

LIBRARIES = ("torch", "transformers", "accelerate", "torchjd", "datasets", "gradio")
SENTENCE = "One encoder reads this sentence for every task."


def describe_machine() -> dict[str, Any]:
    """Device, precision, memory and versions: whether a GPU is used is seen here."""
    from mtl.training.hardware import device_name, memory_bytes, pick_device, pick_precision

    device = pick_device()
    versions = {name: _version(name) for name in LIBRARIES}
    return {
        "device": device.type,
        "device_name": device_name(device),
        "precision": pick_precision(device),
        "memory_bytes": memory_bytes(device),
        "python": platform.python_version(),
        "versions": versions,
    }


def check_encoder(config: EncoderConfig | None = None, text: str = SENTENCE) -> dict[str, Any]:
    """Has an encoder that is on this machine read one sentence; the Hub is not asked.

    Returns:
        ``encoder``, ``revision`` and ``works``. If it works: ``origin`` (cache or wheel), ``model_type``,
        ``num_hidden_layers``, ``hidden_size``, ``max_positions``, ``parameters``, ``text``, ``tokens``, ``shapes``
        (of the ids, the hidden states and the pooled form) and ``seconds``; if not, ``error`` as events tell it.
    """
    config = config or EncoderConfig()
    told: dict[str, Any] = {"encoder": config.name, "revision": config.revision}
    try:
        return told | {"works": True} | _read(config, text)
    except MtlError as error:
        failed = {"error": error.name, "message": error.message, "details": error.details}
        return told | {"works": False, "error": failed}


def _read(config: EncoderConfig, text: str) -> dict[str, Any]:
    """What loading the encoder and reading the sentence shows."""
    import torch

    from mtl.data.batches import collate, encode_texts
    from mtl.pretrained import limits_of, load_encoder
    from mtl.tasks.features import Features

    began = time.perf_counter()
    found = encoders.local_weights(config.name, config.revision)
    encoder, tokenizer = load_encoder(config, found.folder)
    limits = limits_of(encoder.config)
    length = min(config.max_length, limits.max_positions or config.max_length)
    batch = collate("check", encode_texts(tokenizer, [text], None, [[]], length), [], tokenizer.pad_token_id)
    with torch.inference_mode():
        hidden = encoder.eval()(**batch.inputs()).last_hidden_state  # [1, L, H]
        pooled = Features(hidden, batch.attention_mask).pooled  # [1, H]
    shapes = {"input_ids": batch.input_ids, "hidden": hidden, "pooled": pooled}
    return {
        "origin": found.origin,
        "model_type": limits.model_type,
        "num_hidden_layers": limits.num_hidden_layers,
        "hidden_size": limits.hidden_size,
        "max_positions": limits.max_positions,
        "parameters": sum(parameter.numel() for parameter in encoder.parameters()),
        "text": text,
        "tokens": tokenizer.convert_ids_to_tokens(batch.input_ids[0].tolist()),
        "shapes": {name: list(tensor.shape) for name, tensor in shapes.items()},
        "seconds": round(time.perf_counter() - began, 2),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
