"""What a follower of a reply hears, and the row that is stored when it ends."""

from datetime import UTC, datetime

import orjson

from api.ids import uuid7
from chat.live.delivery_order import StreamPosition
from chat.live.reply_follower import StreamedEvent
from chat.models import ChatConfig, Choice, Reply
from chat.replies import lifecycle

ID, NOW = uuid7(), datetime.now(UTC)


def followed(kind, terminal=False, **body):
    text = orjson.dumps({"type": kind, "reply": "r", **body}).decode()
    return StreamedEvent(kind=kind, text=text, terminal=terminal, position=StreamPosition(1, 1, 1))


def delta(attempt, text, index=0):
    return followed("reply.delta", attempt=attempt, seq=1, choice=index, text=text)


def snapshot(attempt, *texts):
    choices = [{"index": index, "content": text} for index, text in enumerate(texts)]
    return followed("reply.snapshot", attempt=attempt, seq=1, choices=choices)


def updated(status, attempt=1):
    return followed("reply.updated", reply={"id": "r", "status": status, "attempt": attempt})


class Ended:
    """The terminal frame, and the row that is stored then."""

    def __init__(self, status, attempt, *texts, finish_reason="stop", **columns):
        self.frame = followed("reply.updated", True, reply={"status": status})
        self.row = row(status=status, attempt=attempt, **columns)
        choices = [
            Choice(reply=self.row, index=index, content=text, finish_reason=finish_reason)
            for index, text in enumerate(texts)
        ]
        lifecycle.set_choices(self.row, choices)


def row(**columns):
    made = Reply(id=ID, config=ChatConfig(model="m"), created_at=NOW, finished_at=NOW, **columns)
    lifecycle.set_choices(made, [])
    return made
