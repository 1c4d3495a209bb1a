"""Who waits for a worker, and in which order."""

from django.conf import settings
from django.db import connection

from .models import Reply
from .states import ReplyStatus

# How many replies wait, counted up to `most`.
LENGTH = "(SELECT count(*) FROM (SELECT FROM chat_reply WHERE status = 'queued' LIMIT %(most)s) q)"
_AHEAD = (
    "SELECT count(*) FROM (SELECT FROM chat_reply WHERE status = 'queued'"
    " AND (created_at, id) < (%s, %s) LIMIT %s) q"
)


def position(reply: Reply) -> int | None:
    """1 for the next in line; None unless it waits for a worker. One query, only when it waits.

    Never counts further than CHAT_QUEUE_MAX.
    """
    if reply.status != ReplyStatus.QUEUED or reply.retry_at is not None:
        return None
    known: int | None = getattr(reply, "ahead", None)
    return 1 + (_ahead(reply) if known is None else known)


def joined(reply: Reply, *, ahead: int) -> None:
    """It has just become the last in line, and need not ask where it stands."""
    reply.ahead = ahead  # type: ignore[attr-defined]


def _ahead(reply: Reply) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, [reply.created_at, reply.id, settings.CHAT_QUEUE_MAX])
        found: int = cursor.fetchone()[0]
    return found
