"""Typed errors: what they say, and that their details survive JSON."""

import errno
import json
import math

import pytest

from mtl import errors


def test_a_config_error_says_the_field_the_rule_and_what_was_found():
    error = errors.ConfigError("training.seed", "lie in [0, 9]", 12, low=0, high=9)
    assert error.message == str(error) == "`training.seed` should lie in [0, 9]. Found `12`."
    assert error.details == {"field": "training.seed", "rule": "lie in [0, 9]", "found": 12, "low": 0, "high": 9}
    assert error.name == "ConfigError"


def test_every_error_is_caught_as_one_kind():
    kinds = (
        errors.ConfigError, errors.EncoderError, errors.DataError, errors.CheckpointError, errors.RunNotFound,
        errors.StorageError, errors.LossNotFinite, errors.OutOfMemory, errors.WorkerLost,
    )  # fmt: skip
    assert all(issubclass(kind, errors.MtlError) for kind in kinds)
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, {1: math.nan}, [{"a": (1, {2})}], "x" * 10_000, "\ud800", object(), b"\xff",
     10**400, 10**5000, None, True, [0] * 10**6, dict.fromkeys(range(10**5)), {"\ud800": 1}],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_details_can_always_be_written_as_json(value):
    error = errors.MtlError("x", found=value)
    text = json.dumps(error.details, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")
    assert len(text) < 300


def test_a_long_value_is_shown_short_and_on_one_line():
    shown = errors.shown("a\nb" * 1000)
    assert "\n" not in shown
    assert len(shown) < 120
    assert errors.shown([1, 2]) == "[1, 2]"
    assert "very large" in errors.shown(10**5000)


def test_not_a_number_keeps_its_name():
    assert errors.MtlError("x", loss=math.nan, limit=math.inf).details == {"loss": "nan", "limit": "inf"}


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "read_only"), (errno.EACCES, "read_only"),
     (errno.EIO, "other"), (None, "other")],
)  # fmt: skip
def test_a_failed_write_tells_the_reason_and_only_the_files_own_name(number, reason):
    error = errors.from_os_error(OSError(number, "no", "/home/somebody/secret/run.json"))
    assert isinstance(error, errors.StorageError)
    assert error.details == {"reason": reason, "file": "run.json"}
    assert "somebody" not in error.message


def test_a_missing_run_is_named_but_never_at_length():
    assert errors.RunNotFound("x").details == {"run_id": "x"}
    assert len(errors.RunNotFound("../" * 1000).message) < 150
