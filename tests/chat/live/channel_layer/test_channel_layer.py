"""The channel layer: each message once to every listener of its group, in order."""

import asyncio
import os
import signal
from uuid import uuid4

import pytest
from support.chat.channel_listeners import (
    ADA,
    BEN,
    Listener,
    events_of,
    joined,
    listening,
    publish,
    received,
)
from support.eventually import comes_true

from chat.events import messages
from chat.events.event import Event
from chat.live import channel_layer


async def test_channels_own_way_through_a_group_carries_messages(layer):
    channel = await joined(layer, ADA)

    await layer.group_send(messages.member_group(ADA), events_of(ADA, 1, 2))

    assert await received(layer, channel) == [1, 2]


async def test_a_cancel_arrives_as_it_was_sent(layer):
    channel, cancel = await layer.new_channel(), messages.cancel_replies([uuid4(), uuid4()])
    await layer.group_add(messages.CANCEL_GROUP, channel)

    await layer.group_send(messages.CANCEL_GROUP, cancel)

    async with asyncio.timeout(10):
        assert await layer.receive(channel) == cancel


async def test_a_message_to_a_channel_of_this_process_arrives_and_to_another_is_an_error(layer):
    channel = await layer.new_channel()

    await layer.send(channel, {"type": "member.events", "events": []})

    assert await received(layer, channel) == []
    with pytest.raises(RuntimeError, match="group"):
        await layer.send("asgispecific.elsewhere", {"type": "member.events", "events": []})


async def test_what_is_published_after_joining_is_never_missed(layer, publisher):
    for number in range(50):
        member = uuid4()
        channel = await joined(layer, member)
        assert await publish(publisher, member, number) == 1
        assert await received(layer, channel) == [number]


async def test_whoever_joins_beside_another_waits_for_the_confirmation_too(layer, publisher):
    await joined(layer, BEN)

    async def join():
        await joined(layer, ADA)
        return await publish(publisher, ADA, 1)

    assert await asyncio.gather(*(join() for _ in range(5))) == [1] * 5


async def test_joining_lasts_until_redis_has_confirmed(layer, server, publisher):
    await joined(layer, BEN)

    os.kill(server.pid, signal.SIGSTOP)
    try:
        joining = [asyncio.ensure_future(joined(layer, ADA)) for _ in range(2)]
        await asyncio.sleep(0.1)
        assert not any(join.done() for join in joining)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await asyncio.gather(*joining)

    assert await publish(publisher, ADA, 1) == 1


async def test_each_listener_gets_its_groups_only_and_in_order(layer, publisher):
    first, both = await listening(layer, ADA), await listening(layer, ADA, BEN)

    for number in range(20):
        await publish(publisher, (ADA, BEN)[number % 2], number)

    await both.has(*range(20))
    await first.has(*range(0, 20, 2))


async def test_all_channels_of_a_group_share_one_subscription_and_what_was_unpacked(
    layer, publisher
):
    messages_received = []
    for _ in range(3):
        layer.hand_on(await joined(layer, ADA), messages_received.append)

    assert await publish(publisher, ADA, 1, 2) == 1

    await comes_true(lambda: len(messages_received) == 3)
    assert all(message is messages_received[0] for message in messages_received)


async def test_what_a_listener_takes_at_once_never_waits_in_the_queue(layer, publisher):
    listener, channel = Listener(most=2), await joined(layer, ADA)
    layer.hand_on(channel, listener.on_message)

    for number in range(1, 5):
        await publish(publisher, ADA, number)

    assert [await received(layer, channel) for _ in range(2)] == [[3], [4]]
    assert listener.taken == [1, 2]


async def test_a_channel_that_nobody_reads_is_bounded_and_holds_up_no_other(
    layer, publisher, monkeypatch
):
    monkeypatch.setattr(channel_layer, "MAX_QUEUED", 3)
    stuck, other = await joined(layer, ADA), await listening(layer, ADA)
    before = layer.connection_epoch

    for number in range(5):
        await publish(publisher, ADA, number)

    await other.has(*range(5))
    assert [await received(layer, stuck) for _ in range(3)] == [[0], [1], [2]]
    assert layer.connection_epoch == before + 2  # two may be missed


async def test_messages_are_whole_however_their_bytes_come(layer, publisher):
    """Two in one read, and one in many."""
    listener = await listening(layer, ADA)
    pipeline = publisher.pipeline(transaction=False)
    for number, frame in ((1, "{}"), (2, "{" + "é" * 2**20 + "}")):
        event = Event(member=str(ADA), kind="x", frame=frame, seq=number)
        packed = layer.packed(messages.member_group(ADA), messages.member_events([event]))
        pipeline.publish(*packed)
    await pipeline.execute()

    await listener.has(1, 2)


async def test_who_left_a_group_gets_no_more_of_it(layer, publisher):
    left, stays = await joined(layer, ADA), await listening(layer, ADA)

    await layer.group_discard(messages.member_group(ADA), left)
    await publish(publisher, ADA, 1)

    await stays.has(1)
    assert layer._get_layer().channels[left].empty()


async def test_leaving_and_joining_again_misses_nothing(layer, publisher):
    channel, group = await joined(layer, ADA), messages.member_group(ADA)
    for number in range(20):
        await layer.group_discard(group, channel)
        await layer.group_add(group, channel)
        await publish(publisher, ADA, number)
        assert await received(layer, channel) == [number]


async def test_nothing_is_left_of_a_listener_that_is_gone(layer, publisher):
    await joined(layer, BEN)
    before = await publisher.pubsub_channels()
    for _ in range(10):
        member = uuid4()
        channel = await joined(layer, member)
        layer.delete_channel(channel)
        await layer.group_discard(messages.member_group(member), channel)

    inner = layer._get_layer()
    assert (len(inner.channels), len(inner.groups)) == (1, 1)
    assert len(inner.connection._subscribed_to) == 1
    assert inner.connection._confirmations == {}

    async def forgotten_by_redis():
        return await publisher.pubsub_channels() == before

    await comes_true(forgotten_by_redis)
