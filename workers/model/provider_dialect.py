"""How requests to a server differ from OpenAI's: by the model's name, or learnt from refusals."""

from collections.abc import Collection, Mapping
from typing import Any

from chat.exchange.wire_format import RequestDialect

# OpenAI's reasoning models know only the newer name.
_NEWER = ("o1", "o3", "o4", "gpt-5")
_NAMES = ("max_tokens", "max_completion_tokens")
# Fields that an answer does not need.
_DISPENSABLE = ("stream_options",)
# How servers say that they do not know a field, as against not liking its value.
_UNKNOWN = ("unsupported", "not supported", "unrecognized", "unknown", "not permitted")

_learnt: dict[str, frozenset[str]] = {}


def refused_by(model: str) -> frozenset[str]:
    """The fields that the model is known to refuse."""
    return _learnt.get(model, frozenset())


def learn(model: str, refused: Collection[str]) -> None:
    """To be called once the model has answered: a refusal alone may have had other reasons."""
    if refused and refused != _learnt.get(model):
        _learnt[model] = frozenset(refused)


def avoiding(refused: Collection[str], *, model: str) -> RequestDialect | None:
    """The dialect that sends none of the refused fields; None when there is no such dialect."""
    newer = model.rsplit("/", 1)[-1].startswith(_NEWER)
    names = _NAMES[::-1] if newer else _NAMES
    usable = [name for name in names if name not in refused]
    if not usable:
        return None
    dialect: RequestDialect = {}
    if usable[0] != "max_tokens":
        dialect["max_tokens"] = usable[0]
    if without := [field for field in _DISPENSABLE if field in refused]:
        dialect["without"] = without
    return dialect


def refused_field(message: str, *, param: object, sent: Mapping[str, Any]) -> str | None:
    """The field of `sent` that the server does not know and that a dialect can avoid; else None.

    Servers name it in `param`, or only in their message.
    """
    lower = message.lower()
    if not any(word in lower for word in _UNKNOWN):
        return None
    known = [field for field in (*_DISPENSABLE, *_NAMES) if field in sent]
    if isinstance(param, str) and param:
        field = param.split(".")[0]  # such as stream_options.include_usage
        return field if field in known else None
    return next((field for field in known if field in message), None)
