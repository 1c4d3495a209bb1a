"""A chat completion request, checked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import orjson

from demo.errors import ApiError

from . import fields

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
MOST_CHOICES = 128  # OpenAI's bound


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    model: str
    messages: tuple[Message, ...]
    stream: bool
    include_usage: bool
    n: int
    max_tokens: int | None


def load(body: bytes) -> object:
    """The JSON value, or None, which `read` refuses like every other non-object."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def last_user_text(body: object) -> str:
    """Of any JSON value, however wrong; empty when there is none."""
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list):
        return ""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            return _text(message.get("content")) or ""
    return ""


def read(body: object, *, refuse: Collection[str]) -> ChatRequest:
    """Raises ApiError with status 400, the field as `param`."""
    if not isinstance(body, dict):
        raise ApiError("The body of your request is not a JSON object.", code="invalid_json")
    for name in refuse:
        if name in body:
            raise ApiError(
                f"Unsupported parameter: '{name}' is not supported with this model.",
                code="unsupported_parameter",
                param=name,
            )
    fields.number(body, "temperature", least=0, most=2)
    stream = fields.flag(body, "stream")
    limits = [fields.whole(body, name) for name in ("max_completion_tokens", "max_tokens")]
    return ChatRequest(
        model=_model(body),
        messages=_messages(body),
        stream=stream,
        include_usage=_include_usage(body, stream=stream),
        n=fields.whole(body, "n", most=MOST_CHOICES) or 1,
        max_tokens=next((limit for limit in limits if limit is not None), None),
    )


def _model(body: Mapping[str, object]) -> str:
    model = fields.present(body, "model")
    if not isinstance(model, str):
        raise fields.wrong_type("model", "a string")
    return model


def _messages(body: Mapping[str, object]) -> tuple[Message, ...]:
    messages = fields.present(body, "messages")
    if not isinstance(messages, list):
        raise fields.wrong_type("messages", "an array of objects")
    if not messages:
        raise fields.wrong_value("messages", "has at least one message")
    return tuple(_message(message, f"messages[{i}]") for i, message in enumerate(messages))


def _message(message: object, param: str) -> Message:
    if not isinstance(message, dict):
        raise fields.wrong_type(param, "an object")
    role = fields.present(message, "role", param=f"{param}.role")
    if role not in ROLES:
        raise fields.wrong_value(f"{param}.role", f"is one of {', '.join(ROLES)}")
    text = _text(message.get("content"))
    if text is None and (role != "assistant" or message.get("content") is not None):
        raise fields.wrong_type(f"{param}.content", "a string or an array of content parts")
    return Message(role=role, text=text or "")


def _text(content: object) -> str | None:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [part.get("text", "") if isinstance(part, dict) else None for part in content]
    strings = [text for text in texts if isinstance(text, str)]
    return "\n".join(strings) if len(strings) == len(texts) else None


def _include_usage(body: Mapping[str, object], *, stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise fields.wrong_type("stream_options", "an object")
    if not stream:
        raise fields.wrong_value("stream_options", "is given only together with 'stream'")
    return fields.flag(options, "include_usage", param="stream_options.include_usage")
