"""Snapshots of a model: a folder with weights (safetensors only), configuration and tokenizer.

The file ``complete.json`` is written last: a folder without it is not finished, and nobody reads it.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedTokenizerBase

from mtl.errors import CheckpointError, from_os_error

FORMAT = 3
READABLE = (2, 3)
"""Before 3 all weights lay in one file."""
MARKER = "complete.json"
WEIGHTS = "model.safetensors"
FROZEN = "frozen.safetensors"
SETTINGS = "multitask.json"


class Saveable(Protocol):
    """Anything that can write itself into a folder: a ``MultiTaskModel``."""

    def save_pretrained(self, folder: str | Path, like: Path | None = None) -> None:
        """Writes the folder, in full or not at all; what an earlier snapshot ``like`` it has may be shared."""


@dataclass(frozen=True)
class Parts:
    """What a snapshot holds: weights by name, the encoder's architecture, the tokenizer, and our own settings."""

    tensors: Mapping[str, Tensor]
    architecture: PretrainedConfig
    tokenizer: PreTrainedTokenizerBase
    settings: Mapping[str, Any]
    frozen: Collection[str] = ()
    """Names of the weights that training never changes."""


def save(parts: Parts, folder: Path, like: Path | None = None) -> None:
    """Writes the parts into the folder, which exists in full or not at all.

    Args:
        parts: What is written.
        folder: Where.
        like: An earlier snapshot of the same run: the file of weights that training never changes is shared with it.

    Raises:
        StorageError: The disk is full or cannot be written.
    """
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        _write(parts, draft, like)
        _replace(folder, draft)
    except OSError as error:
        raise from_os_error(error) from error
    except SafetensorError as error:
        raise from_os_error(OSError(_errno(str(error)), str(error), WEIGHTS)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(folder: Path, draft: Path) -> None:
    """Puts the draft in the folder's place; if that fails, the old folder is there again."""
    old = draft.with_name(f"{draft.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _errno(message: str) -> int:
    """The error number that safetensors only tells in words: ``… (os error 28)``."""
    digits = message.rpartition("os error ")[2].partition(")")[0]
    return int(digits) if digits.isdigit() else 0


def _write(parts: Parts, draft: Path, like: Path | None) -> None:
    _write_weights(parts, draft / WEIGHTS, [name for name in parts.tensors if name not in parts.frozen])
    if parts.frozen and not _shared(draft / FROZEN, like, parts.frozen):
        _write_weights(parts, draft / FROZEN, parts.frozen)
    parts.architecture.save_pretrained(draft)
    parts.tokenizer.save_pretrained(draft)
    settings = {"format": FORMAT, **parts.settings}
    (draft / SETTINGS).write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
    sizes = {path.name: path.stat().st_size for path in sorted(draft.iterdir())}
    (draft / MARKER).write_text(json.dumps({"files": sizes}), encoding="utf-8")


def _write_weights(parts: Parts, path: Path, names: Collection[str]) -> None:
    tensors = {name: parts.tensors[name].detach().cpu().contiguous() for name in names}
    save_file(tensors, path, metadata={"format": "pt"})


def _shared(path: Path, like: Path | None, names: Collection[str]) -> bool:
    """Whether the earlier snapshot has a file of these weights, which is now this one's as well."""
    if like is None:
        return False
    try:
        with safe_open(like / FROZEN, "pt") as file:
            same = set(file.keys()) == set(names)
        if same:
            os.link(like / FROZEN, path)
        return same
    except (OSError, SafetensorError):  # there is none, or this disk knows no links
        return False


def load(folder: Path) -> Parts:
    """Reads what ``save`` wrote.

    Raises:
        CheckpointError: The folder or a file is missing, cut off, or of another format.
    """
    files = _read_json(folder / MARKER).get("files")
    if not isinstance(files, dict):
        raise CheckpointError(f"{MARKER} is damaged.", reason="format", file=MARKER)
    for name, size in files.items():
        path = folder / Path(name).name
        if not path.is_file():
            raise CheckpointError(f"The snapshot lacks {path.name}.", reason="missing", file=path.name)
        if path.stat().st_size != size:
            message = f"{path.name} should have {size} bytes. Found {path.stat().st_size}."
            raise CheckpointError(message, reason="cut", file=path.name)
    settings = _read_json(folder / SETTINGS)
    if settings.get("format") not in READABLE:
        message = f"The snapshot should have a format of {READABLE}. Found {settings.get('format')!r}."
        raise CheckpointError(message, reason="format", file=SETTINGS)
    try:
        architecture = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        tensors = load_file(folder / WEIGHTS)
        frozen = load_file(folder / FROZEN) if FROZEN in files else {}
        return Parts(tensors | frozen, architecture, tokenizer, settings, tuple(frozen))
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        message = f"The snapshot cannot be read: {str(error).splitlines()[0]}"
        raise CheckpointError(message, reason="format", file=WEIGHTS) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"The snapshot lacks {path.name}.", reason="missing", file=path.name) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path.name} is damaged.", reason="cut", file=path.name) from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path.name} is damaged.", reason="format", file=path.name)
    return values


def snapshot_name(step: int) -> str:
    """The folder name of a step's snapshot; names sort as steps do."""
    return f"step-{step:08d}"


def snapshots(folder: Path) -> list[Path]:
    """The complete snapshots below a folder, oldest first."""
    found = folder.glob("step-*/" + MARKER) if folder.is_dir() else ()
    return sorted((path.parent for path in found), key=lambda path: path.name)
