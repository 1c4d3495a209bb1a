"""The members' channels, with a Redis that goes away and comes back."""

import asyncio
import os
import signal
from uuid import UUID, uuid4

import msgpack
import pytest
from redis.asyncio import Redis
from support.eventually import comes_true

from chat.events import publisher as events
from chat.events.publisher import Event
from chat.live import channel_layer
from chat.live.channel_layer import Subscriptions
from config.embedded.redis import EmbeddedRedis

ADA, BEN = uuid4(), uuid4()


class Ear:
    """What one listener has heard: the number of each event."""

    def __init__(self):
        self.heard = []

    def hear(self, told):
        self.heard += [one.event.seq for one in told]

    async def has(self, *numbers):
        await comes_true(lambda: self.heard == list(numbers))


@pytest.fixture
def server(tmp_path):
    with EmbeddedRedis(tmp_path) as server:
        yield server


@pytest.fixture
async def here(server, monkeypatch):
    monkeypatch.setattr(channel_layer, "RECONNECT_SECONDS", 0.02)
    here = Subscriptions(server.url)
    yield here
    await here.close()


@pytest.fixture
async def publisher(server):
    async with Redis.from_url(server.url) as client:
        yield client


async def publish(publisher, member: UUID, *numbers):
    pipeline = publisher.pipeline(transaction=False)
    events.add_to(
        pipeline, [Event(member=str(member), kind="x", frame="{}", seq=seq) for seq in numbers]
    )
    return (await pipeline.execute())[0]


async def joined(here, *members):
    ear = Ear()
    for member in members:
        await here.join(member, ear.hear)
    return ear


async def test_what_is_published_after_joining_is_never_missed(here, publisher):
    for number in range(50):
        member = uuid4()
        ear = await joined(here, member)
        assert await publish(publisher, member, number) == 1
        await ear.has(number)


async def test_whoever_joins_beside_another_waits_for_the_confirmation_too(here, publisher):
    await joined(here, BEN)

    async def join():
        await joined(here, ADA)
        return await publish(publisher, ADA, 1)

    assert await asyncio.gather(*(join() for _ in range(5))) == [1] * 5


async def test_each_listener_hears_its_members_only_and_in_order(here, publisher):
    first, both = await joined(here, ADA), await joined(here, ADA, BEN)

    for number in range(20):
        await publish(publisher, (ADA, BEN)[number % 2], number)

    await both.has(*range(20))
    await first.has(*range(0, 20, 2))


async def test_all_listeners_of_a_member_share_one_subscription_and_what_was_unpacked(
    here, publisher
):
    told = []
    for _ in range(3):
        await here.join(ADA, Taker(told).hear)

    assert await publish(publisher, ADA, 1, 2) == 1

    await comes_true(lambda: len(told) == 3)
    assert all(one is told[0] for one in told)


class Taker:
    def __init__(self, told):
        self.told = told

    def hear(self, told):
        self.told.append(told)


async def test_messages_are_whole_however_their_bytes_come(here, publisher):
    """Two in one read, and one in many."""
    ear = await joined(here, ADA)
    long = Event(member=str(ADA), kind="x", frame="{" + "é" * 2**20 + "}", seq=2)
    pipeline = publisher.pipeline(transaction=False)
    for event in (Event(member=str(ADA), kind="x", frame="{}", seq=1), long):
        events.add_to(pipeline, [event])
    await pipeline.execute()
    await ear.has(1, 2)


async def test_who_left_hears_no_more(here, publisher):
    left, stays = await joined(here, ADA), await joined(here, ADA)

    await here.leave(ADA, left.hear)
    await publish(publisher, ADA, 1)

    await stays.has(1)
    assert left.heard == []


async def test_leaving_and_joining_again_misses_nothing(here, publisher):
    ear = await joined(here, ADA)
    for number in range(20):
        await here.leave(ADA, ear.hear)
        await here.join(ADA, ear.hear)
        await publish(publisher, ADA, number)
        await ear.has(*range(number + 1))


