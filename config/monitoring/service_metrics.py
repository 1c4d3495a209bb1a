"""What Prometheus is told of the service as a whole: read from the tables when it asks.

Every server says the same, so look at the largest and do not add them up. Three statements, all of
them by partial indexes or small tables: the number of stored replies makes no difference.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.threads import DATABASE_UNAVAILABLE
from workers.model import health
from workers.model.health import ModelState, ModelStatus

# A database that is away is not asked again at once: each time may take DATABASE's patience.
BREAK_SECONDS = 10.0

# "oldest" is of those that wait for a worker, not for the moment of their next attempt.
_QUEUE = """
SELECT count(*), count(retry_at),
    coalesce(extract(epoch FROM clock_timestamp()
        - min(created_at) FILTER (WHERE retry_at IS NULL)), 0)
FROM chat_reply WHERE status = 'queued'
"""
_OTHERS = """
SELECT
    (SELECT count(*) FROM chat_reply WHERE status = 'in_progress'),
    (SELECT count(*) FROM (SELECT 1 FROM workers_delivery
        WHERE due_at <= clock_timestamp() AND finished_at IS NULL LIMIT 10000) due),
    (SELECT count(*) FROM (SELECT 1 FROM accounts_mail
        WHERE due_at <= clock_timestamp() LIMIT 10000) due)
"""
_WORKERS = """
SELECT host || ':' || pid, running, extract(epoch FROM clock_timestamp() - beat_at)
FROM workers_worker WHERE beat_at > clock_timestamp() - interval '1 minute'
"""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    queued: int
    retrying: int
    oldest_seconds: float
    running: int
    deliveries: int
    mails: int
    workers: list[tuple[str, int, float]]
    model: ModelState


def read() -> Numbers:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE)
        waiting, retrying, oldest = cursor.fetchone()
        cursor.execute(_OTHERS)
        running, deliveries, mails = cursor.fetchone()
        cursor.execute(_WORKERS)
        workers = [(name, count, float(age)) for name, count, age in cursor.fetchall()]
    return Numbers(
        queued=waiting - retrying,
        retrying=retrying,
        oldest_seconds=float(oldest),
        running=running,
        deliveries=deliveries,
        mails=mails,
        workers=workers,
        model=health.current(),
    )


def families(numbers: Numbers | None) -> Iterator[Metric]:
    """None: the database is away, and nothing is known but that."""
    yield _one("malgil_database_up", "Whether the database answers.", int(numbers is not None))
    if numbers is None:
        return
    yield _one("malgil_queue_depth", "Replies that wait for a worker.", numbers.queued)
    yield _one("malgil_queue_bound", "CHAT_QUEUE_MAX: beyond it is a 503.", settings.CHAT_QUEUE_MAX)
    yield _one(
        "malgil_queue_oldest_seconds", "How long the first in line waits.", numbers.oldest_seconds
    )
    by_status = {
        "queued": numbers.queued,
        "retrying": numbers.retrying,
        "in_progress": numbers.running,
    }
    yield _many("malgil_replies_open", "Replies that have not ended.", "status", by_status)
    living = {name: age for name, _, age in numbers.workers}
    yield _one("malgil_workers_alive", "Workers with a fresh heartbeat.", numbers.model.workers)
    yield _many("malgil_worker_heartbeat_seconds", "Since its last one.", "worker", living)
    in_flight = {name: count for name, count, _ in numbers.workers}
    yield _many("malgil_worker_in_flight", "Replies that it runs.", "worker", in_flight)
    said = {status.value: int(status is numbers.model.status) for status in ModelStatus}
    yield _many("malgil_model_status", "1 for what the workers say of it.", "status", said)
    yield _one("malgil_webhooks_due", "Webhooks still to be told.", numbers.deliveries)
    yield _one("malgil_mails_due", "Mails still to be sent.", numbers.mails)


class ServiceCollector(Collector):
    """Asks no oftener than the database can stand."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._away_until = 0.0

    def collect(self) -> Iterator[Metric]:
        yield from families(self._numbers())

    def _numbers(self) -> Numbers | None:
        with self._asking:
            if time.monotonic() < self._away_until:
                return None
            try:
                return read()
            except DATABASE_UNAVAILABLE:
                self._away_until = time.monotonic() + BREAK_SECONDS
                return None


_registry = CollectorRegistry()
_registry.register(ServiceCollector())


def exposition() -> bytes:
    return generate_latest(_registry)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _many(name: str, told: str, label: str, values: dict[str, Any]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for given, value in values.items():
        family.add_metric([given], value)
    return family
