"""The architectures the lab takes, and what an encoder's ``config.json`` says of it before any weight is here.

No torch: the page reads this to bound its fields, and a download is refused here before it begins.

H hidden size · F feed-forward size · V vocabulary
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mtl.errors import ConfigError, EncoderError, shown
from mtl.runs.config import EncoderConfig

TRAINED_BYTES, FROZEN_BYTES = 16, 4
"""Memory of a parameter in fp32: with its gradient and the optimizer's two moments, and by itself."""


@dataclass(frozen=True)
class Architecture:
    """Where a family keeps its numbers: names of fields of its ``config.json``."""

    layers: str = "num_hidden_layers"
    hidden: str = "hidden_size"
    feed_forward: str = "intermediate_size"
    matrices: int = 2
    """Matrices of H × F in a layer; a gated feed-forward has 3."""
    positions: str | None = "max_position_embeddings"
    """None where nothing limits the length: relative positions."""
    learned: bool = True
    """Whether positions are parameters, kept in the file; else they are computed."""
    after_padding: bool = False
    """Whether the first position comes after the padding token's index, so that as many are lost."""
    token_types: bool = False
    """Whether the encoder can tell two texts apart by token types."""
    decoder: bool = False
    """Whether checkpoints hold a decoder, which is loaded only for tasks that write."""
    dropout: str = "hidden_dropout_prob"
    last: str | None = None
    """The module after the last layer."""
    apart: bool = False
    """Whether it takes a mask of its own for each token, and positions that begin anew: two texts can then be read in
    one pass as if each stood alone. Others compute positions from places, or attend within windows."""


_BERT = Architecture(token_types=True, apart=True)
_ROBERTA = replace(_BERT, after_padding=True)
_T5 = Architecture(
    layers="num_layers", hidden="d_model", feed_forward="d_ff", positions=None, decoder=True, dropout="dropout_rate",
    last="final_layer_norm", apart=True,
)  # fmt: skip
_BART = Architecture(
    layers="encoder_layers", hidden="d_model", feed_forward="encoder_ffn_dim", decoder=True, dropout="dropout"
)

ARCHITECTURES: Mapping[str, Architecture] = {
    "bert": _BERT,
    "electra": _BERT,
    "distilbert": Architecture(
        layers="n_layers", hidden="dim", feed_forward="hidden_dim", dropout="dropout", apart=True
    ),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "mpnet": Architecture(after_padding=True, apart=True),
    "deberta-v2": replace(_BERT, apart=False),
    "modernbert": Architecture(matrices=3, learned=False, dropout="mlp_dropout", last="final_norm"),
    "t5": _T5,
    "mt5": _T5,
    "umt5": _T5,
    "bart": _BART,
    "mbart": replace(_BART, last="layer_norm"),
    "marian": replace(_BART, learned=False),
    "pegasus": replace(_BART, last="layer_norm", learned=False),
}
"""By ``model_type``."""

DECODERS = frozenset((
    "gpt2", "gpt_neo", "gptj", "gpt_neox", "openai-gpt", "llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3",
    "qwen3_moe", "gemma", "gemma2", "gemma3", "gemma3_text", "phi", "phi3", "opt", "bloom", "falcon", "mpt", "olmo",
    "olmo2", "stablelm", "xglm", "biogpt", "ctrl", "codegen", "starcoder2", "cohere",
))  # fmt: skip
"""Model types that read from left to right only, where ``architectures`` does not say so."""


@dataclass(frozen=True)
class Limits:
    """What is known of an encoder from its ``config.json`` alone."""

    model_type: str
    num_hidden_layers: int
    hidden_size: int
    max_positions: int | None
    """Tokens a text may have; None where the encoder sets no limit."""
    embedding_parameters: int
    layer_parameters: int
    """Of one layer. Both are estimates: the matrices, without biases and norms."""
    has_decoder: bool = False
    token_types: bool = False
    """Whether it tells two texts apart by token types."""

    def parameters(self, num_hidden_layers: int | None = None) -> int:
        """Parameters of the encoder with so many of its layers; None counts all. About 2 % below the truth."""
        layers = self.num_hidden_layers if num_hidden_layers is None else num_hidden_layers
        return self.embedding_parameters + layers * self.layer_parameters

    def training_bytes(self, num_hidden_layers: int | None = None, freeze_layers: int = 0) -> int:
        """Memory that weights, gradients and optimizer take in training, without what depends on the batch."""
        total = self.parameters(num_hidden_layers)
        frozen = self.embedding_parameters + freeze_layers * self.layer_parameters if freeze_layers else 0
        return TRAINED_BYTES * (total - frozen) + FROZEN_BYTES * frozen


def read(config: Mapping[str, Any], name: str) -> Limits:
    """The limits of an encoder with this ``config.json``; ``name`` is told in errors.

    Raises:
        EncoderError: Its code lies in the repository (``remote_code``), it has no encoder (``decoder_only``), it is
            of a kind the lab does not know (``architecture``), or a number is missing (``format``).
    """
    model_type = str(config.get("model_type") or "")
    _check_kind(config, model_type, name)
    family = ARCHITECTURES[model_type]
    layers, hidden = (_whole(config, field, name) for field in (family.layers, family.hidden))
    return Limits(
        model_type,
        num_hidden_layers=layers,
        hidden_size=hidden,
        max_positions=_max_positions(family, config, name),
        embedding_parameters=_embeddings(family, config, hidden, name),
        layer_parameters=_layer(family, config, hidden, name),
        has_decoder=family.decoder,
        token_types=family.token_types and int(config.get("type_vocab_size", 2)) > 1,
    )