async def test_nothing_is_left_of_a_listener_that_is_gone(here, publisher):
    await joined(here, BEN)
    before = await publisher.pubsub_channels()
    for _ in range(10):
        member = uuid4()
        ear = await joined(here, member)
        await here.leave(member, ear.hear)

    assert list(here._listeners) == [events.channel(BEN)]
    assert here._confirmations == {}

    async def forgotten_by_redis():
        return await publisher.pubsub_channels() == before

    await comes_true(forgotten_by_redis)


async def test_a_lost_connection_is_made_again_with_its_channels_and_counted(here, server):
    ear = await joined(here, ADA)
    assert here.gaps == 2

    server.kill()
    await comes_true(lambda: here.gaps == 3)
    server.start()
    await comes_true(lambda: here.gaps == 4)

    async with Redis.from_url(server.url) as publisher:
        assert await publish(publisher, ADA, 1) == 1
    await ear.has(1)


async def test_a_connection_that_redis_cut_is_counted(here, publisher):
    await joined(here, ADA)
    before = here.gaps

    await publisher.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    await comes_true(lambda: here.gaps >= before + 2 and here.gaps % 2 == 0)
    assert await publish(publisher, ADA, 1) == 1


async def test_without_redis_joining_takes_a_bounded_time_and_is_made_good(
    here, server, monkeypatch
):
    monkeypatch.setattr(channel_layer, "CONFIRM_SECONDS", 0.05)
    server.kill()

    async with asyncio.timeout(1):
        ear = await joined(here, ADA)
    assert here.gaps % 2 == 1
    server.start()
    await comes_true(lambda: here.gaps % 2 == 0)

    async with Redis.from_url(server.url) as publisher:
        assert await publish(publisher, ADA, 1) == 1
    await ear.has(1)


async def test_nothing_is_left_of_a_listener_that_redis_never_confirmed(here, server, monkeypatch):
    monkeypatch.setattr(channel_layer, "CONFIRM_SECONDS", 0.05)
    server.kill()
    ear = await joined(here, ADA)

    await here.leave(ADA, ear.hear)

    assert here._confirmations == {}
    assert here._listeners == {}


async def test_a_redis_that_hangs_is_given_up(here, server, monkeypatch):
    monkeypatch.setattr(channel_layer, "PING_SECONDS", 0.05)
    monkeypatch.setattr(channel_layer, "SILENCE_SECONDS", 0.3)
    await joined(here, ADA)

    os.kill(server.pid, signal.SIGSTOP)
    try:
        await comes_true(lambda: here.gaps % 2 == 1)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    await comes_true(lambda: here.gaps % 2 == 0)


async def test_an_idle_connection_lives_on(here, publisher, monkeypatch):
    """Longer than any time-out of a read: redis-py's own default, shortened here, is 5 s."""
    monkeypatch.setattr(channel_layer, "PING_SECONDS", 0.05)
    monkeypatch.setattr(channel_layer, "SILENCE_SECONDS", 0.2)
    ear = await joined(here, ADA)
    before = here.gaps

    await asyncio.sleep(0.8)

    assert here._connection.socket_timeout is None
    assert here.gaps == before
    assert await publish(publisher, ADA, 1) == 1
    await ear.has(1)


@pytest.mark.parametrize("message", [b"\xc1", b"\x05", msgpack.packb({"type": "x"})])
async def test_what_cannot_be_read_is_counted_and_makes_nobody_deaf(here, publisher, message):
    """A later release's, say: the sweep finds in the tables what it told."""
    ear = await joined(here, ADA)

    await publisher.publish(events.channel(ADA), message)
    await publish(publisher, ADA, 2)

    await ear.has(2)
    assert here.gaps == 4


async def test_a_mistake_of_ours_makes_nobody_deaf(here, publisher):
    ear, mistakes = await joined(here, ADA), [RuntimeError("odd")]
    take = here._take

    def break_once(reply):
        if mistakes:
            raise mistakes.pop()
        take(reply)

    here._take = break_once
    await publish(publisher, ADA, 1)
    await comes_true(lambda: here.gaps >= 4 and here.gaps % 2 == 0)

    await publish(publisher, ADA, 2)
    await ear.has(2)
