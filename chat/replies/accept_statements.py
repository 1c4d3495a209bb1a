"""The two statements of an accept: what a request finds, and what it stores.

The first locks nothing. The second names the `version` of the conversation's row that the first one
found, and stores nothing if that is no longer its version: every accept, every end of a reply and
every change of a conversation writes that row. It stores all or nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.models import Member
from api import insertion
from api.insertion import Insertion
from api.prepared import Prepared
from chat.limits import daily_limit, queue
from chat.limits.daily_limit import Slot
from chat.models import Conversation, Reply

# Finding


@dataclass(frozen=True, kw_only=True)
class AcceptState:
    """What a request finds, as of one moment.

    `version` is None for a conversation that is not stored yet. `now` is the database's time, `tip`
    the choice that the next message follows if it does not say, `waiting` the length of the queue,
    and `replayed` the reply that the same key made before.
    """

    conversation: Conversation
    version: str | None
    now: datetime
    tip: UUID | None
    next_position: int
    busy: bool
    waiting: int
    replayed: UUID | None


def find(*, member: Member, conversation_id: UUID, key: str | None) -> AcceptState:
    """One query. Raises Conversation.DoesNotExist, also for another member's and a deleted one."""
    length = queue.reading()
    found: Any = _found.get(
        conversation=conversation_id,
        member=member.id,
        key=key or _NO_KEY,
        most=length.count_at_most,
    )
    return AcceptState(
        conversation=found,
        version=found.version,
        now=found.now,
        tip=found.tip,
        next_position=found.next_position,
        busy=found.busy,
        waiting=length.given(found.waiting),
        replayed=found.replayed,
    )


def for_new_conversation(conversation: Conversation, *, key: str | None) -> AcceptState:
    """The same for one that is not stored yet. One query."""
    length = queue.reading()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT statement_timestamp(), {_QUEUE_LENGTH}, {_REPLAYED}",
            [length.count_at_most, conversation.member_id, key or _NO_KEY],
        )
        now, counted, replayed = cursor.fetchone()
    return AcceptState(
        conversation=conversation,
        version=None,
        now=now,
        tip=None,
        next_position=0,
        busy=False,
        waiting=length.given(counted),
        replayed=replayed,
    )


_NO_KEY = ""  # a key has one character at least
# The transaction that wrote the row; a lock leaves it as it is.
_VERSION = "chat_conversation.xmin::text"
# The last choice with text of the branch: the latest answer to the prompt that was last replied to
# or, where none has text, the choice which that prompt follows.
_TIP = """
(SELECT coalesce(
    (SELECT c.id FROM chat_choice c JOIN chat_reply r ON r.id = c.reply_id
     WHERE r.prompt_id = p.id AND r.status <> 'failed' AND c.content <> ''
     ORDER BY r.created_at DESC, r.id DESC, c.index LIMIT 1),
    p.parent_id)
 FROM chat_reply l JOIN chat_prompt p ON p.id = l.prompt_id
 WHERE l.conversation_id = chat_conversation.id
 ORDER BY l.created_at DESC, l.id DESC LIMIT 1)
"""
_NEXT_POSITION = (
    "(SELECT coalesce(max(p.position) + 1, 0) FROM chat_prompt p"
    " WHERE p.conversation_id = chat_conversation.id)"
)
# The statuses are literals here and below: as parameters they would keep PostgreSQL from using the
# partial indexes.
_BUSY = (
    "EXISTS (SELECT FROM chat_reply r WHERE r.conversation_id = chat_conversation.id"
    " AND r.status IN ('queued', 'in_progress'))"
)
# How many replies wait, counted up to the number that is given.
_QUEUE_LENGTH = "(SELECT count(*) FROM (SELECT FROM chat_reply WHERE status = 'queued' LIMIT %s) q)"
_REPLAYED = "(SELECT id FROM chat_reply WHERE member_id = %s AND idempotency_key = %s)"

