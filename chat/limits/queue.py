"""Who waits for a worker, and in which order."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from chat.models import Reply
from chat.states import ReplyStatus

_AHEAD = (
    "SELECT count(*) FROM (SELECT FROM chat_reply WHERE status = 'queued'"
    " AND (created_at, id) < (%s, %s) LIMIT %s) q"
)


def position(reply: Reply, *, ahead: int | None = None) -> int | None:
    """1 for the next in line; None unless it waits for a worker.

    `ahead` says how many wait longer, where that is known; else one query counts them, no further
    than CHAT_QUEUE_MAX.
    """
    if reply.status != ReplyStatus.QUEUED or reply.retry_at is not None:
        return None
    return 1 + (_ahead(reply) if ahead is None else ahead)


@dataclass(frozen=True)
class LengthReading:
    """One reading of the queue's length, by a query that counts only if it has to."""

    known: int | None

    @property
    def count_at_most(self) -> int:
        """How far the query should count: 0 when the length is known."""
        return settings.CHAT_QUEUE_MAX if self.known is None else 0

    def given(self, counted: int) -> int:
        """The length, when the query has counted so many."""
        if self.known is not None:
            return self.known
        _length.learn(counted)
        return counted


def reading() -> LengthReading:
    return LengthReading(_length.known())


def joined() -> None:
    """A reply has just become the last in line."""
    _length.grow()


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
