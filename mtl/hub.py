"""The Hub, as far as encoders need it: what a repository holds, and its files brought whole into the Hub's own cache.

The client by itself retries for half a minute, reports in steps of 10 MB and cannot be stopped: here it only names
addresses, signs requests and raises its errors. No torch.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from mtl.cache import BESIDE, CONFIG, INDEX, VOCABULARIES, WEIGHTS
from mtl.errors import EncoderError, MtlError, from_os_error
from mtl.transfer import Cut, Remote, Transfer

Progress = Callable[[int, int], None]
"""Is told bytes done and bytes in all, at least every ``TICK_S``. What it raises ends the download."""

ANSWER_S = 2.0
"""How long the Hub may take to say what a repository holds."""
STALL_S = 4.0
"""A download that has brought nothing new for so long is given up."""
TICK_S = 0.5
REASONS = {
    "offline": "The Hub cannot be reached.",
    "busy": "The Hub answers, but not with what was asked for.",
    "cut": "The download broke off again and again.",
    "repository": "The Hub has no such repository, or it is private.",
    "revision": "The repository has no such revision.",
    "gated": "The repository is open only to those who were let in.",
    "not_here": "It is not on this machine.",
}

T = TypeVar("T")


@dataclass(frozen=True)
class Listing:
    """What a repository holds at one commit."""

    name: str
    revision: str | None
    commit: str
    files: Mapping[str, Remote]

    def weights(self) -> list[str]:
        """The files of the weights: one, or an index and its parts.

        Raises:
            EncoderError: The repository has none that are safe to read (``safetensors``).
        """
        if WEIGHTS in self.files:
            return [WEIGHTS]
        parts = [name for name in self.files if _is_part(name)]
        if INDEX in self.files and parts:
            return [INDEX, *sorted(parts)]
        kinds = sorted({Path(name).suffix for name in self.files if name.endswith((".bin", ".h5", ".msgpack", ".pt"))})
        message = f"{self.name} should hold {WEIGHTS}, the only format that is read. Found {' '.join(kinds) or 'none'}."
        raise EncoderError(message, encoder=self.name, reason="safetensors", found=kinds)

    def small(self) -> list[str]:
        """The configuration and everything the tokenizer is made from.

        Raises:
            EncoderError: The repository has no configuration (``format``) or no tokenizer (``tokenizer``).
        """
        if CONFIG not in self.files:
            message = f"{self.name} should hold {CONFIG}. It does not."
            raise EncoderError(message, encoder=self.name, reason="format")
        if not any(self.files.keys() >= set(names) for names in VOCABULARIES):
            message = f"{self.name} should hold a tokenizer, such as tokenizer.json or vocab.txt. It does not."
            raise EncoderError(message, encoder=self.name, reason="tokenizer")
        known = {CONFIG, *BESIDE, *(name for names in VOCABULARIES for name in names)}
        return [name for name in self.files if name in known]

    def size(self, names: Sequence[str]) -> int:
        """Bytes of these files."""
        return sum(self.files[name].size for name in names)


def _is_part(name: str) -> bool:
    stem, _, rest = name.removesuffix(".safetensors").partition("-")
    return name.endswith(".safetensors") and stem == "model" and rest.replace("-of-", "").isdigit()


def list_files(name: str, revision: str | None = None) -> Listing:
    """What the repository holds, known within ``ANSWER_S``.

    Raises:
        EncoderError: The Hub cannot be reached (``offline``), is not well (``busy``), or has nothing of the sort
            (``repository``, ``revision``, ``gated``).
    """
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        raise failure(name, revision, "offline")
    deadline = time.monotonic() + ANSWER_S

    def ask() -> Any:
        while True:
            left = max(deadline - time.monotonic(), 0.1)
            try:
                return HfApi().model_info(name, revision=revision, files_metadata=True, timeout=left)
            except Exception as error:
                if reason_of(error) != "busy" or time.monotonic() + 0.3 > deadline:
                    raise
            time.sleep(0.2)

    future = in_background(ask)
    try:
        info = future.result(ANSWER_S)
    except Late:
        raise failure(name, revision, "offline") from None
    except Exception as error:
        raise failure(name, revision, reason_of(error)) from error
    files = {each.rfilename: _remote(each) for each in info.siblings or ()}
    return Listing(name, revision, _name(str(info.sha)), files)


def _remote(sibling: Any) -> Remote:
    large = sibling.lfs is not None
    digest = str(sibling.lfs.sha256 if large else sibling.blob_id)
    return Remote(sibling.rfilename, int(sibling.size or 0), _name(digest), large)


def _name(digest: str) -> str:
    """The hash, which becomes the name of a file."""
    if not digest.isalnum():
        raise ValueError(f"{digest!r} is no hash")
    return digest


def fetch(listing: Listing, names: Sequence[str], folder: Path, total: int, progress: Progress) -> dict[str, Path]:
    """The files as whole blobs below ``folder``; what is there already is not loaded again.

    Args:
        listing: Where they are.
        names: Which of its files.
        folder: The repository's folder in the cache.
        total: Bytes that ``progress`` is told as the whole.
        progress: See ``Progress``.

    Raises:
        EncoderError: As ``list_files``, or the download broke off (``cut``) or is not what was listed (``refused``).
        StorageError: The disk takes no more.
    """
    transfer = Transfer(listing.name, listing.commit, [listing.files[name] for name in names], folder / "blobs")
    future = in_background(transfer.run)
    try:
        _watch(transfer, future, total, progress)
    finally:
        transfer.cancel()
    error = future.exception()
    if error is not None:
        raise _told(listing, error) from error
    return future.result()


def _watch(transfer: Transfer, future: "Future[Any]", total: int, progress: Progress) -> None:
    """Tells the progress until the transfer is over.

    Raises:
        EncoderError: Nothing new came for ``STALL_S``.
    """
    here = most = transfer.done
    since = time.monotonic()
    while True:
        progress(most, total)
        try:
            ended = future.exception(TICK_S)
            break
        except Late:
            pass
        if transfer.done > most:
            most, since = transfer.done, time.monotonic()
        elif time.monotonic() - since > STALL_S:
            reason = reason_of(transfer.trouble) if transfer.trouble else "offline"
            raise failure(transfer.name, None, "cut" if reason == "offline" and most > here else reason)
    if ended is None:
        progress(transfer.done, total)


def _told(listing: Listing, error: BaseException) -> BaseException:
    """The typed form of what ended a transfer."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, MtlError):
        return error
    if isinstance(error, OSError) and not isinstance(error, HfHubHTTPError | ConnectionError | TimeoutError):
        return from_os_error(error)
    return failure(listing.name, listing.revision, reason_of(error))


