"""How wake-ups are fetched: while there is room, and without a word about their receipt."""

from typing import Any

from celery import bootsteps
from kombu.transport import virtual

from . import engine_thread


class Fetching(bootsteps.StartStopStep):
    """Part of Celery's consumer.

    What a worker has no room for is left to the others. RabbitMQ sends messages of its own accord;
    there, a reply that finds no room waits until somebody looks into the table.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        channel = consumer.task_consumer.channel
        if isinstance(channel, virtual.Channel):
            fetching: Any = channel.qos
            fetching.can_consume = engine_thread.current().has_room
            # The queue is read with `no_ack`, of which kombu's virtual transports know only half:
            # they write no receipt down, but cross it out, and keep its tag for ever.
            fetching.ack = lambda delivery_tag: None
