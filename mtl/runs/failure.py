"""From any exception to the final event of a run that failed."""

import os
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtl.errors import MtlError, OutOfMemory, from_os_error
from mtl.runs.config import RunConfig
from mtl.runs.events import Failed
from mtl.runs.record import Record

PROJECT = Path(__file__).resolve().parents[2]
MESSAGE, TRACEBACK = 1000, 8000
"""Characters of an error's message and traceback that are kept."""


def failure(error: Exception, config: RunConfig | None, record: Record) -> Failed:
    """Returns the final event of a run that ended by ``error``."""
    size = None if config is None else config.training.per_device_train_batch_size
    typed = typed_error(error, {"step": record.step, "per_device_train_batch_size": size})
    return Failed(
        step=record.step,
        error=typed.name if typed else type(error).__name__,
        message=(typed.message if typed else str(error))[:MESSAGE],
        details=typed.details if typed else {},
        traceback=portable("".join(traceback.format_exception(error)))[-TRACEBACK:],
        elapsed_s=record.elapsed(),
    )


def portable(text: str) -> str:
    """The text with files named from the project's or an installation's root: other folders are nobody's business."""
    for root in (str(PROJECT), sys.prefix, sys.base_prefix):
        text = text.replace(root + os.sep, "")
    return text.replace(str(Path.home()), "~")


def typed_error(error: Exception, at: Mapping[str, Any]) -> MtlError | None:
    """Returns the error as one of this library's, if it is one that a person can do something about, else None.

    Args:
        error: Any exception.
        at: What the error of a full memory tells: ``step`` and ``per_device_train_batch_size``.
    """
    if isinstance(error, MtlError):
        return error
    names = {each.__name__ for each in type(error).__mro__}
    if names & {"OutOfMemoryError", "MemoryError"} or "DefaultCPUAllocator" in str(error):
        return OutOfMemory("The device has no memory left.", **at)
    if isinstance(error, OSError):
        storage = from_os_error(error)
        return storage if storage.details["reason"] != "other" else None
    number = re.search(r"\(os error (\d+)\)", str(error))  # what Rust libraries make of an OSError
    return typed_error(OSError(int(number[1]), os.strerror(int(number[1]))), at) if number else None
