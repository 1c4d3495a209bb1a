"""The channel layer, with a Redis that goes away and comes back."""

import asyncio
import os
import signal

import msgpack
import pytest
from eventually import comes_true
from redis.asyncio import Redis

from chat import layers
from chat.layers import PubSubLayer
from config.embedded.redis import EmbeddedRedis

SECONDS = 10


@pytest.fixture
def server(tmp_path):
    with EmbeddedRedis(tmp_path) as server:
        yield server


@pytest.fixture
async def layer(server, monkeypatch):
    monkeypatch.setattr(layers, "RECONNECT_SECONDS", 0.02)
    layer = PubSubLayer(server.url)
    yield layer
    await layer.flush()


@pytest.fixture
async def publisher(server):
    async with Redis.from_url(server.url) as client:
        yield client


async def publish(publisher, group, **message):
    channel = f"asgi__group__{group}"
    return await publisher.publish(channel, msgpack.packb({"type": "x", **message}))


async def joined(layer, *groups):
    channel = await layer.new_channel()
    for group in groups:
        await layer.group_add(group, channel)
    return channel


async def received(layer, channel):
    async with asyncio.timeout(SECONDS):
        return await layer.receive(channel)


def waiting(layer, channel):
    return layer._get_layer().channels[channel].qsize()


async def test_what_is_published_after_joining_is_never_missed(layer, publisher):
    for number in range(50):
        channel = await joined(layer, f"g{number}")
        assert await publish(publisher, f"g{number}", n=number) == 1
        assert (await received(layer, channel))["n"] == number


async def test_whoever_joins_beside_another_waits_for_the_confirmation_too(layer, publisher):
    await joined(layer, "warm-up")
    channels = await asyncio.gather(*(layer.new_channel() for _ in range(5)))

    async def join(channel):
        await layer.group_add("g", channel)
        return await publish(publisher, "g")

    assert await asyncio.gather(*map(join, channels)) == [1] * 5


async def test_each_consumer_hears_its_groups_only_and_in_order(layer, publisher):
    first, both = await joined(layer, "a"), await joined(layer, "a", "b")

    for number in range(20):
        await publish(publisher, "ab"[number % 2], n=number)

    assert [(await received(layer, both))["n"] for _ in range(20)] == list(range(20))
    assert [(await received(layer, first))["n"] for _ in range(10)] == list(range(0, 20, 2))
    assert waiting(layer, first) == 0


async def test_who_left_a_group_hears_no_more_of_it(layer, publisher):
    left, stays = await joined(layer, "g"), await joined(layer, "g")

    await layer.group_discard("g", left)
    await publish(publisher, "g", n=1)

    assert (await received(layer, stays))["n"] == 1
    assert waiting(layer, left) == 0


async def test_leaving_and_joining_again_misses_nothing(layer, publisher):
    channel = await joined(layer, "g")
    for number in range(20):
        await layer.group_discard("g", channel)
        await layer.group_add("g", channel)
        await publish(publisher, "g", n=number)
        assert (await received(layer, channel))["n"] == number


async def test_nothing_is_left_of_a_consumer_that_is_gone(layer, publisher):
    await joined(layer, "keeps the connection")
    before = await publisher.pubsub_channels()
    for number in range(10):
        channel = await joined(layer, f"g{number}")
        receiving = asyncio.ensure_future(layer.receive(channel))
        await asyncio.sleep(0)
        await layer.group_discard(f"g{number}", channel)
        receiving.cancel()
        await asyncio.wait([receiving])

    inner = layer._get_layer()
    assert len(inner.channels) == len(inner.groups) == 1
    assert len(inner.connection._subscribed_to) == 1
    assert inner.connection._confirmations == {}

    async def forgotten_by_redis():
        return await publisher.pubsub_channels() == before

    await comes_true(forgotten_by_redis)


async def test_a_lost_connection_is_made_again_with_its_groups_and_counted(layer, server):
    channel = await joined(layer, "g")
    assert layer.gaps() == 2

    server.kill()
    await comes_true(lambda: layer.gaps() == 3)
    server.start()
    await comes_true(lambda: layer.gaps() == 4)

    async with Redis.from_url(server.url) as publisher:
        assert await publish(publisher, "g", n=1) == 1
    assert (await received(layer, channel))["n"] == 1


async def test_a_connection_that_redis_cut_is_counted(layer, publisher):
    await joined(layer, "g")
    before = layer.gaps()

    await publisher.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    await comes_true(lambda: layer.gaps() >= before + 2 and layer.gaps() % 2 == 0)
    assert await publish(publisher, "g") == 1


async def test_without_redis_joining_takes_a_bounded_time_and_is_made_good(
    layer, server, monkeypatch
):
    monkeypatch.setattr(layers, "CONFIRM_SECONDS", 0.05)
    server.kill()

    async with asyncio.timeout(1):
        channel = await joined(layer, "g")
    assert layer.gaps() % 2 == 1
    server.start()
    await comes_true(lambda: layer.gaps() % 2 == 0)

    async with Redis.from_url(server.url) as publisher:
        assert await publish(publisher, "g", n=1) == 1
    assert (await received(layer, channel))["n"] == 1


async def test_a_redis_that_hangs_is_given_up(layer, server, monkeypatch):
    monkeypatch.setattr(layers, "PING_SECONDS", 0.05)
    monkeypatch.setattr(layers, "SILENCE_SECONDS", 0.3)
    await joined(layer, "g")

    os.kill(server.pid, signal.SIGSTOP)
    try:
        await comes_true(lambda: layer.gaps() % 2 == 1)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    await comes_true(lambda: layer.gaps() % 2 == 0)


async def test_an_idle_connection_lives_on(layer, publisher, monkeypatch):
    """Longer than any time-out of a read: redis-py's own default, shortened here, is 5 s."""
    monkeypatch.setattr(layers, "PING_SECONDS", 0.05)
    monkeypatch.setattr(layers, "SILENCE_SECONDS", 0.2)
    channel = await joined(layer, "g")
    before = layer.gaps()

    await asyncio.sleep(0.8)

    connection = layer._get_layer().connection._pubsub.connection
    assert connection.socket_timeout is None
    assert layer.gaps() == before
    assert await publish(publisher, "g", n=1) == 1
    assert (await received(layer, channel))["n"] == 1


async def test_what_cannot_be_read_makes_no_socket_deaf(layer, publisher, monkeypatch):
    channel = await joined(layer, "g")
    connection = layer._get_layer().connection
    take, broken = connection._take, [RuntimeError("odd")]

    def break_once(message):
        if broken:
            raise broken.pop()
        take(message)

    connection._take = break_once
    await publish(publisher, "g", n=1)
    await comes_true(lambda: layer.gaps() >= 4 and layer.gaps() % 2 == 0)

    await publish(publisher, "g", n=2)
    assert (await received(layer, channel))["n"] == 2
