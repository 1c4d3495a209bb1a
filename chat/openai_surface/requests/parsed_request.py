"""What a request asks for, in Malgil's words."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from chat.exchange.message_tree import Message
from chat.models import SystemRole

from . import fields, messages, parameters
from .fields import JSON

_MAX_MODEL_CHARS = 200
_MAX_CHOICES = 4


@dataclass(frozen=True, kw_only=True)
class ParsedRequest:
    """`param` names the messages in OpenAI's words; `config` leaves nothing to be inherited."""

    param: str
    messages: list[Message]
    config: dict[str, Any]
    previous: str | None = None  # the response that is gone on from
    whole: bool = True  # too much is refused, rather than the oldest left out
    extra: dict[str, Any] = field(default_factory=dict)  # kept as Reply.request_extra
    stream: bool = False
    include_usage: bool = False
    background: bool = False


def of_completion(data: Any) -> ParsedRequest:
    """`POST chat/completions`. Raises FieldError."""
    known = (*parameters.COMPLETION, *parameters.NOT_OF_COMPLETIONS)
    body = fields.of_object(data, known)
    fields.refuse_unsupported(body, parameters.NOT_OF_COMPLETIONS)
    stream = fields.flag(body, "stream")
    include_usage = _include_usage(body, stream=stream)
    config = _config(body, stream=stream, max_tokens=_completion_tokens(body))
    config["n"] = fields.whole(body, "n", least=1, most=_MAX_CHOICES)
    listed = messages.of_completion(body.get("messages"))
    if listed[0]["role"] in SystemRole.values and listed[0]["content"]:
        config["system_role"], config["system"] = listed[0]["role"], listed[0]["content"]
        listed = listed[1:]
    return ParsedRequest(
        param="messages",
        messages=listed,
        config=config,
        extra={"object": "chat.completion"},
        stream=stream,
        include_usage=include_usage,
    )


def of_response(data: Any) -> ParsedRequest:
    """`POST responses`. Raises FieldError."""
    known = (*parameters.RESPONSE, *parameters.NOT_OF_RESPONSES)
    body = fields.of_object(data, known)
    fields.refuse_unsupported(body, parameters.NOT_OF_RESPONSES)
    max_tokens = _tokens(body, "max_output_tokens")
    # Streamed whatever the caller waits for: so a stopped one keeps its text, and can be watched.
    config = _config(body, stream=True, max_tokens=max_tokens)
    # Those of an earlier response do not hold any more, as OpenAI has it.
    config["system"] = fields.text(body, "instructions", max_chars=settings.CHAT_MESSAGE_MAX_CHARS)
    background, truncation = fields.flag(body, "background"), _truncation(body)
    previous = fields.text(body, "previous_response_id", max_chars=100)
    extra = {"background": background, "metadata": _metadata(body), "truncation": truncation}
    return ParsedRequest(
        param="input",
        messages=messages.of_response(body.get("input")),
        config=config,
        previous=previous,
        whole=truncation == "disabled",
        extra={"object": "response", "previous_response_id": previous, **extra},
        stream=fields.flag(body, "stream"),
        background=background,
    )


def _config(body: JSON, *, stream: bool, max_tokens: int | None) -> dict[str, Any]:
    model = fields.text(body, "model", max_chars=_MAX_MODEL_CHARS)
    if model is None:
        raise fields.missing("model")
    return {
        "model": model,
        "temperature": fields.number(body, "temperature", least=0, most=2),
        "stream": stream,
        "max_tokens": max_tokens,
        "n": None,
        "system": None,
        "system_role": SystemRole.SYSTEM,
    }


def _tokens(body: JSON, name: str) -> int | None:
    return fields.whole(body, name, least=1, most=settings.CHAT_MAX_TOKENS)


def _completion_tokens(body: JSON) -> int | None:
    """Both names mean the same; the model is asked under the one that it knows."""
    newer, older = _tokens(body, "max_completion_tokens"), _tokens(body, "max_tokens")
    if newer is not None and older is not None:
        detail = "'max_tokens' and 'max_completion_tokens' cannot be given together."
        raise fields.wrong("max_tokens", detail, "invalid_parameter_combination")
    return older if newer is None else newer


def _include_usage(body: JSON, *, stream: bool) -> bool:
    if body.get("stream_options") is None:
        return False
    if not stream:
        detail = "'stream_options' is for streams: send it together with 'stream'."
        raise fields.wrong("stream_options", detail, "invalid_parameter_combination")
    where = "stream_options"
    options = fields.of_object(body[where], ("include_usage", "include_obfuscation"), where)
    fields.refuse_unsupported(options, {"include_obfuscation": (False,)}, where)
    return fields.flag(options, "include_usage", where)


def _truncation(body: JSON) -> str:
    value = body.get("truncation")
    if value not in (None, "auto", "disabled"):
        raise fields.wrong("truncation", "It is auto or disabled.", "invalid_value")
    return value or "disabled"


# As OpenAI bounds it.
_MAX_PAIRS, _MAX_KEY_CHARS, _MAX_VALUE_CHARS = 16, 64, 512


def _metadata(body: JSON) -> dict[str, str]:
    given = body.get("metadata")
    if given is None:
        return {}
    given = fields.of_object(given, given, "metadata")
    if len(given) > _MAX_PAIRS:
        detail = f"'metadata' holds at most {_MAX_PAIRS} pairs."
        raise fields.wrong("metadata", detail, "object_above_max_properties")
    return {
        fields.checked_text(name, "metadata", max_chars=_MAX_KEY_CHARS): fields.checked_text(
            value, f"metadata.{name}", max_chars=_MAX_VALUE_CHARS
        )
        for name, value in given.items()
    }
