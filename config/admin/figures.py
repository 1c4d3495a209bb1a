"""What the overview shows: a few statements, each by an index, whatever is stored."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection

from api.redis import Unavailable, link
from chat.events import messages
from workers.engine import broker
from workers.model import health

THROUGHPUT_MINUTES = 10
# However many look, and however often: the figures are read so often.
_KEPT_SECONDS = 1.0
# What is asked over a network beyond the database and Redis.
_BROKER_KEPT_SECONDS = 10.0


class Kept:
    """The last answer of a function, for a while; whoever comes meanwhile waits for the first."""

    def __init__(self, ask: Callable[[], Any], *, seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: Any = None

    def __call__(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + self._seconds
            return self._answer


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    says: str


def read() -> dict[str, Any]:
    """As JSON. Raises what the database raises when it is away."""
    return {
        "queue": _queue(),
        "workers": _workers(),
        "lease_seconds": settings.WORKER_LEASE_SECONDS,
        "ended": _ended(),
        "times": _times(),
        "failures": _failures(),
        "watching": _watching(),
        "checks": [vars(check) for check in _checks()],
    }


def _queue() -> dict[str, Any]:
    (row,) = _rows(_QUEUE)
    names = ("now", "waiting", "retrying", "oldest_seconds", "running", "longest_seconds")
    return dict(zip(names, row, strict=True)) | {"bound": settings.CHAT_QUEUE_MAX}


def _workers() -> list[dict[str, Any]]:
    names = (
        *("id", "host", "pid", "in_flight", "model", "first_token_seconds"),
        *("beat_seconds", "up_seconds"),
    )
    return [dict(zip(names, row, strict=True)) for row in _rows(_WORKERS)]


def _ended() -> list[dict[str, Any]]:
    """Of each of the last minutes, the oldest first; the last is the one that goes on."""
    found = {minute: row for minute, *row in _rows(_ENDED, minutes=THROUGHPUT_MINUTES)}
    names = ("completed", "failed", "cancelled")
    return [
        {"minutes_ago": ago} | dict(zip(names, found.get(ago, (0, 0, 0)), strict=True))
        for ago in range(THROUGHPUT_MINUTES - 1, -1, -1)
    ]


def _times() -> dict[str, Any]:
    """Of the answers completed in the last minutes: until a worker began, and until the end."""
    (row,) = _rows(_TIMES, minutes=THROUGHPUT_MINUTES, most=2000)
    names = ("answers", "wait_median", "wait_p95", "total_median", "total_p95")
    return dict(zip(names, row, strict=True))


def _failures() -> list[dict[str, Any]]:
    return [{"code": code, "count": count} for code, count in _rows(_FAILURES)]


def _watching() -> int | None:
    """Members with a socket or an event stream on any server; None without Redis."""
    members = get_channel_layer().redis_channel(messages.member_group("*"))
    try:
        return len(link.call(lambda redis: redis.pubsub_channels(members)))
    except Unavailable:
        return None


def _checks() -> list[Check]:
    model = health.current()
    return [
        Check("database", True, "answers"),
        _redis(),
        _broker(),
        Check(
            "model",
            model.status in (health.ModelStatus.OK, health.ModelStatus.UNKNOWN),
            model.sentence + (" It is the demo model." if settings.DEMO_MODEL else ""),
        ),
        Check("workers", model.workers > 0, f"{model.workers} beat"),
    ]


def _redis() -> Check:
    began = time.monotonic()
    try:
        link.call(lambda redis: redis.ping())
    except Unavailable:
        return Check("Redis", False, "does not answer: live events and wake-ups are late")
    return Check("Redis", True, f"answers in {1000 * (time.monotonic() - began):.1f} ms")


def _ask_broker() -> Check:
    why = broker.why_not()
    return Check("broker", not why, why or "answers")


_broker = Kept(_ask_broker, seconds=_BROKER_KEPT_SECONDS)
current = Kept(read, seconds=_KEPT_SECONDS)


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _since(moment: str) -> str:
    return f"extract(epoch FROM clock_timestamp() - {moment})::float"


# By reply_queue and reply_by_worker, which hold only what waits and what runs.
_QUEUE = f"""
SELECT now(), waiting, retrying, {_since("oldest")}, running, {_since("longest")}
FROM (
    SELECT count(*) FILTER (WHERE retry_at IS NULL) AS waiting,
           count(*) FILTER (WHERE retry_at IS NOT NULL) AS retrying,
           min(created_at) FILTER (WHERE retry_at IS NULL) AS oldest
    FROM chat_reply WHERE status = 'queued'
) queued, (
    SELECT count(*) AS running, min(started_at) AS longest
    FROM chat_reply WHERE status = 'in_progress'
) running
"""
_WORKERS = f"""
SELECT worker.id, host, pid, coalesce(taken.count, 0), model, first_token_seconds,
       {_since("beat_at")}, {_since("worker.started_at")}
FROM workers_worker worker LEFT JOIN (
    SELECT worker AS id, count(*) FROM chat_reply WHERE status = 'in_progress' GROUP BY worker
) taken USING (id)
ORDER BY host, pid LIMIT 200
"""
_OF_THE_LAST_MINUTES = """
status IN ('completed', 'failed', 'cancelled')
AND finished_at > now() - %(minutes)s * interval '1 minute'
"""
# By reply_ended.
_ENDED = f"""
SELECT greatest(0, floor(extract(epoch FROM now() - finished_at) / 60))::int AS minute,
       count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'),
       count(*) FILTER (WHERE status = 'cancelled')
FROM chat_reply WHERE {_OF_THE_LAST_MINUTES} GROUP BY minute
"""
_TIMES = f"""
SELECT count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - created_at)),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - created_at)),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at)),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
FROM (
    SELECT created_at, started_at, finished_at FROM chat_reply
    WHERE {_OF_THE_LAST_MINUTES} AND status = 'completed' AND started_at IS NOT NULL
    ORDER BY finished_at DESC LIMIT %(most)s
) answered
"""
# By reply_unanswered.
_FAILURES = """
SELECT coalesce(error_code, 'unknown'), count(*) FROM chat_reply
WHERE status = 'failed' AND finished_at > now() - interval '1 hour'
GROUP BY 1 ORDER BY 2 DESC, 1
"""
