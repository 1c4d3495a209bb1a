"""docker-compose.yml as an engine reads it, with the variables that `.env` would hold."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docker-compose.yml"
# Nested ones are inside `default`; see "Interpolation" in the Compose specification.
_OPENING = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?P<how>:-|:\?)?")
_DURATION = re.compile(r"(\d+)s")


class Missing(Exception):
    """A variable that must be set is not; the message is the file's own."""


def read(variables: Mapping[str, str]) -> dict[str, Any]:
    """Raises Missing."""
    filled: dict[str, Any] = _in_all(yaml.safe_load(FILE.read_text()), variables)
    return filled


def variables() -> set[str]:
    """The names of all that the file asks for."""
    return {match["name"] for match in _OPENING.finditer(FILE.read_text())}


def seconds(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    assert match, duration
    return int(match[1])


def _in_all(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _in_all(part, variables) for key, part in value.items()}
    if isinstance(value, list):
        return [_in_all(part, variables) for part in value]
    return "".join(_filled(value, variables)) if isinstance(value, str) else value


def _filled(text: str, variables: Mapping[str, str]) -> Iterator[str]:
    while match := _OPENING.search(text):
        yield text[: match.start()]
        end = _closing(text, match.end())
        yield _value(match, text[match.end() : end], variables)
        text = text[end + 1 :]
    yield text


def _value(match: re.Match[str], rest: str, variables: Mapping[str, str]) -> str:
    given = variables.get(match["name"], "")
    if given or match["how"] is None:
        return given
    if match["how"] == ":?":
        raise Missing(f"{match['name']}: {rest}")
    return "".join(_filled(rest, variables))


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        if text.startswith("${", place):
            depth += 1
        elif text[place] == "}":
            if depth == 0:
                return place
            depth -= 1
    raise ValueError(f"a brace is not closed: {text[start:][:40]}")
