"""The command line: where to listen, and a flag for each setting."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from .settings import RULES, SettingError, Settings, change

MOST_PORT = 65535
SWITCHES = ("stamp",)
"""Flags that mean true when they stand alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    host: str
    port: int
    fd: int | None
    settings: Settings


def read(arguments: Sequence[str]) -> Options:
    """Prints a sentence and exits with status 2 when a flag is unknown or has a wrong value."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    overrides = {name: given[name] for name in RULES if name in given}
    try:
        settings = change(Settings(), overrides)
    except SettingError as error:
        parser.error(str(error))
    return Options(host=given["host"], port=given["port"], fd=given["fd"], settings=settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo", description="A chat model that needs no key.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=0, help="0: any free port")
    parser.add_argument("--fd", type=_descriptor, help="serve on this inherited, listening socket")
    for name, rule in RULES.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=rule.parse,
            default=argparse.SUPPRESS,
            help=rule.says,
            nargs="?" if name in SWITCHES else None,
            const=True if name in SWITCHES else None,
        )
    return parser


def _port(flag: str) -> int:
    port = int(flag)
    if not 0 <= port <= MOST_PORT:
        raise ValueError
    return port


def _descriptor(flag: str) -> int:
    fd = int(flag)
    if fd < 0:
        raise ValueError
    return fd
