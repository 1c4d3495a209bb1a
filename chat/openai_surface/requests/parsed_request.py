"""What a request asks for, in Malgil's words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat.exchange.message_tree import Message
from chat.model_parameters import PARAMETERS, Kind, Parameter
from chat.models import ChatConfig, SystemRole

from . import fields, messages, parameters
from .fields import JSON


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
    config = _config(body, lambda parameter: parameter.completion_names)
    stream = config["stream"]
    include_usage = _include_usage(body, stream=stream)
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
    # Instructions of an earlier response do not hold any more, as OpenAI has it.
    config = _config(body, lambda parameter: parameter.response_names)
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


def _config(body: JSON, names_of: Callable[[Parameter], tuple[str, ...]]) -> dict[str, Any]:
    """A value for each parameter: as given, else null, or the column's default."""
    return {
        parameter.name: _value(body, parameter, names_of(parameter)) for parameter in PARAMETERS
    }


def _value(body: JSON, parameter: Parameter, names: tuple[str, ...]) -> Any:
    column = ChatConfig._meta.get_field(parameter.name)
    if not names:
        return column.get_default()  # type: ignore[union-attr]  # a column of its own
    read = ((name, _read(body, parameter, name)) for name in names)
    given = {name: value for name, value in read if value is not None}
    if len(given) > 1:
        # They mean the same; the model is asked under the name that it knows.
        newer, older = given
        detail = f"'{older}' and '{newer}' cannot be given together."
        raise fields.wrong(older, detail, "invalid_parameter_combination")
    if not given and not parameter.nullable:
        raise fields.missing(names[0])
    return next(iter(given.values()), None)


def _read(body: JSON, parameter: Parameter, name: str) -> Any:
    least, most = parameter.least, parameter.highest
    match parameter.kind:
        case Kind.TEXT:
            return fields.text(body, name, max_chars=most)
        case Kind.NUMBER:
            return fields.number(body, name, least=least, most=most)
        case Kind.INTEGER:
            return fields.whole(body, name, least=least, most=most)
        case Kind.FLAG:
            return fields.flag(body, name)


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
