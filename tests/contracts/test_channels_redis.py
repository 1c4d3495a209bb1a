"""channels_redis, Channels and redis-py, as chat/live/channel_layer.py relies on them.

All but the last two tests are about the libraries' own classes.
"""

import asyncio

import pytest
from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from redis.asyncio import ConnectionPool, Redis
from support.contract import require, require_parameters
from support.eventually import comes_true

from chat.live.channel_layer import EventChannelLayer

BREAKS = "chat/live/channel_layer.py overrides or calls it"


class Shard:
    """Stands where the parent has a connection, and notes what it is asked for."""

    def __init__(self):
        self.asked = []

    async def subscribe(self, channel):
        self.asked.append(("subscribe", channel))

    async def unsubscribe(self, channel):
        self.asked.append(("unsubscribe", channel))

    async def publish(self, channel, message):
        self.asked.append(("publish", channel, message))

    async def flush(self):
        """When the test's event loop is closed."""


class StockLayer(RedisPubSubChannelLayer):
    """channels_redis' layer, with a shard that needs no Redis."""

    def __init__(self):
        super().__init__()
        self.shard = Shard()

    def _get_layer(self):
        layer = super()._get_layer()
        layer._shards = [self.shard]
        return layer


@pytest.fixture
def stock():
    return StockLayer()


async def test_the_parts_of_the_layer_have_the_names_that_are_used():
    layer = RedisPubSubChannelLayer()
    require(layer, "_layers", "_get_layer", "serialize", "deserialize", breaks=BREAKS)
    names = ("_shards", "channels", "groups", "channel_layer", "_subscribe_to_channel")
    require(RedisPubSubLoopLayer(), *names, breaks=BREAKS)
    connection = RedisSingleShardConnection({}, None)
    names = ("_subscribed_to", "_receive_task", "_ensure_receiver", "_do_receiving")
    require(connection, *names, "subscribe", "unsubscribe", "flush", breaks=BREAKS)


def test_what_is_overridden_takes_what_it_did():
    connection, loop = RedisSingleShardConnection, RedisPubSubLoopLayer
    require_parameters(connection.__init__, "host", "channel_layer", breaks=BREAKS)
    require_parameters(connection.subscribe, "channel", breaks=BREAKS)
    require_parameters(connection.unsubscribe, "channel", breaks=BREAKS)
    require_parameters(connection._do_receiving, breaks=BREAKS)
    require_parameters(connection._receive_message, "message", breaks=BREAKS)
    require_parameters(loop._subscribe_to_channel, "channel", breaks=BREAKS)
    require_parameters(loop.send, "channel", "message", breaks=BREAKS)


async def test_layers_keeps_the_part_of_each_event_loop(stock):
    layer = stock._get_layer()

    assert isinstance(layer, RedisPubSubLoopLayer)
    assert stock._layers == {asyncio.get_running_loop(): layer}


@pytest.mark.parametrize(
    "name",
    ["new_channel", "send", "receive", "group_add", "group_discard", "group_send", "flush"],
)
async def test_get_layer_is_where_the_api_goes(name, monkeypatch):
    called = []

    class Part:
        async def note(self, *args):
            called.append(args)

    setattr(Part, name, Part.note)
    layer = RedisPubSubChannelLayer()
    monkeypatch.setattr(layer, "_get_layer", Part)

    await getattr(layer, name)("given")

    assert called == [("given",)]


async def test_shards_get_what_groups_subscribe_to_and_send(stock):
    channel = await stock.new_channel()
    stock.shard.asked.clear()

    await stock.group_add("g", channel)
    await stock.group_send("g", {"type": "x"})
    await stock.group_discard("g", channel)

    assert stock.shard.asked == [
        ("subscribe", "asgi__group__g"),
        ("publish", "asgi__group__g", stock.serialize({"type": "x"})),
        ("unsubscribe", "asgi__group__g"),
    ]


async def test_a_group_is_left_in_redis_with_its_last_channel_only(stock):
    first, last = await stock.new_channel(), await stock.new_channel()
    for channel in (first, last):
        await stock.group_add("g", channel)
    stock.shard.asked.clear()

    await stock.group_discard("g", first)
    assert stock.shard.asked == []
    await stock.group_discard("g", last)
    assert stock.shard.asked == [("unsubscribe", "asgi__group__g")]
    assert stock._get_layer().groups == {}


