"""Deliveries in the table: claimed for a lease, settled by whoever claimed them, deleted at last.

A worker that dies between the claim and the answer leaves a lease behind, after which another one
delivers again: at least once, and under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from chat.models import Reply
from chat.resources import queries
from workers.models import Delivery

from . import endpoints, payloads
from .retrying import GONE, Answer, pause_after

# So many of one webhook at once: a receiver that hangs holds up itself and few others.
MAX_PER_WEBHOOK = 4
# A finished delivery is kept so long, for whoever asks what became of it.
KEPT_FOR = timedelta(days=3)
_FORGET_BATCH = 1000


@dataclass(frozen=True)
class DeliveryAttempt:
    """A delivery that was claimed, with all that is needed to post it once."""

    delivery_id: int
    number: int  # 1 for the first attempt; fences what is written after it
    webhook_id: UUID
    url: str
    secret: str
    message_id: str
    body: bytes


def claim(*, limit: int, busy: Sequence[UUID]) -> list[DeliveryAttempt]:
    """Takes what is due, and waited longest, for a lease; several workers at once share it.

    Nothing of the webhooks in `busy`. What cannot be told any more (the conversation was deleted,
    the webhook switched off, its member deactivated) is finished instead.
    """
    given: dict[str, Any] = {
        "limit": limit,
        "each": MAX_PER_WEBHOOK,
        "busy": list(busy),
        "lease": _lease_seconds(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        ids = [row[0] for row in cursor.fetchall()]
    taken = list(Delivery.objects.select_related("webhook").filter(id__in=ids))
    told = _told(taken)
    attempts = [_attempt(row, told[row.reply_id]) for row in taken if _counts(row, told)]
    left = {row.id for row in taken} - {attempt.delivery_id for attempt in attempts}
    _finish(Delivery.objects.filter(id__in=left))
    return attempts


def settle(attempt: DeliveryAttempt, answer: Answer, *, chance: float) -> float | None:
    """Notes what came of it; the seconds until the next attempt, None when there is none.

    Changes nothing when the lease was over and somebody else took the delivery.
    """
    if answer.is_success:
        _finish(_held(attempt), status=answer.status)
        return None
    if answer.status == GONE:
        endpoints.switch_off(attempt.webhook_id)
    pause = pause_after(answer, attempts=attempt.number, chance=chance)
    if pause is None or answer.status == GONE:
        _finish(_held(attempt), status=answer.status)
        return None
    due_at = Now() + timedelta(seconds=pause)
    _held(attempt).update(due_at=due_at, status=answer.status)
    return pause


def hand_back(attempts: Sequence[DeliveryAttempt]) -> None:
    """They were cut short; others may make them anew at once."""
    for attempt in attempts:
        _held(attempt).update(due_at=Now())


def forget_old() -> None:
    """Removes what finished long ago, some at a time."""
    old = Delivery.objects.filter(due_at__lte=Now(), finished_at__isnull=False)
    ids = list(old.order_by("due_at").values_list("id", flat=True)[:_FORGET_BATCH])
    Delivery.objects.filter(id__in=ids).delete()


def _held(attempt: DeliveryAttempt) -> Any:
    return Delivery.objects.filter(
        id=attempt.delivery_id, attempts=attempt.number, finished_at=None
    )


def _finish(which: Any, **fields: Any) -> None:
    which.update(finished_at=Now(), due_at=Now() + KEPT_FOR, **fields)


def _told(taken: Sequence[Delivery]) -> dict[UUID, Reply]:
    """The replies that may be told of, by their id."""
    ids = {row.reply_id for row in taken}
    found = queries.replies().filter(id__in=ids, member__is_active=True)
    return {reply.id: reply for reply in found}


def _counts(row: Delivery, told: dict[UUID, Reply]) -> bool:
    # More attempts than there are pauses: its attempts never came to an end, as when it kills
    # the worker that makes them.
    overdue = row.attempts > len(settings.WEBHOOK_RETRY_SECONDS) + 1
    return row.reply_id in told and row.webhook.disabled_at is None and not overdue


def _attempt(row: Delivery, reply: Reply) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery_id=row.id,
        number=row.attempts,
        webhook_id=row.webhook_id,
        url=row.webhook.url,
        secret=row.webhook.secret,
        message_id=payloads.message_id(reply),
        body=payloads.body(reply),
    )


def _lease_seconds() -> float:
    # An attempt ends within its time-out, and is settled soon after.
    return 2 * float(settings.WEBHOOK_TIMEOUT_SECONDS)


_CLAIM = """
WITH waiting AS (
    SELECT id, webhook_id, due_at FROM workers_delivery
    WHERE due_at <= clock_timestamp() AND finished_at IS NULL
        AND NOT webhook_id = ANY(%(busy)s::uuid[])
    ORDER BY due_at
    LIMIT 2000
), placed AS (
    SELECT id, due_at, row_number() OVER (PARTITION BY webhook_id ORDER BY due_at, id) AS place
    FROM waiting
), taken AS (
    SELECT id FROM workers_delivery
    WHERE id IN (
        SELECT id FROM placed WHERE place <= %(each)s ORDER BY due_at, id LIMIT %(limit)s
    )
        AND due_at <= clock_timestamp() AND finished_at IS NULL
    FOR UPDATE SKIP LOCKED
)
UPDATE workers_delivery
SET attempts = attempts + 1, due_at = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id IN (SELECT id FROM taken)
RETURNING id
"""
