"""Who waits for a worker, and in which order."""

import time

from django.conf import settings
from django.db import connection

from chat.models import Reply
from chat.states import ReplyStatus

# How many replies wait, counted up to the number that is given.
COUNT = "(SELECT count(*) FROM (SELECT FROM chat_reply WHERE status = 'queued' LIMIT %s) q)"
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
    _length.grow()


def known_length() -> int | None:
    """Without a query; None when it has to be counted (COUNT, up to CHAT_QUEUE_MAX)."""
    return _length.known()


def counted(length: int) -> int:
    """The length as it was just counted."""
    _length.learn(length)
    return length


class _Length:
    """The longer the queue, the longer a count of it is relied on, a thousand for 20 ms: so an
    accept costs the same however many wait. Meanwhile those are added that join it here.

    To count one costs PostgreSQL about half a microsecond, and so a fortieth of the time in all.
    """

    _SECONDS_FOR_EACH = 20e-6

    def __init__(self) -> None:
        self._length = 0
        self._known_until = 0.0

    def known(self) -> int | None:
        return self._length if time.monotonic() < self._known_until else None

    def learn(self, length: int) -> None:
        self._length = length
        self._known_until = time.monotonic() + length * self._SECONDS_FOR_EACH

    def grow(self) -> None:
        self._length += 1


_length = _Length()


def _ahead(reply: Reply) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, [reply.created_at, reply.id, settings.CHAT_QUEUE_MAX])
        found: int = cursor.fetchone()[0]
    return found