_found = Prepared(
    lambda conversation, member, key, most: (
        Conversation.objects.select_related("config")
        .filter(id=conversation, member=member, deleted_at=None)
        .annotate(
            version=RawSQL(_VERSION, ()),
            now=Now(),
            tip=RawSQL(_TIP, ()),
            next_position=RawSQL(_NEXT_POSITION, ()),
            busy=RawSQL(_BUSY, ()),
            waiting=RawSQL(_QUEUE_LENGTH, (most,)),
            replayed=RawSQL(_REPLAYED, (member, key)),
        )
    )
)

# Storing


@dataclass(frozen=True)
class Stored:
    """`version_matched`: nothing has changed since it was found. `slot_taken`: the slot was free.

    Without one of them nothing was stored.
    """

    version_matched: bool
    slot_taken: bool


def store(*, state: AcceptState, reply: Reply, slot: Slot | None) -> Stored:
    """The reply, its prompt and config where they are new, and the conversation's title and times.

    One statement, in a transaction of the caller's. A reply without a slot does not count to the
    daily limit. A conversation that is new has to be stored before. Raises IntegrityError for a key
    that was used meanwhile.
    """
    rows = [row for row in (reply.config, reply.prompt) if row._state.adding] + [reply]
    insertions = tuple(insertion.of(row) for row in rows)
    given: dict[str, Any] = {"title": reply.conversation.title}
    if state.version is not None:
        given["version"] = state.version
    for row, of_row in zip(rows, insertions, strict=True):
        given |= of_row.values(row)
    if slot is not None:
        limit = daily_limit.limit_of(reply.member)
        given |= {"day": slot.day, "slot": slot.number, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_statement(insertions, tuple(given)), given)
        stored = Stored(*cursor.fetchone())
    if stored.version_matched and stored.slot_taken:
        insertion.mark_stored(reply.config, reply.prompt, reply)
    return stored


@lru_cache(maxsize=256)
def _statement(insertions: tuple[Insertion, ...], given: tuple[str, ...]) -> str:
    """Each step comes only if those before have found or written a row; `given` are the values.

    Without `version` the conversation is new, without `slot` the reply does not count.
    """
    steps = {
        "conversation": _CONVERSATION if "version" in given else "SELECT",
        "slot": _SLOT if "slot" in given else "SELECT FROM conversation",
        "touched": _TOUCHED,
    }
    for number, of_row in enumerate(insertions):
        steps[f"row_{number}"] = of_row.selecting_from("slot", given=given)
    written = ", ".join(f"{name} AS ({step})" for name, step in steps.items())
    return f"WITH {written} SELECT EXISTS (SELECT FROM conversation), EXISTS (SELECT FROM slot)"


# Two that found the same version: the second waits here for the first, and then finds another.
_CONVERSATION = (
    "SELECT FROM chat_conversation WHERE id = %(chat_reply.conversation_id)s"
    " AND xmin::text = %(version)s FOR NO KEY UPDATE"
)
# Inserts nothing when another request holds the slot, for whose commit or rollback it waits; nor
# when the day is full by slots beyond the limit, which was lowered, and Redis lost them.
_SLOT = (
    "INSERT INTO chat_quotaslot (member_id, day, slot, reply_id)"
    " SELECT %(chat_reply.member_id)s, %(day)s, %(slot)s, %(chat_reply.id)s FROM conversation"
    " WHERE %(limit)s > (SELECT count(*) FROM chat_quotaslot"
    " WHERE member_id = %(chat_reply.member_id)s AND day = %(day)s)"
    " ON CONFLICT (member_id, day, slot) DO NOTHING RETURNING slot"
)
_TOUCHED = (
    "UPDATE chat_conversation SET updated_at = %(chat_reply.created_at)s,"
    " active_at = %(chat_reply.created_at)s, title = %(title)s"
    " FROM slot WHERE id = %(chat_reply.conversation_id)s"
)
