"""The messages that a caller sends along, as role and text.

A content of several text parts becomes one text, joined by line ends.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from chat.exchange.message_tree import Message

from . import fields

MAX_MESSAGES = 2048
ROLES = ("system", "developer", "user", "assistant")
# What messages carry beside role and content, and as which it says nothing.
_NOTHING: Mapping[str, Any] = {
    "annotations": ([],),
    "audio": (),
    "function_call": (),
    "name": (),
    "phase": (),
    "refusal": (),
    "tool_call_id": (),
    "tool_calls": ([],),
}
_NOTHING_OF_PARTS: Mapping[str, Any] = {
    "annotations": ([],),
    "logprobs": ([],),
    "prompt_cache_breakpoint": (),
}
_TEXT_PARTS = ("text", "input_text", "output_text")
# What an output item of a response carries, which may be sent back as it came.
_OF_ITEMS = ("id", "status", "type")


def of_completion(given: Any) -> list[Message]:
    """Raises FieldError naming `messages` or what is wrong in them."""
    return _listed(given, "messages", ())


def of_response(given: Any) -> list[Message]:
    """A text is a message of the user. Raises FieldError naming `input` or what is wrong in it."""
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    return _listed(given, "input", _OF_ITEMS)


def _listed(given: Any, param: str, more: tuple[str, ...]) -> list[Message]:
    if given is None:
        raise fields.missing(param)
    if not isinstance(given, list):
        raise fields.wrong_type(param, "an array of messages")
    if not given:
        raise fields.wrong(param, f"'{param}' is empty.", "empty_array")
    if len(given) > MAX_MESSAGES:
        detail = f"'{param}' is too long: {len(given)}, and at most {MAX_MESSAGES} can be."
        raise fields.wrong(param, detail, "array_above_max_length")
    listed = [_message(item, f"{param}[{index}]", more) for index, item in enumerate(given)]
    _refuse_last(listed[-1], f"{param}[{len(listed) - 1}]")
    return listed


def _message(given: Any, where: str, more: tuple[str, ...]) -> Message:
    item = fields.of_object(given, ("role", "content", *more, *_NOTHING), where)
    if item.get("type") not in (None, "message"):
        raise _unsupported_value(f"{where}.type", "'message'")
    role = item.get("role")
    if role is None:
        raise fields.missing(f"{where}.role")
    if role not in ROLES:
        raise _unsupported_value(f"{where}.role", ", ".join(ROLES))
    fields.refuse_unsupported(item, _NOTHING, where)
    content = _content(item.get("content"), f"{where}.content")
    # An answer may be longer than a question: the model wrote it, and the context's bound holds.
    max_chars = None if role == "assistant" else settings.CHAT_MESSAGE_MAX_CHARS
    fields.checked_text(content, f"{where}.content", max_chars=max_chars)
    return {"role": role, "content": content}


def _content(given: Any, where: str) -> str:
    if given is None:
        raise fields.missing(where)
    if isinstance(given, str):
        return given
    if not isinstance(given, list):
        raise fields.wrong_type(where, "a string or an array of text parts")
    return "\n".join(_part(part, f"{where}[{index}]") for index, part in enumerate(given))


def _part(given: Any, where: str) -> str:
    kind = given.get("type") if isinstance(given, dict) else None
    if kind is not None and kind not in _TEXT_PARTS:
        raise _unsupported_value(f"{where}.type", ", ".join(_TEXT_PARTS))
    part = fields.of_object(given, ("type", "text", *_NOTHING_OF_PARTS), where)
    if kind is None:
        raise fields.missing(f"{where}.type")
    fields.refuse_unsupported(part, _NOTHING_OF_PARTS, where)
    if part.get("text") is None:
        raise fields.missing(f"{where}.text")
    return fields.checked_text(part["text"], f"{where}.text")


def _refuse_last(last: Message, where: str) -> None:
    if last["role"] != "user":
        detail = "The last message must be the user's: it is the one that is answered."
        raise fields.wrong(f"{where}.role", detail, "invalid_value")
    if not last["content"].strip():
        detail = "The message that is to be answered says nothing."
        raise fields.wrong(f"{where}.content", detail, "invalid_value")


def _unsupported_value(param: str, supported: str) -> Exception:
    detail = f"Unsupported value: '{param}'. Malgil supports text only, here: {supported}."
    return fields.wrong(param, detail, "unsupported_value")
