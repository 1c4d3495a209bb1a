"""kombu and Celery, as workers/engine/celery_fetching.py relies on them."""

import inspect

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks
from kombu import Connection, Queue
from kombu.transport import redis, virtual
from support.contract import require, require_parameters

BREAKS = "workers/engine/celery_fetching.py leaves to other workers what has no room here by it"


def test_a_virtual_channel_asks_its_qos_whether_it_may_fetch():
    require(virtual, "Channel", breaks=BREAKS)
    assert issubclass(redis.Channel, virtual.Channel), BREAKS
    with Connection("memory://") as connection, connection.channel() as channel:
        require(channel, "qos", breaks=BREAKS)
        require(channel.qos, "can_consume", breaks=BREAKS)
        require_parameters(channel.qos.can_consume, breaks=BREAKS)
        assert channel.qos is channel.qos, BREAKS


def test_the_redis_transport_asks_before_it_waits_for_a_message():
    source = inspect.getsource(redis.MultiChannelPoller)

    assert "qos.can_consume()" in source, BREAKS


def test_the_step_starts_when_celery_has_its_consumer():
    require(bootsteps, "StartStopStep", breaks=BREAKS)
    assert Tasks.start is not None, BREAKS
    assert "task_consumer" in inspect.getsource(Tasks.start), BREAKS


def test_a_message_is_crossed_out_though_its_queue_is_read_without_receipts():
    """Once kombu leaves that out by itself, our own `ack` that does nothing can go."""
    breaks = "workers/engine/celery_fetching.py keeps messages without receipts from it"
    crossed_out, got = [], []
    with Connection("memory://") as connection, connection.channel() as channel:
        require(channel.qos, "ack", breaks=breaks)
        require_parameters(channel.qos.ack, "delivery_tag", breaks=breaks)
        channel.qos.ack = crossed_out.append
        queue = Queue("contract", no_ack=True)
        with connection.Consumer([queue], channel=channel) as consumer:
            consumer.register_callback(lambda body, message: got.append(message))
            connection.Producer(channel).publish({}, routing_key="contract", declare=[queue])
            connection.drain_events(timeout=5)
        (message,) = got
        message.ack()

    assert crossed_out == [message.delivery_tag], breaks
