"""Waking a worker for a reply. A wake-up that does not go out is found missing in the table.

A thread of its own sends them, so that no request waits for the broker. What comes while it sends
goes out with the next message: the more there is to do, the less each wake-up costs.
"""

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
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
# In one message, which goes to one worker.
MOST_AT_ONCE = 20


class _Broker:
    """The broker as a publisher sees it: quick to give up."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._closed_until = 0.0

    def send(self, reply_ids: Sequence[UUID]) -> bool:
        if time.monotonic() < self._closed_until:
            return False
        try:
            with producers[self._opened()].acquire(block=True, timeout=TIMEOUT_SECONDS) as producer:
                self._publish(producer, reply_ids)
        except Exception as error:  # the request was accepted already; kombu raises many kinds
            self._closed_until = time.monotonic() + BREAK_SECONDS
            log.warning("wakeup.unsent", replies=len(reply_ids), error=type(error).__name__)
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

    def _publish(self, producer: Producer, reply_ids: Sequence[UUID]) -> None:
        args = [str(reply_id) for reply_id in reply_ids]
        current_app.send_task(TASK, args=args, queue=QUEUE, producer=producer, retry=False)


class _Sender:
    def __init__(self) -> None:
        self._waiting: SimpleQueue[UUID] = SimpleQueue()
        self._broker = _Broker()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def send(self, reply_id: UUID) -> None:
        self._waiting.put(reply_id)
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="wake-ups", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._broker.send([self._waiting.get(), *self._others()])

    def _others(self) -> list[UUID]:
        others: list[UUID] = []
        try:
            while len(others) < MOST_AT_ONCE - 1:
                others.append(self._waiting.get_nowait())
        except Empty:
            pass
        return others


_sender = _Sender()


def on_reply_queued(*, reply_id: UUID, **_: object) -> None:
    _sender.send(reply_id)
