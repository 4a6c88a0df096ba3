"""Files from the Hub: resumed where they break off, checked by their hash, and whole or not there at all. No torch."""

import hashlib
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mtl.errors import EncoderError

TRIES = 4
"""Times a file may break off."""
PAUSE_S = 0.25
"""Before the first new try; each later one waits a quarter longer."""
SILENCE_S = 4.0
"""A connection that says nothing for so long is broken."""
FORGOTTEN_S = 24 * 3600
"""A part of a file that is older belongs to a process that was ended."""


@dataclass(frozen=True)
class Remote:
    """A file of a repository: its hash is the sha256 of its content if it is ``large``, else git's sha1."""

    name: str
    size: int
    hash: str
    large: bool


class Cut(Exception):
    """A connection ended before the file did."""


class Cancelled(Exception):
    """Nobody waits for the transfer any more."""


class _Draft:
    """A file on its way, hashed as it comes."""

    def __init__(self, file: Remote, out: BinaryIO) -> None:
        self.file = file
        self._out = out
        self.begin()

    def begin(self) -> None:
        """Throws away what came so far."""
        self._out.seek(0)
        self._out.truncate()
        git = b"blob %d\0" % self.file.size
        self._digest = hashlib.sha256() if self.file.large else hashlib.sha1(git, usedforsecurity=False)
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Takes the next bytes."""
        self._out.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def check(self, repository: str) -> None:
        """Raises EncoderError (``refused``) unless this is the file that was listed."""
        found = self._digest.hexdigest()
        if found != self.file.hash:
            message = f"{self.file.name} of {repository} should have the hash {self.file.hash}. Found {found}."
            raise EncoderError(message, encoder=repository, reason="refused", found=found)


class Transfer:
    """Brings some files of one commit into a folder of blobs. ``done`` counts their bytes while it runs."""

    def __init__(self, name: str, commit: str, files: Sequence[Remote], blobs: Path) -> None:
        self.name = name
        self.trouble: Exception | None = None
        """What went wrong last."""
        self._commit = commit
        self._blobs = blobs
        self._files = files
        self._lacking = [file for file in files if not self._is_here(file)]
        self.done = sum(file.size for file in files) - sum(file.size for file in self._lacking)
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Has the transfer end at its next chunk; a part of a file is taken away."""
        self._cancelled.set()

    def run(self) -> dict[str, Path]:
        """The blobs of all files by their names.

        Raises:
            EncoderError: A file is not what was listed (``refused``).
            Exception: Of the client: a refusal, or a connection that broke off ``TRIES`` times.
        """
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._forget()
        before = self.done
        for file in self._lacking:
            self._bring(file, self._blobs / file.hash, before)
            before += file.size
            self.done = before
        return {file.name: self._blobs / file.hash for file in self._files}

    def _is_here(self, file: Remote) -> bool:
        blob = self._blobs / file.hash
        return blob.is_file() and blob.stat().st_size == file.size

    def _bring(self, file: Remote, blob: Path, before: int) -> None:
        part = blob.with_name(f"{blob.name}.{os.getpid()}-{threading.get_ident()}.incomplete")
        try:
            with part.open("wb") as out:
                draft = _Draft(file, out)
                self._receive_all(draft, before)
                draft.check(self.name)
            os.replace(part, blob)
        finally:
            part.unlink(missing_ok=True)

    def _receive_all(self, draft: "_Draft", before: int) -> None:
        cuts = 0
        while draft.size < draft.file.size:
            try:
                self._receive(draft, before)
                if draft.size < draft.file.size:
                    raise Cut(f"{draft.file.name} ended after {draft.size} of {draft.file.size} bytes")
            except Exception as error:
                cuts += 1
                self.trouble = error
                if cuts > TRIES or not passing(error):
                    raise
                if self._cancelled.wait(PAUSE_S * cuts):
                    raise Cancelled from error

    def _receive(self, draft: "_Draft", before: int) -> None:
        """One connection: goes on where the last one broke off, if the server can."""
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

        # A compressed answer could be neither counted nor resumed.
        headers = build_hf_headers() | {"Accept-Encoding": "identity"}
        if draft.size:
            headers["Range"] = f"bytes={draft.size}-"
        url = hf_hub_url(self.name, draft.file.name, revision=self._commit)
        begun = False
        try:
            with get_session().stream("GET", url, headers=headers, timeout=SILENCE_S) as response:
                hf_raise_for_status(response)
                if response.status_code != 206:
                    draft.begin()
                begun = True
                for chunk in response.iter_bytes():
                    if self._cancelled.is_set():
                        raise Cancelled
                    draft.write(chunk)
                    self.done = before + draft.size
        except transport_error() as error:
            if begun:
                raise Cut(str(error)) from error
            raise

    def _forget(self) -> None:
        for part in self._blobs.glob("*.incomplete"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > FORGOTTEN_S:
                    part.unlink()


def passing(error: Exception) -> bool:
    """Whether trying again may help: a broken connection, a server that is not well."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    return isinstance(error, Cut | transport_error())


def transport_error() -> type[Exception]:
    """The base class of what the Hub's HTTP client raises when a connection breaks; older ones use httpx."""
    try:
        import httpx2

        return httpx2.TransportError
    except ImportError:
        import httpx

        return httpx.TransportError