def _check_kind(config: Mapping[str, Any], model_type: str, name: str) -> None:
    known = shown(model_type or None)
    code = config.get("auto_map") or {}
    if model_type in DECODERS or _only_decodes(config, model_type):
        message = f"{name} ({known}) only writes on from a text: it has no encoder that reads it whole."
        raise EncoderError(message, encoder=name, reason="decoder_only", found=model_type)
    # A repository may say `bert` and still bring a class of its own: its weights would not fit the one of that name.
    if "AutoModel" in code or (code and model_type not in ARCHITECTURES):
        message = f"{name} needs Python code from its repository, which is never run."
        raise EncoderError(message, encoder=name, reason="remote_code", found=model_type)
    if model_type not in ARCHITECTURES:
        message = f"{name} should be one of {', '.join(ARCHITECTURES)}. Found {known}."
        raise EncoderError(message, encoder=name, reason="architecture", found=model_type)


def _only_decodes(config: Mapping[str, Any], model_type: str) -> bool:
    """Whether the checkpoint was made to write: a decoder of its own kind, or an encoder turned into one."""
    if model_type in ARCHITECTURES:
        return bool(config.get("is_decoder")) and not ARCHITECTURES[model_type].decoder
    classes = config.get("architectures") or ()
    return any(str(each).endswith(("ForCausalLM", "LMHeadModel")) for each in classes)


def _max_positions(family: Architecture, config: Mapping[str, Any], name: str) -> int | None:
    if family.positions is None:
        return None
    return _whole(config, family.positions, name) - _first(family, config)


def first_position(config: Mapping[str, Any]) -> int | None:
    """The position of a text's first token, of an encoder with this ``config.json``; None where they are relative."""
    family = ARCHITECTURES[config["model_type"]]
    return None if family.positions is None else _first(family, config)


def _first(family: Architecture, config: Mapping[str, Any]) -> int:
    padding = config.get("pad_token_id")
    return (1 if padding is None else int(padding)) + 1 if family.after_padding else 0


def _embeddings(family: Architecture, config: Mapping[str, Any], hidden: int, name: str) -> int:
    """Words, learned positions and token types, and what follows from them to H."""
    width = int(config.get("embedding_size") or hidden)
    learned = family.learned and config.get("position_biased_input", True)
    positions = _whole(config, family.positions, name) if family.positions and learned else 0
    rows = _whole(config, "vocab_size", name) + positions
    rows += int(config.get("type_vocab_size", 2)) if family.token_types else 0
    total = rows * width + (width * hidden if width != hidden else 0)
    if config.get("relative_attention"):
        total += 2 * max(int(config.get("position_buckets") or 0), 0) * hidden
    return total


def _layer(family: Architecture, config: Mapping[str, Any], hidden: int, name: str) -> int:
    """Four matrices of attention and those of the feed-forward."""
    inner = int(config["d_kv"]) * int(config["num_heads"]) if "d_kv" in config and "num_heads" in config else hidden
    gated = "gated" in str(config.get("feed_forward_proj", ""))
    attention = 4 * hidden * inner
    if config.get("relative_attention") and not config.get("share_att_key", False):
        attention += len(config.get("pos_att_type") or ()) * hidden * hidden
    return attention + (3 if gated else family.matrices) * hidden * _whole(config, family.feed_forward, name)


def _whole(config: Mapping[str, Any], field: str, name: str) -> int:
    value = config.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        message = f"The config.json of {name} should have a whole number above 0 as `{field}`. Found {shown(value)}."
        raise EncoderError(message, encoder=name, reason="format", found=value)
    return value


def check_layers(config: EncoderConfig, layers: int) -> None:
    """Raises ConfigError unless an encoder of so many layers has as many as are kept and frozen."""
    depth = layers if config.num_hidden_layers is None else config.num_hidden_layers
    if depth > layers:
        rule = f"be at most {layers}, the layers of {config.name}"
        raise ConfigError("encoder.num_hidden_layers", rule, depth, low=1, high=layers)
    if config.freeze_layers > depth:
        rule = f"be at most {depth}, the layers that are used"
        raise ConfigError("encoder.freeze_layers", rule, config.freeze_layers, low=0, high=depth)


def check_memory(config: EncoderConfig, limits: Limits, memory_bytes: int) -> None:
    """Raises EncoderError (``too_large``) if training the encoder needs more memory than there is."""
    needed = gigabytes(limits.training_bytes(config.num_hidden_layers, config.freeze_layers))
    limit = gigabytes(memory_bytes)
    if needed > limit:
        message = f"{config.name} needs about {needed} GB of memory to be trained like this. There are {limit} GB."
        raise EncoderError(message, encoder=config.name, reason="too_large", found=needed, limit=limit)


def gigabytes(size: int) -> float:
    """Bytes in GB, as a person reads them."""
    return round(size / 1e9, 1)
