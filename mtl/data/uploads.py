"""The files that visitors brought, in a folder of the store. What they called them is never a path here."""

import os
import secrets
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from mtl.data.refusals import refusal
from mtl.data.table import LIMITS, Limits
from mtl.errors import from_os_error
from mtl.runs.sources import SUFFIXES, UPLOAD


class Uploads:
    """Takes files in, and finds them by the name it gave them.

    Args:
        folder: Where they are; made with the first.
        limits: What is too much.
    """

    def __init__(self, folder: Path, limits: Limits = LIMITS) -> None:
        self._folder = folder
        self.limits = limits

    def save(self, path: Path, name: str) -> str:
        """Copies a file in and returns its name here.

        Args:
            path: Where the server keeps what was sent; never a visitor's word.
            name: What the visitor calls it: only the ending is looked at.

        Raises:
            DataError: Another ending (``suffix``), or too large (``too_large``): not a byte of it was read.
            StorageError: The disk is full or cannot be written.
        """
        suffix = name.rpartition(".")[2].lower()
        if "." not in name or suffix not in SUFFIXES:
            raise refusal("suffix", file=name, known=list(SUFFIXES), found=suffix if "." in name else name)
        size = path.stat().st_size
        if size > self.limits.file_bytes:
            raise refusal("too_large", file=name, limit=self.limits.file_bytes, found=size)
        stored = f"{secrets.token_urlsafe(16)}.{suffix}"
        unfinished = self._folder / f".new-{stored}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, unfinished)
            unfinished.rename(self._folder / stored)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise from_os_error(error) from error
        return stored

    def path(self, stored: str) -> Path:
        """Where a file is. No path is made from a name that does not look like one of this store's.

        Raises:
            DataError: There is none (``missing``).
        """
        if isinstance(stored, str) and UPLOAD.fullmatch(stored):
            path = self._folder / stored
            if path.is_file() and not path.is_symlink():
                return path
        raise refusal("missing", file=stored)

    def size(self) -> int:
        """Bytes of all files."""
        if not self._folder.is_dir():
            return 0
        return sum(entry.stat().st_size for entry in os.scandir(self._folder) if UPLOAD.fullmatch(entry.name))

    def prune(self, max_bytes: int, keep: Collection[str] = (), oldest: float = 0.0) -> list[str]:
        """Deletes files from before ``oldest`` (Unix time), then the oldest of the others until they have at most
        ``max_bytes``; never those in ``keep``.
        """
        if not self._folder.is_dir():
            return []
        files = [(entry, entry.stat()) for entry in os.scandir(self._folder) if UPLOAD.fullmatch(entry.name)]
        files.sort(key=lambda file: file[1].st_mtime)
        total = sum(stat.st_size for _, stat in files)
        deleted = []
        for entry, stat in files:
            if (total > max_bytes or stat.st_mtime < oldest) and entry.name not in keep:
                total -= stat.st_size
                os.unlink(entry.path)
                deleted.append(entry.name)
        return deleted
