"""What values a setting can have, as JSON and as the text of a flag."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Rule:
    says: str
    """Completes the sentence "<the setting> must be …"."""
    read: Callable[[object], object]
    """The value for the setting from a JSON value. Raises ValueError."""
    parse: Callable[[str], object]
    """The JSON value from a flag's text. Raises ValueError."""


def number(*, most: float = math.inf) -> Rule:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not (0 <= value <= most and math.isfinite(value)):
            raise ValueError
        return value

    return Rule(f"a number{_range(0, most)}", read, float)


def whole_number(*, least: int = 0, most: float = math.inf) -> Rule:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return Rule(f"a whole number{_range(least, most)}", read, int)


def truth() -> Rule:
    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Rule("true or false", read, {"true": True, "false": False}.get)


def text() -> Rule:
    def read(value: object) -> str:
        if not isinstance(value, str) or not value:
            raise ValueError
        return value

    return Rule("a text that is not empty", read, str)


def choice(options: type[StrEnum]) -> Rule:
    def read(value: object) -> StrEnum:
        return options(str(value))

    return Rule(f"one of {', '.join(options)}", read, str)


def names(*, least: int = 0) -> Rule:
    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise ValueError
        return tuple(text().read(name) for name in value)  # type: ignore[misc]  # text reads a str

    def parse(flag: str) -> list[str]:
        return [name.strip() for name in flag.split(",") if name.strip()]

    return Rule("a list of texts" + (" with at least one" if least else ""), read, parse)


def nullable(rule: Rule) -> Rule:
    def read(value: object) -> object:
        return None if value is None else rule.read(value)

    return Rule(f"{rule.says}, or null", read, rule.parse)


def _range(least: float, most: float) -> str:
    return f" from {least} to {most}" if most < math.inf else f", {least} or more"
