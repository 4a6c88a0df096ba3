"""The Hub's cache on this machine: which encoders it holds, and whether their files are whole. No torch.

The cache is the client's own: ``blobs/HASH`` holds a file, ``snapshots/COMMIT/NAME`` links to it, ``refs/REVISION``
names the commit. What others downloaded is found here, and what is downloaded here is found by others.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
VOCABULARIES = (
    ("tokenizer.json",),
    ("vocab.txt",),
    ("vocab.json", "merges.txt"),
    ("spiece.model",),
    ("spm.model",),
    ("sentencepiece.bpe.model",),
    ("tokenizer.model",),
    ("vocab.json", "source.spm", "target.spm"),
)
"""What a tokenizer may be made from: one of these sets."""
BESIDE = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json")
"""Small files that are taken where there are any."""


def repository(name: str) -> Path:
    """The folder of a repository."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"


def snapshot(name: str, revision: str | None) -> Path | None:
    """The folder of the files of a revision, None where there is none; it may lack any of them."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, CONFIG, revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def complete(folder: Path) -> bool:
    """Whether nothing is missing that encoders usually have."""
    return usable(folder) and (folder / BESIDE[0]).is_file()


def usable(folder: Path) -> bool:
    """Whether configuration, vocabulary and all weights are there, and no weights are cut off."""
    vocabulary = any(all((folder / name).is_file() for name in names) for names in VOCABULARIES)
    return (folder / CONFIG).is_file() and vocabulary and all(whole(part) for part in _weights(folder))


def _weights(folder: Path) -> list[Path]:
    """The files that hold the weights, whether or not they are there."""
    if (folder / WEIGHTS).is_file() or not (folder / INDEX).is_file():
        return [folder / WEIGHTS]
    try:
        parts = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()
    except (OSError, ValueError, KeyError, AttributeError):
        return [folder / WEIGHTS]
    return [folder / Path(str(part)).name for part in sorted(set(parts))]


def whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            size = os.fstat(file.fileno()).st_size
            if length > size:
                return False
            header = json.loads(file.read(length))
    except (OSError, ValueError):
        return False
    tensors = [value for name, value in header.items() if name != "__metadata__"]
    return size == 8 + length + max((each["data_offsets"][1] for each in tensors), default=0)


def publish(blobs: Mapping[str, Path], folder: Path, commit: str, revision: str | None) -> Path:
    """Makes the blobs a snapshot of the repository in ``folder``, and gives its own folder.

    The configuration comes last: whoever finds it finds all of them.
    """
    place = folder / "snapshots" / commit
    place.mkdir(parents=True, exist_ok=True)
    for name in sorted(blobs, key=lambda name: name == CONFIG):
        _link(blobs[name], place / name)
    if revision != commit:
        reference = folder / "refs" / (revision or "main")
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit, encoding="utf-8")
    return place


def _link(blob: Path, place: Path) -> None:
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        draft.symlink_to(Path("..", "..", "blobs", blob.name))
    except OSError:  # a file system without links
        shutil.copyfile(blob, draft)
    os.replace(draft, place)
