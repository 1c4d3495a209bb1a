"""What the demo model can be told, by flags at the start and by `/control` while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .rules import Rule, choice, names, nullable, number, text, truth, whole_number


class Fault(StrEnum):
    """How an answer goes wrong. `fault_after` counts the tokens of each choice."""

    NONE = "none"
    """Nothing goes wrong."""
    STATUS = "status"
    """An error answer: `fault_status`, `fault_retry_after`, `fault_code`."""
    STALL = "stall"
    """After `fault_after` tokens nothing more comes; the connection stays open."""
    CUT = "cut"
    """After `fault_after` tokens the connection is closed in the middle of the body."""
    GARBAGE = "garbage"
    """After `fault_after` tokens one line that is not JSON; the rest follows."""
    ERROR = "error"
    """After `fault_after` tokens an error object, and the stream's end without `[DONE]`."""
    NO_USAGE = "no_usage"
    """The usage is left away although it was asked for."""
    NO_FINISH = "no_finish"
    """A clean end, but no choice got its finish_reason."""
    HANG = "hang"
    """The request is read, and not even headers are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    first_token_ms: float = 250
    tokens_per_second: float = 40
    """Of each choice; 0: everything at once."""
    tokens: int = 0
    """Exactly so many made-up words per choice; 0: the natural answer."""
    stamp: bool = False
    """Each token is the moment it was sent: integer microseconds since the epoch and a space."""
    fault: Fault = Fault.NONE
    fault_after: int = 5
    fault_status: int = 500
    fault_retry_after: float | None = None
    """Seconds."""
    fault_code: str | None = None
    fault_probability: float = 1.0
    seed: int | None = None
    """Makes the draws of `fault_probability` repeatable, counted from when it was set."""
    refuse: tuple[str, ...] = ()
    """Request fields that are answered with 400 `unsupported_parameter`."""
    api_key: str | None = None
    """The one key that is accepted; null: any or none."""
    models: tuple[str, ...] = ("malgil-demo", "malgil-demo-mini")
    record: int = 1000
    """How many requests are remembered."""


RULES: Mapping[str, Rule] = {
    "first_token_ms": number(),
    "tokens_per_second": number(),
    "tokens": whole_number(most=1_000_000),
    "stamp": truth(),
    "fault": choice(Fault),
    "fault_after": whole_number(),
    "fault_status": whole_number(least=400, most=599),
    "fault_retry_after": nullable(number()),
    "fault_code": nullable(text()),
    "fault_probability": number(most=1),
    "seed": nullable(whole_number()),
    "refuse": names(),
    "api_key": nullable(text()),
    "models": names(least=1),
    "record": whole_number(),
}


class SettingError(ValueError):
    """A setting that does not exist, or a value that it cannot have; `field` names it."""

    def __init__(self, *, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}")
        self.field = field


def change(settings: Settings, overrides: Mapping[str, object]) -> Settings:
    """The settings with the overrides, given as JSON values. Raises SettingError."""
    return replace(settings, **{name: _read(name, value) for name, value in overrides.items()})


def _read(name: str, value: object) -> Any:  # Any: dataclasses.replace takes nothing narrower
    rule = RULES.get(name)
    if rule is None:
        raise SettingError(field=name, detail="is not a setting.")
    try:
        return rule.read(value)
    except ValueError as error:
        raise SettingError(field=name, detail=f"must be {rule.says}.") from error
