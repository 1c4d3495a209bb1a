"""The ids that OpenAI's clients see: a reply's or a choice's own id, with OpenAI's prefix."""

import re
from uuid import UUID

from chat.models import Reply

_RESPONSE = re.compile(r"resp_([0-9a-f]{32})")


def completion_id(reply: Reply) -> str:
    return f"chatcmpl-{reply.id.hex}"


def response_id(reply: Reply) -> str:
    return f"resp_{reply.id.hex}"


def message_id(reply: Reply, index: int) -> str:
    """Of a choice, which has a row and an id of its own only at the end."""
    return f"msg_{reply.id.hex}_{index}"


def reply_id(response_id: str) -> UUID | None:
    """Of a response's id; None for a text that is none."""
    match = _RESPONSE.fullmatch(response_id)
    return UUID(match[1]) if match else None
