"""Waking a worker for a reply. A wake-up that does not go out is found missing in the table.

A thread of its own sends them, so that no request waits for the broker. The first one after a quiet
moment leaves at once; what comes just after it goes out together: the more there is to do, the less
each wake-up costs.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from uuid import UUID

import structlog
from celery import current_app
from kombu import Connection, Producer

log = structlog.get_logger(__name__)
TASK = "workers.generate"
QUEUE = "replies"
# As in api/redis.py: after a failure nobody waits for the broker again for a moment.
BREAK_SECONDS = 1.0
TIMEOUT_SECONDS = 0.5
# Between two messages: what a reply may wait at most, just after another, to go out with others.
GATHER_SECONDS = 0.02
# In one message, which goes to one worker.
MOST_AT_ONCE = 20


class _Broker:
    """The broker as a publisher sees it: quick to give up. For one thread."""

    def __init__(self) -> None:
        self._producer: Producer | None = None
        self._closed_until = 0.0

    def send(self, reply_ids: Sequence[UUID]) -> bool:
        if time.monotonic() < self._closed_until:
            return False
        try:
            self._publish([str(reply_id) for reply_id in reply_ids])
        except Exception as error:  # the request was accepted already; kombu raises many kinds
            self._closed_until = time.monotonic() + BREAK_SECONDS
            self._close()
            log.warning("wakeup.unsent", replies=len(reply_ids), error=type(error).__name__)
            return False
        return True

    def _publish(self, args: list[str]) -> None:
        if self._producer is None:
            self._producer = _opened()
        current_app.send_task(
            TASK,
            args,
            producer=self._producer,
            queue=QUEUE,
            ignore_result=True,
            argsrepr="",  # what is written down for monitors, which nobody reads here
            kwargsrepr="",
        )

    def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None and producer.connection is not None:
            with suppress(Exception):
                producer.connection.close()


def _opened() -> Producer:
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
    }
    connection = Connection(
        current_app.conf.broker_url, transport_options=options, connect_timeout=TIMEOUT_SECONDS
    )
    return connection.Producer(auto_declare=False)


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
            time.sleep(GATHER_SECONDS)

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
