"""What is sent: the reply as the API gives it."""

from api.renderers import to_json
from chat.models import Reply
from chat.resources import render


def body(reply: Reply) -> bytes:
    """`reply` ended, and is as `render.reply` expects it. The same bytes whenever it is asked."""
    event = {"type": "reply.finished", "timestamp": reply.finished_at, "data": render.reply(reply)}
    return to_json(event)


def message_id(reply: Reply) -> str:
    """Names the event: a reply ends once. The same in each attempt, and for every webhook."""
    return f"msg_{reply.id.hex}"
