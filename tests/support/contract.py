"""What we rely on of a library beyond what it documents: asserted by name."""

import inspect
from typing import Any


def require(thing: Any, *names: str, breaks: str) -> None:
    """Fails with what of ours breaks where a name is gone. Listed in docs/private-uses.md."""
    for name in names:
        owner = getattr(thing, "__name__", type(thing).__name__)
        assert hasattr(thing, name), f"{owner} has no `{name}` any more: {breaks}"


def require_parameters(function: Any, *names: str, breaks: str) -> None:
    """Fails where the function takes others."""
    taken = [name for name in inspect.signature(function).parameters if name != "self"]
    said = f"{function.__qualname__} takes {taken}, not {list(names)}: {breaks}"
    assert taken[: len(names)] == list(names), said
