"""How a method declares its options, so that a form and a check can be built from them. No torch here."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mtl.errors import ConfigError
from mtl.runs.config import Choice

OptionKind = Literal["number", "choice", "switch", "text", "per_task"]
MAX_TEXT = 200


@dataclass(frozen=True)
class Option:
    """One option of a method: ``per_task`` is a number for each task by name, ``whole`` a number without fraction."""

    name: str
    kind: OptionKind
    default: Any
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    whole: bool = False
    needs: str = ""
    """Of a task's option: the field of its specification without which it means nothing."""

    def check(self, field_name: str, value: object) -> None:
        """Raises ConfigError unless the value is one this option may take."""
        if self.kind == "choice" and value not in self.choices:
            raise ConfigError(field_name, f"be one of {', '.join(self.choices)}", value)
        if self.kind == "switch" and not isinstance(value, bool):
            raise ConfigError(field_name, "be true or false", value)
        if self.kind == "text" and not (isinstance(value, str) and len(value) <= MAX_TEXT):
            raise ConfigError(field_name, f"be a text of at most {MAX_TEXT} characters", value)
        if self.kind == "number":
            self._check_number(field_name, value)
        if self.kind == "per_task":
            if not isinstance(value, Mapping):
                raise ConfigError(field_name, "be a table of task names and numbers", value)
            for task, number in value.items():
                self._check_number(f"{field_name}.{task}", number)

    def _check_number(self, field_name: str, value: object) -> None:
        valid = isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf
        valid = valid and not (self.whole and value % 1)  # type: ignore[operator]
        if not valid or not self.low <= value <= self.high:  # type: ignore[operator]
            rule = f"be a {'whole ' if self.whole else ''}number in [{self.low:g}, {self.high:g}]"
            raise ConfigError(field_name, rule, value, low=self.low, high=self.high)


@dataclass(frozen=True)
class Method:
    """A line of a table: a method's options, and how to get its class.

    ``load`` imports the class only when it is called: the page reads these tables, and torch must not come along.
    """

    load: Callable[[], type]
    options: tuple[Option, ...] = field(default=())

    def check(self, where: str, choice: Choice) -> dict[str, Any]:
        """The options with their defaults filled in.

        Raises:
            ConfigError: An unknown option, or an impossible value.
        """
        known = {option.name: option for option in self.options}
        for name in choice.options:
            if name not in known:
                names = ", ".join(known) or "none"
                raise ConfigError(f"{where}.options", f"hold only options of {choice.name} ({names})", name)
        values = {name: choice.options.get(name, option.default) for name, option in known.items()}
        for name, value in values.items():
            known[name].check(f"{where}.{name}", value)
        return values


def find(table: Mapping[str, Method], where: str, choice: Choice) -> Method:
    """The line of the table that the choice names.

    Raises:
        ConfigError: The table has no such name.
    """
    if choice.name not in table:
        raise ConfigError(where, f"be one of {', '.join(table)}", choice.name)
    return table[choice.name]
