"""What the Hub's clients raise, told as one of the reasons in ``refusals``."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from mtl.data.refusals import refusal
from mtl.errors import DataError, MtlError, from_os_error
from mtl.transfer import transport_error

Result = TypeVar("Result")
WAITS_S = (0.5, 1.0, 2.0, 4.0)
"""Pauses before another try where the Hub says that it is busy: its client does not retry the GET of a file."""
PATIENCE_S = 5.0
STORAGE_REASONS = ("full", "read_only")


def trying(action: Callable[[], Result], id: str) -> Result:
    """What ``action`` gives; tried again while the Hub is busy.

    Raises:
        DataError: ``not_found``, ``gated``, ``revision``, ``config``, ``unavailable``, ``cut``, ``no_data``,
            ``script`` or ``unreadable``.
        StorageError: The cache's disk is full or cannot be written.
    """
    for wait in (*WAITS_S, None):
        began = time.monotonic()
        try:
            return action()
        except MtlError:
            raise
        except Exception as error:  # each layer of the clients has errors of its own
            typed = told(error, id)
            patient = time.monotonic() - began > PATIENCE_S  # the client has tried again by itself
            if wait is None or patient or typed.details["reason"] != "unavailable":
                raise typed from error
            time.sleep(wait)
    raise AssertionError("unreachable")


def told(error: Exception, id: str) -> MtlError:
    """The error as one of this library's; the first error of its chain that says more than the last one does."""
    for each in _chain(error):
        typed = _by_answer(each, id) or _by_transport(each, id) or _by_disk(each)
        if typed is not None:
            return typed
    return _by_content(error, id)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what caused it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _by_answer(error: BaseException, id: str) -> DataError | None:
    """What the Hub said."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return refusal("gated", id=id)
    if isinstance(error, RevisionNotFoundError):
        return refusal("revision", id=id, found="of this name")
    if isinstance(error, RepositoryNotFoundError):
        return refusal("not_found", id=id)
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        if status == 429 or status >= 500:
            return refusal("unavailable", id=id, found=status)
        return refusal("not_found" if status in (401, 403, 404) else "cut", id=id, found=f"status {status}")
    return None


def _by_transport(error: BaseException, id: str) -> DataError | None:
    """What became of the connection."""
    if isinstance(error, transport_error() | ConnectionError | TimeoutError):
        return refusal("cut", id=id, found=type(error).__name__)
    return None


def _by_disk(error: BaseException) -> MtlError | None:
    if isinstance(error, OSError) and error.errno is not None:
        storage = from_os_error(error)
        return storage if storage.details["reason"] in STORAGE_REASONS else None
    return None


def _by_content(error: Exception, id: str) -> DataError:
    """What is wrong with the files themselves."""
    from datasets.exceptions import DataFilesNotFoundError, DatasetNotFoundError

    if isinstance(error, DatasetNotFoundError):
        return refusal("not_found", id=id)
    if isinstance(error, DataFilesNotFoundError) or type(error).__name__ == "EmptyDatasetError":
        return refusal("no_data", id=id)
    if "scripts are no longer supported" in str(error):
        return refusal("script", id=id, found=str(error).rpartition(" ")[2])
    if "BuilderConfig" in str(error) or "Config name is missing" in str(error):
        return refusal("config", id=id, known=[], found=None)
    lines = str(error).strip().splitlines()
    return refusal("unreadable", id=id, found=lines[0] if lines else type(error).__name__)
