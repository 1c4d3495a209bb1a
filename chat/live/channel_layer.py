"""The channel layer: channels_redis' pub/sub layer, made to survive a Redis that goes away.

What differs from the parent:

- A message is unpacked and checked once in a process (`unpack`), however many channels get it.
- A listener that called `hand_on` is given a message as it arrives, without a queue and a task in
  between. Only what it cannot take at once waits in its channel's queue, for `receive`.
- A consumer's own channel is not subscribed in Redis: everything comes by groups.
- `group_add` waits until Redis has confirmed, so that whoever joins and then reads the tables
  misses nothing.
- A lost connection, or a silent one, is made again with all its groups; `connection_epoch` and
  `is_connected` tell when messages may have been missed. Redis away is no error for a listener.

The parents' names that this module relies on, apart from Channels' documented API, are listed in
docs/private-uses.md; tests/contracts/test_channels_redis.py fails by the name of one that changed.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from channels.layers import get_channel_layer
from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat.events import messages
from chat.events.messages import CancelReplies, Message

from .encoded_event import EncodedEvent, ReceivedEvents, received

log = structlog.get_logger(__name__)
CONFIRM_SECONDS = 1.0
RECONNECT_SECONDS = 0.5
PING_SECONDS = 0.5
# Publishers give up on a stuck Redis after REDIS_TIMEOUT_SECONDS; what they dropped by then is
# found by those who noticed that nothing came, not even the answer to a ping.
SILENCE_SECONDS = 1.5
# Messages that wait for a channel's `receive`.
MAX_QUEUED = 5000
# Keeps the connection's pub/sub mode alive while nobody has joined a group.
_IDLE_CHANNEL = "malgil:idle"
_READ_BYTES = 2**18

Received = ReceivedEvents | CancelReplies
# Takes what it can of a message at once; returns what has to wait for `receive`.
OnMessage = Callable[[Any], Any | None]


class EventChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # channels_redis is untyped
    """What settings.CHANNEL_LAYERS names. `url` is Redis's."""

    def __init__(self, url: str) -> None:
        super().__init__(hosts=[url])
        self._url = url

    @property
    def is_connected(self) -> bool:  # in this process and event loop
        return self._get_layer().connection.is_connected

    @property
    def connection_epoch(self) -> int:
        """Grows with each new connection and with each message that could not be read.

        Whoever finds it larger than before may have missed messages in between.
        """
        return self._get_layer().connection.epoch

    def serialize(self, message: Message) -> bytes:
        packed: bytes = super().serialize(messages.to_wire(message))
        return packed

    def deserialize(self, message: Received) -> Received:
        """For the parent's `receive`: what is in the queues was unpacked when it arrived."""
        return message

    def unpack(self, data: bytes) -> Received:
        """Raises messages.Unreadable, or what msgpack raises."""
        message = messages.from_wire(super().deserialize(data))
        if message["type"] == "member.events":
            return received([EncodedEvent.of(event) for event in message["events"]])
        return message

    def packed(self, group: str, message: Message) -> tuple[str, bytes]:
        """What `group_send` publishes, and where, for a pipeline or script of one's own.

        Needs no event loop.
        """
        return self.redis_channel(group), self.serialize(message)

    def redis_channel(self, group: str) -> str:
        return f"asgi__group__{group}"

    def hand_on(self, channel: str, on_message: OnMessage) -> None:
        """From now on `on_message` gets the channel's messages first, as they arrive."""
        self._get_layer().channels[channel].on_message = on_message

    def delete_channel(self, channel: str) -> None:
        """Undoes `new_channel`, which the parent leaves to a `receive` that is cancelled."""
        self._get_layer().channels.pop(channel, None)

    def _get_layer(self) -> "LoopLayer":
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = LoopLayer(self._url, self)
        layer: LoopLayer = self._layers[loop]
        return layer


def current() -> EventChannelLayer:
    """Channels' layer, with its type."""
    layer = get_channel_layer()
    assert isinstance(layer, EventChannelLayer)
    return layer


class ChannelQueue(asyncio.Queue[Received]):
    """A channel's messages. What its listener takes as it arrives never waits here."""

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        super().__init__(maxsize=MAX_QUEUED)
        self.on_message: OnMessage | None = None
        self._on_overflow = on_overflow

    def put_nowait(self, message: Received) -> None:
        """Drops the message where nobody receives and too many wait, and tells so."""
        left = message if self.on_message is None else self.on_message(message)
        if left is None:
            return
        try:
            super().put_nowait(left)
        except asyncio.QueueFull:
            self._on_overflow()


class LoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]
    """The layer's part of one event loop."""

    def __init__(self, url: str, layer: EventChannelLayer) -> None:
        super().__init__(hosts=[url], channel_layer=layer)
        self.connection = RedisConnection(url, self)
        self._shards = [self.connection]

    async def send(self, channel: str, message: Received) -> None:
        """To a channel of this process; only groups reach others. Raises RuntimeError."""
        if channel not in self.channels:
            raise RuntimeError("Only channels of this process can be sent to. Use a group.")
        self.channels[channel].put_nowait(message)

    async def _subscribe_to_channel(self, channel: str) -> None:
        self.channels[channel] = ChannelQueue(self.connection.note_overflow)


