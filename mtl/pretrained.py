"""From files to an encoder that can be trained: load, keep the first layers, freeze the lowest.

An encoder-decoder gives its encoder alone, unless a task needs what writes.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from mtl.architectures import ARCHITECTURES, Limits, read
from mtl.errors import EncoderError, MtlError
from mtl.runs.config import EncoderConfig

WRITING = ("decoder.", "model.decoder.", "lm_head.", "final_logits_bias")
"""Parts of an encoder-decoder that write."""
NOT_READ = ("pooler.", *WRITING)
"""Parts of checkpoints that no head reads; they may be missing."""
COMPUTED = "embed_positions."
"""Positions that are sines need no file."""


def load_encoder(
    config: EncoderConfig, folder: Path, *, decoder: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The pretrained encoder with its first ``num_hidden_layers`` layers, its lowest ones frozen, and the tokenizer.

    With ``decoder`` it is the whole model of an encoder-decoder whose files hold one: what writes with its encoder.

    Raises:
        EncoderError: The files are not what an encoder needs.
    """
    try:
        architecture = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        limits = limits_of(architecture)
        if config.num_hidden_layers is not None:
            _keep_layers(architecture, config.num_hidden_layers)
        family = ARCHITECTURES[limits.model_type]
        whole = decoder and family.decoder
        model, missing = _read(folder, architecture, whole)
        if whole and any(name.startswith(WRITING) for name in missing):
            whole = False
            model, missing = _read(folder, architecture, whole)
        _check_complete(missing, family.learned)
    except MtlError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _unusable(config.name, error, "format") from error
    tokenizer = load_tokenizer(config.name, folder)
    encoder = encoder_of(model)
    _prepare(encoder, config.freeze_layers)
    if len(tokenizer) > encoder.get_input_embeddings().num_embeddings:
        why = ValueError(f"its tokenizer has {len(tokenizer)} tokens, more than the encoder")
        raise _unusable(config.name, why, "tokenizer")
    names = [name for name in tokenizer.model_input_names if name != "token_type_ids"]
    tokenizer.model_input_names = [*names, "token_type_ids"] if limits.token_types else names
    return model if whole else encoder, tokenizer


def _read(folder: Path, architecture: PretrainedConfig, whole: bool) -> tuple[PreTrainedModel, set[str]]:
    """The model and the names of the tensors that its files lack."""
    kind = AutoModelForSeq2SeqLM if whole else AutoModel
    model, found = kind.from_pretrained(
        folder, config=architecture, use_safetensors=True, trust_remote_code=False, dtype=torch.float32,
        output_loading_info=True,
    )  # fmt: skip
    return model, set(found["missing_keys"])


def load_tokenizer(name: str, folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer beside the encoder, one that tells where in the text each token lies.

    Raises:
        EncoderError: There is none, or not such a one (``tokenizer``).
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        if tokenizer.vocab_size <= len(tokenizer.all_special_tokens):  # what is made without its files
            raise ValueError("its tokenizer has no vocabulary")
        if not tokenizer.is_fast:
            raise ValueError("its tokenizer cannot tell where in the text a token lies")
        if tokenizer.pad_token_id is None:
            raise ValueError("its tokenizer has no token to pad with")
    except Exception as error:  # transformers raises whatever the first reader of a missing file does
        raise _unusable(name, error, "tokenizer") from error
    return tokenizer


def new_encoder(architecture: PretrainedConfig, freeze_layers: int = 0, *, decoder: bool = False) -> PreTrainedModel:
    """An encoder, or an encoder-decoder, of this architecture with random weights, to be filled from a snapshot."""
    limits_of(architecture)
    kind = AutoModelForSeq2SeqLM if decoder else AutoModel
    model = kind.from_config(architecture, trust_remote_code=False)
    encoder = encoder_of(model)
    _prepare(encoder, freeze_layers)
    return model if decoder else encoder


def limits_of(architecture: PretrainedConfig) -> Limits:
    """What the architecture allows: layers, positions, token types.

    Raises:
        EncoderError: It is none the lab knows.
    """
    return read(architecture.to_dict(), str(architecture.name_or_path or architecture.model_type))


def dropout_of(architecture: PretrainedConfig) -> float:
    """The dropout of the encoder's layers, which its heads take over."""
    return float(getattr(architecture, ARCHITECTURES[architecture.model_type].dropout, 0.1))


def encoder_of(model: PreTrainedModel) -> PreTrainedModel:
    """The part that reads: the encoder of an encoder-decoder, any other model as it is."""
    return model.get_encoder() if ARCHITECTURES[model.config.model_type].decoder else model


def _keep_layers(architecture: PretrainedConfig, layers: int) -> None:
    architecture.num_hidden_layers = layers  # whatever the family calls it
    kinds = getattr(architecture, "layer_types", None)
    if kinds is not None:
        architecture.layer_types = kinds[:layers]


def _check_complete(missing: set[str], learned_positions: bool) -> None:
    """Weights that the files lack would be random: nobody would notice."""
    lacking = sorted(name for name in missing if not name.startswith(NOT_READ))
    if not learned_positions:
        lacking = [name for name in lacking if COMPUTED not in name]
    if lacking:
        raise ValueError(f"its file lacks {len(lacking)} tensors, among them {lacking[0]}")


def _prepare(encoder: PreTrainedModel, freeze_layers: int) -> None:
    """Drops the pooler, which no head reads, and freezes the lowest layers with everything they are fed by."""
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    if not freeze_layers:
        return
    layers, last = layers_of(encoder), ARCHITECTURES[encoder.config.model_type].last
    trained = list(layers[freeze_layers:])
    if trained and last:
        trained.append(getattr(encoder, last))
    kept = {id(parameter) for module in trained for parameter in module.parameters()}
    for parameter in encoder.parameters():
        if id(parameter) not in kept:
            parameter.requires_grad = False


def layers_of(encoder: PreTrainedModel) -> nn.ModuleList:
    """The stack of layers: the first list of modules that is as long as the configuration says."""
    depth = encoder.config.num_hidden_layers
    lists = [module for module in encoder.modules() if isinstance(module, nn.ModuleList) and len(module) == depth]
    if not lists:
        name = type(encoder).__name__
        raise EncoderError(f"No stack of {depth} layers was found in {name}.", encoder=name, reason="format")
    return lists[0]


def _unusable(name: str, error: Exception, reason: str) -> EncoderError:
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    return EncoderError(f"{name} cannot be loaded: {why}", encoder=name, reason=reason)
