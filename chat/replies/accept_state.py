"""What a request for a reply finds, as of one moment: one query, which locks nothing.

Whoever stores what follows from it names the `version` (chat/replies/accept_statements.py), and so
learns whether anything has changed meanwhile: every accept, every end of a reply and every change
of a conversation writes the conversation's row.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.models import Member
from api.prepared import Prepared
from chat.exchange import message_tree
from chat.limits import queue
from chat.models import Conversation


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`version` is None for a conversation that is not stored yet.

    `now` is the database's time, `tip` the choice that the next message follows if it does not say,
    `waiting` the length of the queue, and `replayed` the reply that the same key made before.
    """

    conversation: Conversation
    version: str | None
    now: datetime
    tip: UUID | None
    next_position: int
    busy: bool
    waiting: int
    replayed: UUID | None


def find(*, member: Member, conversation_id: UUID, key: str | None) -> Standing:
    """Raises Conversation.DoesNotExist, also for another member's and for a deleted one."""
    known = queue.known_length()
    found: Any = _found.get(
        conversation=conversation_id,
        member=member.id,
        key=key or _NO_KEY,
        most=settings.CHAT_QUEUE_MAX if known is None else 0,
    )
    return Standing(
        conversation=found,
        version=found.version,
        now=found.now,
        tip=found.tip,
        next_position=found.next_position,
        busy=found.busy,
        waiting=queue.counted(found.waiting) if known is None else known,
        replayed=found.replayed,
    )


def of_new(conversation: Conversation, *, key: str | None) -> Standing:
    """For one that is not stored yet."""
    known = queue.known_length()
    most = settings.CHAT_QUEUE_MAX if known is None else 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT statement_timestamp(), {queue.COUNT}, {_REPLAYED}",
            [most, conversation.member_id, key or _NO_KEY],
        )
        now, counted, replayed = cursor.fetchone()
    return Standing(
        conversation=conversation,
        version=None,
        now=now,
        tip=None,
        next_position=0,
        busy=False,
        waiting=queue.counted(counted) if known is None else known,
        replayed=replayed,
    )


_NO_KEY = ""  # a key has one character at least
# The statuses stand there as they are, for as parameters they would keep the index for this unused.
_BUSY = (
    "EXISTS (SELECT FROM chat_reply r WHERE r.conversation_id = chat_conversation.id"
    " AND r.status IN ('queued', 'in_progress'))"
)
_NEXT_POSITION = (
    "(SELECT coalesce(max(p.position) + 1, 0) FROM chat_prompt p"
    " WHERE p.conversation_id = chat_conversation.id)"
)
_REPLAYED = "(SELECT id FROM chat_reply WHERE member_id = %s AND idempotency_key = %s)"

_found = Prepared(
    lambda conversation, member, key, most: (
        Conversation.objects.select_related("config")
        .filter(id=conversation, member=member, deleted_at=None)
        .annotate(
            # The transaction that wrote the row; a lock leaves it as it is.
            version=RawSQL("chat_conversation.xmin::text", ()),
            now=Now(),
            tip=RawSQL(message_tree.TIP, ()),
            next_position=RawSQL(_NEXT_POSITION, ()),
            busy=RawSQL(_BUSY, ()),
            waiting=RawSQL(queue.COUNT, (most,)),
            replayed=RawSQL(_REPLAYED, (member, key)),
        )
    )
)