class RedisConnection(RedisSingleShardConnection):  # type: ignore[misc]
    """One connection that remembers what it is subscribed to, and says so again when it is new."""

    def __init__(self, url: str, layer: LoopLayer) -> None:
        super().__init__({"address": url}, layer)
        self.epoch = 0
        self.is_connected = False
        self._unpack = layer.channel_layer.unpack
        self._confirmations: dict[str, asyncio.Future[None]] = {}
        self._heard = False
        self._reading: AbstractConnection | None = None
        # Blocking reads must not time out: redis-py 8 would otherwise give up an idle connection
        # after 5 s. A dead peer is noticed by its silence. Protocol 3 would take longer: redis-py
        # then makes a text for its log of each message.
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=2,
            socket_read_size=_READ_BYTES,
            retry=Retry(NoBackoff(), 0),
        )

    async def subscribe(self, channel: str) -> None:
        """Returns when Redis has confirmed; without Redis, after a bounded wait.

        Whoever comes while the first is waiting waits too.
        """
        if channel not in self._subscribed_to:
            self._subscribed_to.add(channel)
            self._ensure_receiver()
            self._confirmations[channel] = asyncio.get_running_loop().create_future()
            await self._send("SUBSCRIBE", channel)
        if confirmed := self._confirmations.get(channel):
            await _bounded(asyncio.shield(confirmed))

    async def unsubscribe(self, channel: str) -> None:
        if channel in self._subscribed_to:  # a consumer's own channel never is
            self._subscribed_to.discard(channel)
            self._confirmations.pop(channel, None)
            await self._send("UNSUBSCRIBE", channel)

    async def flush(self) -> None:
        await super().flush()
        self._confirmations.clear()
        self.is_connected = False

    def note_overflow(self) -> None:
        self.epoch += 1
        log.warning("events.overflow")

    async def _send(self, *command: str) -> None:
        if self._reading is not None:
            await _bounded(self._reading.send_command(*command, check_health=False))

    async def _do_receiving(self) -> None:
        structlog.contextvars.clear_contextvars()  # not the request's that happened to begin it
        while True:
            try:
                await self._connect_and_read()
            except Exception as error:  # whatever it was: without this task nothing is received
                if self.is_connected:
                    log.warning("events.disconnected", error=type(error).__name__)
            finally:
                self.is_connected = False
                self._reading = None
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _connect_and_read(self) -> None:
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()
            wanted = set(self._subscribed_to)
            await connection.send_command("SUBSCRIBE", _IDLE_CHANNEL, *wanted)
            self._reading = connection
            if late := self._subscribed_to - wanted:
                await connection.send_command("SUBSCRIBE", *late)
            await self._read(connection)
        finally:
            await connection.disconnect(nowait=True)

    async def _read(self, connection: AbstractConnection) -> None:
        """Until the connection breaks, or falls silent: then a stuck Redis may have lost events."""
        async with asyncio.timeout(SILENCE_SECONDS) as silence:
            pinging = asyncio.ensure_future(self._ping(connection, silence))
            try:
                while True:
                    response = await connection.read_response(
                        disable_decoding=True, push_request=True
                    )
                    self._heard = True
                    self._on_response(response)
            finally:
                pinging.cancel()

    async def _ping(self, connection: AbstractConnection, silence: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(RedisError, OSError):
            while True:
                await connection.send_command("PING", check_health=False)
                await asyncio.sleep(PING_SECONDS)
                if self._heard:
                    self._heard = False
                    silence.reschedule(loop.time() + SILENCE_SECONDS)

    def _on_response(self, response: Any) -> None:
        if not isinstance(response, list):
            return  # protocol 3's answer to a ping
        if response[0] == b"message":
            self._on_published(response[1].decode(), response[2])
        elif response[0] == b"subscribe":
            self._on_confirmed(response[1].decode())

    def _on_published(self, channel: str, data: bytes) -> None:
        if channel not in self._subscribed_to:
            return  # left while it was on its way
        try:
            message = self._unpack(data)
        except Exception as error:  # a later release's, say: what it told stands in the tables
            self.epoch += 1
            log.warning("events.unreadable", error=type(error).__name__)
            return
        self._receive_message({"channel": channel, "data": message})

    def _on_confirmed(self, channel: str) -> None:
        if channel == _IDLE_CHANNEL:  # the connection is new
            self.epoch += 1
            self.is_connected = True
        confirmed = self._confirmations.pop(channel, None)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)


async def _bounded(waiting: Awaitable[object]) -> None:
    """Redis away is no error here: the connection is made again with all that was wanted."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(CONFIRM_SECONDS):
            await waiting
