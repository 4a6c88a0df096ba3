"""What the handlers hand to the page: an error as its type and values, never as a sentence of the library."""

from types import SimpleNamespace

import pytest

from demo.tabs.form import Form
from demo.tabs.handlers import Handlers
from mtl.errors import CheckpointError, ConfigError, MtlError, RunNotFound


def problem_of(error: MtlError) -> object:
    """What the answers' column is told when asking raises this."""

    def answer(*asked: str) -> None:
        raise error

    handlers = Handlers(SimpleNamespace(asking=SimpleNamespace(answer=answer)), Form())
    return handlers.ask({"run": "r"}, {}, "text", "")["problem"]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ConfigError("text", "hold a character", ""), "nothing"),
        (CheckpointError("The run has saved no snapshot yet.", reason="missing"), "waiting"),
        (CheckpointError("The run has no snapshot yet.", reason="missing", file=""), "waiting"),
    ],
)
def test_what_only_needs_a_moment_or_a_text_has_a_word(error: MtlError, problem: str) -> None:
    assert problem_of(error) == problem


@pytest.mark.parametrize(
    "error",
    [
        CheckpointError("The snapshot lacks x.", reason="missing", file="x"),
        CheckpointError("x is damaged.", reason="cut", file="x"),
        CheckpointError("Recorded.", reason="recorded"),
        RunNotFound("r"),
    ],
)
def test_every_other_error_comes_whole(error: MtlError) -> None:
    assert problem_of(error) == {"type": error.name, "message": error.message, "details": error.details}
