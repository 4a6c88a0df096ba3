"""Every error this library raises on purpose.

MtlError
├── ConfigError        a field of a configuration has an impossible value
├── EncoderError       an encoder is unknown, refused or cannot be loaded
├── DataError          rows or labels that no task can use
├── CheckpointError    a snapshot is missing, cut off or of another kind
├── RunNotFound        no run has this id
├── NotOwner           the run is somebody else's
├── StorageError       a disk is full or cannot be written
├── ComparisonError    runs that cannot be set against each other
├── LossNotFinite      a loss became NaN or infinite
├── OutOfMemory        the device has no memory left for a step
└── WorkerLost         the process that trained a run is gone

Messages are English and say what, the rule, and what was found. ``details`` carries the same values one by one, so
that a page can say it in its own words and language.
"""

import errno
import math
from collections.abc import Mapping
from typing import Any

SHOWN = 80
"""Characters of a found value that a message repeats."""


def shown(value: object) -> str:
    """The value as a message repeats it: one line, at most ``SHOWN`` characters."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}… ({len(text)} characters)"


def jsonable(value: object) -> Any:
    """The value as JSON can hold it; what it cannot (NaN, lone surrogates) is written as Python shows it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return shown(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        whole = len(value) <= SHOWN and not any("\ud800" <= character <= "\udfff" for character in value)
        return value if whole else shown(value)
    if isinstance(value, Mapping) and len(value) <= SHOWN:
        return {str(jsonable(str(key))): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and len(value) <= SHOWN:
        return [jsonable(item) for item in value]
    return shown(value)


class MtlError(Exception):
    """An error with a name, a message and the values it speaks of."""

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = {key: jsonable(value) for key, value in details.items()}

    @property
    def name(self) -> str:
        """The class name, by which events and pages know the error."""
        return type(self).__name__


class ConfigError(MtlError):
    """A field has an impossible value. Details: ``field``, ``rule``, ``found``."""

    def __init__(self, field: str, rule: str, found: object, **details: object) -> None:
        message = f"`{field}` should {rule}. Found `{shown(found)}`."
        super().__init__(message, field=field, found=found, **details)
        self.details["rule"] = rule  # our own words, whatever their length


class EncoderError(MtlError):
    """An encoder cannot be used. Details: ``encoder``, ``reason`` (one of ``REASONS``), and what belongs to it."""

    REASONS = (
        "offline", "busy", "cut", "repository", "revision", "gated", "not_here", "refused", "safetensors", "tokenizer",
        "format", "remote_code", "decoder_only", "architecture", "too_large", "apart",
    )  # fmt: skip


class DataError(MtlError):
    """Rows or labels no task can use. Details: ``source``, ``reason``."""


class CheckpointError(MtlError):
    """A snapshot cannot be read. Details: ``reason`` (``missing``, ``cut``, ``format``), ``file``."""


class RunNotFound(MtlError):
    """No run has this id. Details: ``run_id``, shortened."""

    def __init__(self, run_id: object) -> None:
        super().__init__(f"There is no run {shown(run_id)}.", run_id=run_id)


class NotOwner(MtlError):
    """On a shared machine only who started a run may stop it. Details: ``run_id``."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Only who started run {shown(run_id)} can stop it.", run_id=run_id)


class StorageError(MtlError):
    """The disk refuses to be written. Details: ``reason`` (``full``, ``read_only``, ``other``), ``file``."""


class ComparisonError(MtlError):
    """Runs cannot be compared. Details: ``reason`` (one of ``REASONS``), and what belongs to it."""

    REASONS = ("no_run", "deleted", "unfinished", "nothing_shared", "seeds", "metric", "base")


class LossNotFinite(MtlError):
    """A loss became NaN or infinite. Details: ``task``, ``step``, ``loss``, ``grad_norm``, ``learning_rate``."""


class OutOfMemory(MtlError):
    """The device has no memory left. Details: ``step``, ``per_device_train_batch_size``."""


class WorkerLost(MtlError):
    """The process that trained a run is gone. Details: ``reason``."""


def from_os_error(error: OSError) -> StorageError:
    """The typed form of a failed write.

    Only the file's own name is kept: a path would tell a visitor about the machine.
    """
    reasons = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full", errno.EROFS: "read_only"}
    reasons |= {errno.EACCES: "read_only", errno.EPERM: "read_only"}
    reason = reasons.get(error.errno or 0, "other")
    file = str(error.filename or "").rsplit("/", 1)[-1]
    return StorageError(f"Could not write {file or 'a file'}: {error.strerror or error}.", reason=reason, file=file)