async def test_subscribe_to_channel_makes_the_queue_that_receive_reads(stock, monkeypatch):
    layer = stock._get_layer()

    async def subscribe(channel):
        layer.channels[channel] = asyncio.Queue()

    monkeypatch.setattr(layer, "_subscribe_to_channel", subscribe)
    channel = await stock.new_channel()
    layer.channels[channel].put_nowait(stock.serialize({"type": "x"}))

    assert await stock.receive(channel) == {"type": "x"}
    assert stock.shard.asked == []


async def test_receive_hands_out_what_deserialize_returns(stock, monkeypatch):
    channel, thing = await stock.new_channel(), object()
    monkeypatch.setattr(stock, "deserialize", lambda message: (message, thing))
    stock._get_layer().channels[channel].put_nowait("packed")

    assert await stock.receive(channel) == ("packed", thing)


async def test_a_receive_that_is_cancelled_deletes_the_channel(stock):
    channel = await stock.new_channel()
    receiving = asyncio.ensure_future(stock.receive(channel))
    await asyncio.sleep(0)

    receiving.cancel()
    await asyncio.wait([receiving])

    assert stock._get_layer().channels == {}


async def test_receive_message_puts_into_the_queues_of_channels_and_groups():
    class Queue:
        def __init__(self):
            self.got = []

        def put_nowait(self, data):
            self.got.append(data)

    layer = RedisPubSubLoopLayer()
    layer.channels = {"a": Queue(), "b": Queue(), "c": Queue()}
    layer.groups = {"asgi__group__g": {"a", "b", "gone"}}
    connection = RedisSingleShardConnection({}, layer)

    connection._receive_message({"channel": "asgi__group__g", "data": "x"})

    assert [queue.got for queue in layer.channels.values()] == [["x"], ["x"], []]


async def test_ensure_receiver_keeps_do_receiving_as_receive_task_until_the_flush():
    ended = asyncio.Event()

    class Receiving(RedisSingleShardConnection):
        async def _do_receiving(self):
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    connection = Receiving({}, RedisPubSubLoopLayer())
    connection._subscribed_to.add("x")
    connection._ensure_receiver()
    task = connection._receive_task
    connection._ensure_receiver()
    assert connection._receive_task is task
    await asyncio.sleep(0)

    await connection.flush()

    assert ended.is_set()
    assert (connection._receive_task, connection._subscribed_to) == (None, set())


async def test_an_async_consumer_handles_what_its_channel_receives():
    """By the method that the type names; the channel is there before anything is handled."""
    handled = asyncio.Queue()

    class Consumer(AsyncConsumer):
        async def dispatch(self, message):
            handled.put_nowait((message["type"], self.channel_name))

    async def never():
        await asyncio.Event().wait()

    layer = get_channel_layer()
    channels = layer._get_layer().channels
    consuming = asyncio.ensure_future(Consumer()({}, never, None))
    await comes_true(lambda: channels)
    (channel,) = channels
    await layer.send(channel, {"type": "member.events", "events": []})

    async with asyncio.timeout(5):
        assert await handled.get() == ("member.events", channel)
    consuming.cancel()
    await asyncio.wait([consuming])
    assert channels == {}


@pytest.mark.parametrize("protocol", [2, 3])
async def test_read_response_gives_what_was_published_as_a_list_of_bytes(redis, settings, protocol):
    """By redis-py's public names: make_connection, connect, send_command, read_response."""
    pool = ConnectionPool.from_url(settings.REDIS_URL, protocol=protocol, socket_timeout=None)
    connection = pool.make_connection()
    await connection.connect()

    async def read():
        async with asyncio.timeout(5):
            return await connection.read_response(disable_decoding=True, push_request=True)

    try:
        assert connection.socket_timeout is None
        await connection.send_command("SUBSCRIBE", "c", check_health=False)
        assert await read() == [b"subscribe", b"c", 1]
        async with Redis.from_url(settings.REDIS_URL) as client:
            await client.publish("c", b"\x00\xff")
        assert await read() == [b"message", b"c", b"\x00\xff"]
    finally:
        await connection.disconnect(nowait=True)


async def test_redis_channel_is_what_the_parent_calls_a_group():
    layer = EventChannelLayer(url="redis://nowhere")

    assert layer.redis_channel("g") == layer._get_group_channel_name("g")
    assert layer.redis_channel("g") == RedisPubSubLoopLayer()._get_group_channel_name("g")


async def test_the_layer_that_the_settings_name_is_channels_redis_pub_sub_layer():
    layer = get_channel_layer()

    assert isinstance(layer, EventChannelLayer)
    assert isinstance(layer, RedisPubSubChannelLayer)
