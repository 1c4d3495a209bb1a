"""Heartbeats of workers, and what follows when they stop. All times are by the database's clock.

A worker counts as dead when its last beat is older than WORKER_LEASE_SECONDS. Only a worker that
has itself beaten for a lease without a gap may judge others: while the database is away no beat is
stored, and everybody's looks old afterwards.
"""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from chat.models import Reply
from chat.replies import lifecycle
from workers.models import Worker
from workers.streaming import first_token_latency


@dataclass(frozen=True)
class BeatResult:
    """What one beat found in the tables."""

    alive: bool  # False: this worker was declared dead, and its replies are somebody else's
    orphans: bool  # replies run under a worker that no longer beats, and this one may judge
    unowned_claims: bool  # replies run under this worker's name that it does not run
    due: bool  # queued replies wait to be taken from the table
    deliveries: bool  # webhooks are to be told of ended replies, or old deliveries be forgotten
    mails: bool  # mails are to be sent

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do for replies."""
        return not (self.orphans or self.unowned_claims or self.due)


def register() -> UUID:
    """Makes a row for this process; returns its id."""
    worker = Worker(
        host=socket.gethostname()[:255],
        pid=os.getpid(),
        started_at=Now(),
        beat_at=Now(),
        steady_since=Now(),
    )
    worker.save(force_insert=True)
    return worker.id


def deregister(worker: UUID) -> None:
    """Nothing happens if others have deleted the row already."""
    Worker.objects.filter(id=worker).delete()


def beat(worker: UUID, *, running: Sequence[UUID], model: str = "unknown") -> BeatResult:
    """Stores that the worker lives, what it runs, and its ModelStatus; returns what there is to do.

    One statement, which is all that an idle worker costs the database in a tick.
    """
    given: dict[str, Any] = {"running": list(running), "count": len(running), "model": model}
    given["first_token"] = first_token_latency.median()
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, _about(worker) | given)
        steady, orphans, unowned_claims, due, deliveries, mails = cursor.fetchone()
    alive = steady is not None
    return BeatResult(
        alive=alive,
        orphans=bool(steady and orphans),
        unowned_claims=alive and unowned_claims,
        due=due,
        deliveries=deliveries,
        mails=mails,
    )


def rescue(*, judge: UUID) -> list[Reply]:
    """Puts the replies of dead workers back into the queue and deletes their rows.

    Returns those replies. A worker whose row is missing is dead as well. Two rescuers at once share
    the work. Does nothing when the judge's own last beat is old: the database may have stood still
    since then, and everybody would look dead.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DEAD, _about(judge))
        dead = [row[0] for row in cursor.fetchall()]
        taken = lifecycle.rescue(workers=dead)
        Worker.objects.filter(id__in=dead).delete()
    return taken


def requeue_unowned(worker: UUID, *, running: Sequence[UUID]) -> list[Reply]:
    """Puts replies back into the queue that the worker claimed a lease ago and does not run.

    `running` are the ids that it does run. A claim whose answer got lost with the connection to the
    database leaves such a reply behind. Returns the replies.
    """
    return lifecycle.requeue_unowned(
        worker=worker, running=running, older_than_seconds=settings.WORKER_LEASE_SECONDS
    )


def _about(worker: UUID) -> dict[str, Any]:
    lease = settings.WORKER_LEASE_SECONDS
    return {"id": worker, "lease": lease, "gap": lease / 2}


_LIVE = """
SELECT id FROM workers_worker
WHERE beat_at > clock_timestamp() - %(lease)s * interval '1 second'
"""

_BEAT = f"""
WITH me AS (
    UPDATE workers_worker
    SET steady_since = CASE
            WHEN beat_at < clock_timestamp() - %(gap)s * interval '1 second'
            THEN clock_timestamp() ELSE steady_since END,
        beat_at = clock_timestamp(),
        running = %(count)s,
        model = %(model)s,
        first_token_seconds = %(first_token)s
    WHERE id = %(id)s
    RETURNING steady_since < clock_timestamp() - %(lease)s * interval '1 second' AS steady
)
SELECT
    (SELECT steady FROM me),
    EXISTS (
        SELECT 1 FROM chat_reply
        WHERE status = 'in_progress' AND worker <> %(id)s AND worker NOT IN ({_LIVE})
    ),
    EXISTS (
        SELECT 1 FROM chat_reply
        WHERE status = 'in_progress' AND worker = %(id)s
            AND started_at < clock_timestamp() - %(lease)s * interval '1 second'
            AND NOT id = ANY(%(running)s::uuid[])
    ),
    EXISTS (SELECT 1 FROM chat_reply WHERE status = 'queued' AND wake_at <= clock_timestamp()),
    EXISTS (SELECT 1 FROM workers_delivery WHERE due_at <= clock_timestamp()),
    EXISTS (SELECT 1 FROM accounts_mail WHERE due_at <= clock_timestamp())
"""

_DEAD = f"""
SELECT dead.id FROM (
    SELECT worker AS id FROM chat_reply
    WHERE status = 'in_progress' AND worker NOT IN ({_LIVE})
    UNION
    SELECT id FROM workers_worker WHERE id NOT IN ({_LIVE})
) dead
WHERE EXISTS (
    SELECT 1 FROM workers_worker
    WHERE id = %(id)s AND beat_at > clock_timestamp() - %(gap)s * interval '1 second'
)
"""
