"""The statement that claims replies: queued to in_progress, and what a running reply needs, read.

The columns come from the models, so that a new one is read without being named here.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Member
from chat.models import ChatConfig, Prompt, Reply

# The relations of a reply that are read with it, by their names in the model.
_RELATED: dict[str, type[Any]] = {"config": ChatConfig, "prompt": Prompt, "member": Member}


def run(*, reply_ids: Sequence[UUID], worker: UUID) -> list[Reply]:
    """Claims those of the replies that are queued and due, oldest first, with their relations.

    One statement, atomic without a transaction. A reply that another statement has claimed
    meanwhile is left out (PostgreSQL looks at the row again after waiting for its lock).
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"replies": list(reply_ids), "worker": worker})
        rows = cursor.fetchall()
    return [_reply(iter(row)) for row in rows]


@lru_cache
def _statement() -> str:
    tables: dict[str, type[Any]] = {"claimed": Reply, **_RELATED}
    columns = [
        f'{table}."{field.column}"'
        for table, model in tables.items()
        for field in model._meta.concrete_fields
    ]
    joins = " ".join(
        f'JOIN "{model._meta.db_table}" {name} ON {name}.id = claimed.{name}_id'
        for name, model in _RELATED.items()
    )
    return f"""
        WITH claimed AS (
            UPDATE chat_reply SET status = 'in_progress', revision = revision + 1,
                attempt = attempt + 1, worker = %(worker)s, started_at = statement_timestamp(),
                retry_at = NULL, wake_at = NULL
            WHERE id = ANY(%(replies)s) AND status = 'queued'
                AND (retry_at IS NULL OR retry_at <= statement_timestamp())
            RETURNING *
        )
        SELECT {", ".join(columns)} FROM claimed {joins} ORDER BY claimed.created_at, claimed.id
    """


def _reply(values: Iterator[Any]) -> Reply:
    reply: Reply = _instance(Reply, values)
    for name, model in _RELATED.items():
        setattr(reply, name, _instance(model, values))
    return reply


def _instance(model: type[Any], values: Iterator[Any]) -> Any:
    fields = model._meta.concrete_fields
    own = [_converted(field, next(values)) for field in fields]
    return model.from_db(connection.alias, [field.attname for field in fields], own)


def _converted(field: Any, value: Any) -> Any:
    """As a queryset converts it: JSON, for one, comes as text."""
    convert = getattr(field, "from_db_value", None)
    return value if convert is None else convert(value, None, connection)
