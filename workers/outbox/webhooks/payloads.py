"""What is sent: the reply as the API gives it."""

from api.renderers import to_json
from chat.models import Reply
from chat.rest.schema import ReplySerializer

# To make a serializer's fields costs ten times as much as to use them. Used for reading only.
_as_reply = ReplySerializer().to_representation


def body(reply: Reply) -> bytes:
    """`reply` ended, and is as ReplySerializer expects it. The same bytes whenever it is asked."""
    event = {"type": "reply.finished", "timestamp": reply.finished_at, "data": _as_reply(reply)}
    return to_json(event)


def message_id(reply: Reply) -> str:
    """Names the event: a reply ends once. The same in each attempt, and for every webhook."""
    return f"msg_{reply.id.hex}"
