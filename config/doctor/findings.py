"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, and may not be meant so."""
    PROBLEM = "problem"
    """Something does not work. The doctor's exit code is then 1."""


@dataclass(frozen=True)
class Finding:
    about: str
    level: Level
    says: str


def ok(about: str, says: str) -> Finding:
    return Finding(about, Level.OK, says)


def warning(about: str, says: str) -> Finding:
    return Finding(about, Level.WARNING, says)


def problem(about: str, says: str) -> Finding:
    return Finding(about, Level.PROBLEM, says)
