"""The channel layer's connection, with a Redis that goes away, hangs or says odd things."""

import asyncio
import os
import signal

import msgpack
import pytest
from redis.asyncio import Redis
from support.chat.channel_listeners import ADA, events_of, joined, listening, publish
from support.eventually import comes_true

from chat.events import messages
from chat.live import channel_layer
from chat.live.channel_layer import EventChannelLayer


async def test_a_lost_connection_is_made_again_with_its_groups_and_told(layer, server):
    listener = await listening(layer, ADA)
    assert (layer.is_connected, layer.connection_epoch) == (True, 1)

    server.kill()
    await comes_true(lambda: not layer.is_connected)
    server.start()
    await comes_true(lambda: layer.is_connected)
    assert layer.connection_epoch == 2

    async with Redis.from_url(server.url) as publisher:
        assert await publish(publisher, ADA, 1) == 1
    await listener.has(1)


async def test_a_connection_that_redis_cut_is_told(layer, publisher):
    await joined(layer, ADA)
    before = layer.connection_epoch

    await publisher.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    await comes_true(lambda: layer.connection_epoch > before and layer.is_connected)
    assert await publish(publisher, ADA, 1) == 1


async def test_without_redis_joining_takes_a_bounded_time_and_is_made_good(
    layer, server, monkeypatch
):
    monkeypatch.setattr(channel_layer, "CONFIRM_SECONDS", 0.05)
    server.kill()

    async with asyncio.timeout(1):
        listener = await listening(layer, ADA)
    assert not layer.is_connected
    server.start()
    await comes_true(lambda: layer.is_connected)

    async with Redis.from_url(server.url) as publisher:
        assert await publish(publisher, ADA, 1) == 1
    await listener.has(1)


async def test_nothing_is_left_of_a_listener_that_redis_never_confirmed(layer, server, monkeypatch):
    monkeypatch.setattr(channel_layer, "CONFIRM_SECONDS", 0.05)
    server.kill()
    channel = await joined(layer, ADA)

    layer.delete_channel(channel)
    await layer.group_discard(messages.member_group(ADA), channel)

    inner = layer._get_layer()
    assert (inner.channels, inner.groups) == ({}, {})
    assert (inner.connection._confirmations, inner.connection._subscribed_to) == ({}, set())


async def test_a_redis_that_hangs_is_given_up(layer, server, monkeypatch):
    monkeypatch.setattr(channel_layer, "PING_SECONDS", 0.05)
    monkeypatch.setattr(channel_layer, "SILENCE_SECONDS", 0.3)
    await joined(layer, ADA)

    os.kill(server.pid, signal.SIGSTOP)
    try:
        await comes_true(lambda: not layer.is_connected)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    await comes_true(lambda: layer.is_connected)


async def test_an_idle_connection_lives_on(layer, publisher, monkeypatch):
    """Longer than any time-out of a read: redis-py's own default, shortened here, is 5 s."""
    monkeypatch.setattr(channel_layer, "PING_SECONDS", 0.05)
    monkeypatch.setattr(channel_layer, "SILENCE_SECONDS", 0.2)
    listener = await listening(layer, ADA)
    before = layer.connection_epoch

    await asyncio.sleep(0.8)

    assert layer._get_layer().connection._reading.socket_timeout is None
    assert layer.connection_epoch == before
    assert await publish(publisher, ADA, 1) == 1
    await listener.has(1)


async def test_either_protocol_of_redis_will_do(server, publisher):
    layer = EventChannelLayer(url=f"{server.url}{'&' if '?' in server.url else '?'}protocol=3")
    try:
        listener = await listening(layer, ADA)
        await publish(publisher, ADA, 1)
        await listener.has(1)
    finally:
        await layer.flush()


@pytest.mark.parametrize(
    "message",
    [
        b"\xc1",
        b"\x05",
        msgpack.packb({"type": "x"}),
        msgpack.packb({"type": "member.events", "version": 99, "events": []}),
    ],
)
async def test_what_cannot_be_read_is_told_and_makes_nobody_deaf(layer, publisher, message):
    """A later release's, say: reconciliation finds in the tables what it said."""
    listener = await listening(layer, ADA)
    channel, _ = layer.packed(messages.member_group(ADA), events_of(ADA))

    await publisher.publish(channel, message)
    await publish(publisher, ADA, 2)

    await listener.has(2)
    assert layer.connection_epoch == 2


async def test_a_mistake_of_ours_makes_nobody_deaf(layer, publisher):
    listener, mistakes = await listening(layer, ADA), [RuntimeError("odd")]
    connection = layer._get_layer().connection
    on_response = connection._on_response

    def break_once(response):
        if mistakes:
            raise mistakes.pop()
        on_response(response)

    connection._on_response = break_once
    await publish(publisher, ADA, 1)
    await comes_true(lambda: layer.connection_epoch == 2 and layer.is_connected)

    await publish(publisher, ADA, 2)
    await listener.has(2)