def in_background(action: Callable[[], T]) -> "Future[T]":
    """Does the action in a thread that nobody has to wait for: name resolution has no time-out of its own."""
    future: Future[T] = Future()

    def attempt() -> None:
        try:
            future.set_result(action())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=attempt, name="hub", daemon=True).start()
    return future


def attended(action: Callable[[], T], tell: Callable[[float], None], every_s: float = 1.0) -> T:
    """What the action gives; until then ``tell`` is called with the seconds so far, and may raise to leave it."""
    began = time.monotonic()
    future = in_background(action)
    while not future.done():
        tell(time.monotonic() - began)
        wait([future], every_s)
    return future.result()


def reason_of(error: BaseException) -> str:
    """Why the Hub gave nothing: a key of ``REASONS``."""
    from huggingface_hub.errors import (
        DisabledRepoError,
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return "gated"
    if isinstance(error, RepositoryNotFoundError | DisabledRepoError):
        return "repository"
    if isinstance(error, RevisionNotFoundError):
        return "revision"
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", 0)
        return "gated" if status in (401, 403) else "busy"
    return "cut" if isinstance(error, Cut) else "offline"


def failure(name: str, revision: str | None, reason: str) -> EncoderError:
    """The error of a reason, with the revision where one was asked for."""
    asked = f"{name} at {revision}" if revision else name
    details = {"revision": revision} if revision else {}
    return EncoderError(f"{asked} cannot be had. {REASONS[reason]}", encoder=name, reason=reason, **details)
