"""Overrides of settings that wait for the request they are meant for."""

from collections.abc import Mapping
from dataclasses import dataclass

from .settings import SettingError, Settings, change

# They belong to the process, not to one request.
NOT_IN_SCRIPTS = ("seed", "record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    match: str | None
    """A part of the last user message it waits for; null: the next request."""
    overrides: Mapping[str, object]

    def fits(self, asked: str) -> bool:
        return self.match is None or self.match in asked


def parse(entries: object) -> list[Entry]:
    """Entries from a JSON value. Raises SettingError."""
    if not isinstance(entries, list):
        raise SettingError(field="script", detail="must be a list of objects.")
    return [_entry(entry) for entry in entries]


def take(script: list[Entry], *, asked: str) -> Mapping[str, object]:
    """Removes the first entry that fits, and gives its overrides; none: no overrides."""
    for position, entry in enumerate(script):
        if entry.fits(asked):
            return script.pop(position).overrides
    return {}


def _entry(given: object) -> Entry:
    if not isinstance(given, dict):
        raise SettingError(field="script", detail="must be a list of objects.")
    overrides = {name: value for name, value in given.items() if name != "match"}
    for name in NOT_IN_SCRIPTS:
        if name in overrides:
            raise SettingError(field=name, detail="cannot be set for one request.")
    change(Settings(), overrides)
    match = given.get("match")
    if match is not None and not isinstance(match, str):
        raise SettingError(field="match", detail="must be a text, or null.")
    return Entry(match=match, overrides=overrides)
