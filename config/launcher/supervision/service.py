"""What the supervisor runs, as data."""

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import tether


def _nothing() -> None:
    return None


def never_up() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Service:
    """One process to keep running. Those of one `group` are stopped together."""

    name: str
    group: str
    command: Callable[[], list[str]]
    log: Path
    cwd: Path
    environment: Mapping[str, str] | None = None
    pass_fds: tuple[int, ...] = ()
    # Called before each start, also before a repeated one.
    prepare: Callable[[], None] = _nothing
    # Whether it does its work now. Asked while Malgil starts, until the answer is yes: a start has
    # failed if the process ends before. A program that is run to its end is never up.
    is_up: Callable[[], bool] = never_up
    # Sent in this order, each with the seconds to wait for the end; SIGKILL comes after the last.
    stop: tuple[tuple[signal.Signals, float], ...] = field(default=((signal.SIGTERM, 5.0),))
    # Whether a second Ctrl-C kills it at once.
    may_be_killed: bool = True


def python(*arguments: str) -> Callable[[], list[str]]:
    """The command of a Python program of ours; it ends with the launcher, whatever ends that."""
    return lambda: tether.argv([sys.executable, *arguments], death_signal=signal.SIGKILL)
