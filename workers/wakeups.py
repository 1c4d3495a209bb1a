"""Waking a worker for a reply. A wake-up that does not go out is found missing in the table."""

import time
from uuid import UUID

import structlog
from celery import current_app
from kombu import Connection, Producer
from kombu.pools import producers

log = structlog.get_logger(__name__)
TASK = "workers.generate"
QUEUE = "replies"
# As in api/redis.py: after a failure nobody waits for the broker again for a moment.
BREAK_SECONDS = 1.0
TIMEOUT_SECONDS = 0.5


class _Broker:
    """The broker as a publisher sees it: quick to give up."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._closed_until = 0.0

    def send(self, reply_id: UUID) -> bool:
        if time.monotonic() < self._closed_until:
            return False
        try:
            with producers[self._opened()].acquire(block=True, timeout=TIMEOUT_SECONDS) as producer:
                self._publish(producer, reply_id)
        except Exception as error:  # the request was accepted already; kombu raises many kinds
            self._closed_until = time.monotonic() + BREAK_SECONDS
            log.warning("wakeup.unsent", reply=str(reply_id), error=type(error).__name__)
            return False
        return True

    def _opened(self) -> Connection:
        if self._connection is None:
            options = {
                **current_app.conf.broker_transport_options,
                "socket_timeout": TIMEOUT_SECONDS,
                "socket_connect_timeout": TIMEOUT_SECONDS,
            }
            self._connection = Connection(
                current_app.conf.broker_url,
                transport_options=options,
                connect_timeout=TIMEOUT_SECONDS,
            )
        return self._connection

    def _publish(self, producer: Producer, reply_id: UUID) -> None:
        current_app.send_task(
            TASK, args=[str(reply_id)], queue=QUEUE, producer=producer, retry=False
        )


_broker = _Broker()


def on_reply_queued(*, reply_id: UUID, **_: object) -> None:
    _broker.send(reply_id)
