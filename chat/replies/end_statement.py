"""The statement that ends a running reply: its status, its choices, the conversation's moment."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from api import insertion
from chat.models import Choice, Reply
from chat.states import ReplyStatus


def run(
    *,
    reply_id: UUID,
    attempt: int,
    worker: UUID,
    to: ReplyStatus,
    changes: Mapping[str, Any],
    choices: Sequence[Choice],
) -> bool:
    """Whether the attempt was still the worker's; otherwise nothing is stored.

    `changes` are columns of Reply by attribute, with `finished_at` among them. One statement,
    atomic without a transaction.
    """
    columns: list[Any] = [Reply._meta.get_field(name) for name in changes]
    given: dict[str, Any] = {
        column.column: column.get_db_prep_save(value, connection)
        for column, value in zip(columns, changes.values(), strict=True)
    }
    given |= {
        "reply": reply_id,
        "of_attempt": attempt,
        "by": worker,
        "to": to.value,
        "ids": [choice.id for choice in choices],
        "indexes": [choice.index for choice in choices],
        "roles": [choice.role for choice in choices],
        "contents": [choice.content for choice in choices],
        "reasons": [choice.finish_reason for choice in choices],
        "extras": [Jsonb(choice.extra) for choice in choices],
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(column.column for column in columns)), given)
        stored = cursor.fetchone() is not None
    if stored:
        insertion.mark_stored(*choices)
    return stored


@lru_cache
def _statement(columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{column} = %({column})s" for column in columns)
    return f"""
        WITH ended AS (
            UPDATE chat_reply SET status = %(to)s, revision = revision + 1, {changes}
            WHERE id = %(reply)s AND attempt = %(of_attempt)s AND worker = %(by)s
                AND status = 'in_progress'
            RETURNING id, conversation_id
        ), chosen AS (
            INSERT INTO chat_choice (id, reply_id, index, role, content, finish_reason, extra)
            SELECT made.id, ended.id, index, role, content, reason, extra
            FROM ended, unnest(
                %(ids)s::uuid[], %(indexes)s::int[], %(roles)s::text[], %(contents)s::text[],
                %(reasons)s::text[], %(extras)s::jsonb[]
            ) AS made (id, index, role, content, reason, extra)
        ), touched AS (
            UPDATE chat_conversation SET updated_at = %(finished_at)s, active_at = %(finished_at)s
            FROM ended WHERE chat_conversation.id = ended.conversation_id
        )
        SELECT FROM ended
    """
