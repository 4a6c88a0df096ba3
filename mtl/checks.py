"""Refusing impossible values: what a field must be, said once."""

import math
import re
from collections.abc import Sequence

from mtl.errors import ConfigError


def check_number(field: str, value: object, low: float, high: float, *, open_low: bool = False) -> None:
    """Refuses what is not a finite number in [low, high], or (low, high] with ``open_low``."""
    rule = f"lie in {'(' if open_low else '['}{low:g}, {high:g}]"
    details = {"low": low, "high": high}
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
        raise ConfigError(field, f"be a number and {rule}", value, **details)
    if value < low or value > high or (open_low and value == low):
        raise ConfigError(field, rule, value, **details)


def check_integer(field: str, value: object, low: int, high: int) -> None:
    """Refuses what is not a whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(field, f"be a whole number in [{low}, {high}]", value, low=low, high=high)


def check_name(field: str, value: object) -> None:
    """Refuses what is not a name of 1 to 200 characters."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 200:
        raise ConfigError(field, "be a name of 1 to 200 characters", value)


def visible(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return any(each.isprintable() and not each.isspace() for each in text)


def check_text(field: str, value: object, most: int) -> None:
    """Refuses what is not a text of at most so many characters, at least one of which can be seen."""
    if not isinstance(value, str) or not visible(value):
        raise ConfigError(field, "hold at least one visible character", value)
    if len(value) > most:
        raise ConfigError(field, f"have at most {most} characters", len(value), high=most)


def check_pattern(field: str, value: object, pattern: re.Pattern[str], rule: str) -> None:
    """Refuses what is not a text of this pattern; ``rule`` says the pattern in words."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(field, rule, value)


def check_choice(field: str, value: object, choices: Sequence[str]) -> None:
    """Refuses what is none of the choices."""
    if value not in choices:
        raise ConfigError(field, f"be one of {', '.join(choices)}", value)
