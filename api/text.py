"""What text is accepted: anything that PostgreSQL can store and UTF-8 can carry."""

import re
from typing import Any

# NUL (PostgreSQL refuses it) and lone surrogates (UTF-8 cannot carry them).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with everything unstorable replaced by U+FFFD; used for what a model sends."""
    return _UNSTORABLE.sub("�", text)


def storable_json(value: Any) -> Any:
    """The same for every text inside a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(inner) for inner in value]
    if isinstance(value, dict):
        return {storable(name): storable_json(inner) for name, inner in value.items()}
    return value
