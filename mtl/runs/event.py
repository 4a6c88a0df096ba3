"""What an event is: a frozen record that becomes one line of JSON. Their kinds are in ``mtl.runs.events``."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened in a run, after ``step`` training steps."""

    type: ClassVar[str]
    step: int

    def to_dict(self) -> dict[str, Any]:
        """Returns the record as JSON values, with its ``type``.

        A field that is ``None`` was not measured and is left out; a number that is not finite is written as ``None``.
        """
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {"type": self.type} | {name: finite(value) for name, value in values if value is not None}


def finite(value: Any) -> Any:
    """Returns ``value`` made of plain JSON values, with ``None`` in place of numbers that are not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(item) for item in value]
    return value
