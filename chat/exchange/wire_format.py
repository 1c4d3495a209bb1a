"""The real exchange with the model, rebuilt from the tables.

`request` is also what the worker sends, so the two cannot differ. A response is taken apart into
columns when it is stored; whatever has no column of its own goes into `extra`, so that putting it
together again gives back the same JSON.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, cast

from chat import model_parameters
from chat.models import ChatConfig, Choice, Reply
from chat.outcomes import ChoiceParts
from chat.states import ReplyStatus

from . import context
from .message_tree import Message

JSON = dict[str, Any]


class RequestDialect(TypedDict, total=False):
    """How one server's requests differ from OpenAI's; kept in `Reply.extra["spelling"]`."""

    max_tokens: str  # the name under which `max_tokens` is sent
    without: list[str]  # fields that this server refuses and an answer does not need


def request_body(*, config: ChatConfig, messages: list[Message], dialect: RequestDialect) -> JSON:
    """A chat completion request; fields that the member left out are not in it."""
    other_names = cast(Mapping[str, Any], dialect)  # by the parameter's own name
    body: JSON = {}
    for parameter in model_parameters.SENT:
        value = getattr(config, parameter.name)
        if value is not None:
            body[other_names.get(parameter.name, parameter.wire_name)] = value
    if config.stream and "stream_options" not in dialect.get("without", []):
        body["stream_options"] = {"include_usage": True}
    body["messages"] = messages
    return body


def rebuilt_request(reply: Reply) -> JSON:
    """What was sent for the reply's last attempt (or would be, while it waits); two queries."""
    return request_body(
        config=reply.config,
        messages=context.of(reply).messages,
        dialect=reply.extra.get("spelling", {}),
    )


def rebuilt_response(reply: Reply, choices: Iterable[Choice]) -> JSON | None:
    """The `chat.completion` that came; None when no whole answer came, or no model was asked."""
    if reply.status != ReplyStatus.COMPLETED or reply.extra.get("given"):
        return None
    body: JSON = dict(reply.extra.get("response", {}))
    columns = {
        "id": reply.response_id,
        "created": reply.response_created,
        "model": reply.response_model,
    }
    body |= {name: value for name, value in columns.items() if value is not None}
    body = _with_floats(body)
    usage = {name: getattr(reply, name) for name in _USAGE if getattr(reply, name) is not None}
    if usage:
        body["usage"] = usage | body.get("usage", {})
    body["choices"] = [_with_floats(_rebuilt_choice(choice)) for choice in choices]
    return body


def take_apart(response: JSON) -> tuple[JSON, list[ChoiceParts]]:
    """A response as columns of `Reply` (with `extra_response`) and its choices.

    Values of an unexpected type stay in the extra part, so that nothing is bent.
    """
    rest = {name: value for name, value in response.items() if name != "choices"}
    columns: JSON = {
        "response_id": _pop(rest, "id", str),
        "response_created": _pop(rest, "created", int),
        "response_model": _pop(rest, "model", str),
    }
    columns |= _take_usage(rest)
    columns["extra_response"] = rest
    return columns, [_take_choice(choice) for choice in response["choices"]]


_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
_MAX_COLUMN = 2_147_483_647


def _take_usage(rest: JSON) -> JSON:
    usage = rest.get("usage")
    if not isinstance(usage, dict):
        return {}
    left = dict(usage)
    counts = {name: _pop(left, name, int) for name in _USAGE}
    if left or not any(count is not None for count in counts.values()):
        rest["usage"] = left
    else:
        del rest["usage"]
    return counts


def _take_choice(choice: JSON) -> ChoiceParts:
    message = dict(choice["message"])
    rest = {name: value for name, value in choice.items() if name not in ("index", "message")}
    extra: JSON = {}
    role = _pop(message, "role", str)
    content = _pop(message, "content", str)
    finish_reason = _pop(rest, "finish_reason", str)
    # What is absent differs from what is empty, and both are stored as the column's empty value.
    missing = [
        name
        for name, value in (("role", role), ("content", content), ("finish", finish_reason))
        if value is None
    ]
    for name, value in (("message", message), ("choice", rest), ("missing", missing)):
        if value:
            extra[name] = value
    return ChoiceParts(
        index=choice["index"],
        role="assistant" if role is None else role,
        content=content or "",
        finish_reason=finish_reason,
        extra=extra,
    )


def _rebuilt_choice(choice: Choice) -> JSON:
    missing = choice.extra.get("missing", [])
    message: JSON = dict(choice.extra.get("message", {}))
    if "role" not in missing:
        message["role"] = choice.role
    if "content" not in missing:
        message["content"] = choice.content
    body: JSON = {"index": choice.index, "message": message} | choice.extra.get("choice", {})
    if "finish" not in missing:
        body["finish_reason"] = choice.finish_reason
    return body


def _with_floats(value: Any) -> Any:
    """Numbers beyond 64 bits came as floats; PostgreSQL's jsonb writes them out as integers."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    if isinstance(value, list):
        return [_with_floats(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _with_floats(inner) for name, inner in value.items()}
    return value


def _pop(source: JSON, name: str, kind: type) -> Any:
    """The value, taken out of `source`, if it is of the kind and fits its column; else None."""
    value = source.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        return None
    if isinstance(value, int) and not (0 <= value <= _MAX_COLUMN):
        return None
    if isinstance(value, str) and name in ("role", "finish_reason") and len(value) > 50:
        return None
    return source.pop(name)
