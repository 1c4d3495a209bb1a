"""Heartbeats: who lives, who is dead, and who may say so. All on the database's clock."""

import os
import socket
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from chat import replies
from chat.models import Reply

from .models import Worker


@dataclass(frozen=True)
class Pulse:
    """What one beat tells."""

    alive: bool  # False: this worker was declared dead, and its replies are somebody else's
    orphans: bool  # replies run under a worker that no longer beats, and this one may judge
    due: bool  # queued replies wait to be taken from the table


def register() -> UUID:
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
    Worker.objects.filter(id=worker).delete()


def beat(worker: UUID, *, running: int) -> Pulse:
    """One statement, which is all that an idle worker costs a tick."""
    lease = settings.WORKER_LEASE_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, {"id": worker, "running": running, "lease": lease, "gap": lease / 2})
        steady, orphans, due = cursor.fetchone()
    return Pulse(alive=steady is not None, orphans=bool(steady and orphans), due=bool(due))


def rescue() -> list[Reply]:
    """Takes the replies of the dead from them and removes their rows; returns the replies.

    A reply's worker is dead when no row of its beats. Two rescuers at once share the work: each
    write is a compare-and-set.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DEAD, {"lease": settings.WORKER_LEASE_SECONDS})
        dead = [row[0] for row in cursor.fetchall()]
        taken = replies.rescue(workers=dead)
        Worker.objects.filter(id__in=dead).delete()
    return taken


def any_worker_beats() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM workers_worker"
            " WHERE beat_at > now() - %s * interval '1 second')",
            [settings.WORKER_LEASE_SECONDS],
        )
        return bool(cursor.fetchone()[0])


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
        running = %(running)s
    WHERE id = %(id)s
    RETURNING steady_since < clock_timestamp() - %(lease)s * interval '1 second' AS steady
)
SELECT
    (SELECT steady FROM me),
    EXISTS (
        SELECT 1 FROM chat_reply
        WHERE status = 'in_progress' AND worker <> %(id)s AND worker NOT IN ({_LIVE})
    ),
    EXISTS (SELECT 1 FROM chat_reply WHERE status = 'queued' AND wake_at <= clock_timestamp())
"""

_DEAD = f"""
SELECT DISTINCT worker FROM chat_reply
WHERE status = 'in_progress' AND worker NOT IN ({_LIVE})
UNION
SELECT id FROM workers_worker WHERE id NOT IN ({_LIVE})
"""
