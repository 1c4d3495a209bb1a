"""The channel layer: channels_redis's pub/sub layer, made to live through a Redis that goes away.

What differs from the parent: a consumer's own channel is not subscribed in Redis, since all events
come by groups; joining a group waits for Redis to confirm, so that "join, then read" misses
nothing; a lost connection is made again with all its groups; and `gaps` says how often messages
may have been lost, so that those who listen know when to read the tables.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any

import structlog
from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
CONFIRM_SECONDS = 1.0
RECONNECT_SECONDS = 0.5
PING_SECONDS = 0.5
# Publishers give up on a stuck Redis after REDIS_TIMEOUT_SECONDS; what they dropped by then is
# found by those who noticed that nothing came, not even the answer to a ping.
SILENCE_SECONDS = 1.5
# Keeps the connection's pub/sub mode alive while nobody has joined a group.
_IDLE_CHANNEL = "malgil:idle"


class PubSubLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # channels_redis is untyped
    def __init__(self, url: str) -> None:
        super().__init__(hosts=[url])
        self._url = url

    def _get_layer(self) -> "LoopLayer":
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = LoopLayer(self._url, self)
        layer: LoopLayer = self._layers[loop]
        return layer

    def forget(self, channel: str) -> None:
        """Undoes `new_channel`, which the parent leaves to a `receive` that is cancelled."""
        self._get_layer().channels.pop(channel, None)

    def gaps(self) -> int:
        """How often this process's connection was lost; odd while it is."""
        return self._get_layer().connection.gaps


class LoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]
    def __init__(self, url: str, layer: PubSubLayer) -> None:
        super().__init__(hosts=[], channel_layer=layer)
        self.connection = Connection(url, self)
        self._shards = [self.connection]

    async def _subscribe_to_channel(self, channel: str) -> None:
        self.channels[channel] = asyncio.Queue()


class Connection(RedisSingleShardConnection):  # type: ignore[misc]
    """One connection that remembers what it is subscribed to, and says so again when it is new."""

    def __init__(self, url: str, layer: LoopLayer) -> None:
        super().__init__(url, layer)
        self.gaps = 1
        self._heard = False
        self._confirmations: dict[str, asyncio.Future[None]] = {}

    async def subscribe(self, channel: str) -> None:
        """Returns when Redis has confirmed; without Redis, after a bounded wait.

        Whoever comes while the first is waiting waits too.
        """
        if channel not in self._subscribed_to:
            self._subscribed_to.add(channel)
            self._ensure_receiver()
            self._confirmations[channel] = asyncio.get_running_loop().create_future()
            if self._pubsub is not None:
                await _bounded(self._pubsub.subscribe(channel))
        if confirmed := self._confirmations.get(channel):
            await _bounded(asyncio.shield(confirmed))

    async def unsubscribe(self, channel: str) -> None:
        if channel not in self._subscribed_to:
            return  # a consumer's own channel
        self._subscribed_to.discard(channel)
        self._confirmations.pop(channel, None)
        if self._pubsub is not None:
            await _bounded(self._pubsub.unsubscribe(channel))

    async def _do_receiving(self) -> None:
        structlog.contextvars.clear_contextvars()  # not the request's that happened to begin it
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever it was: without this task all sockets are deaf
                if self.gaps % 2 == 0:
                    self.gaps += 1
                    log.warning("events.disconnected", error=type(error).__name__)
            finally:
                self._pubsub = None
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        # Blocking reads must not time out: redis-py 8 would otherwise give up an idle
        # connection after 5 s. A dead peer is noticed by its silence.
        client: Redis = Redis.from_url(
            self.host,
            socket_timeout=None,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        async with contextlib.aclosing(client), client.pubsub() as pubsub:
            wanted = set(self._subscribed_to)
            await pubsub.subscribe(_IDLE_CHANNEL, *wanted)
            self._pubsub = pubsub
            if late := self._subscribed_to - wanted:
                await pubsub.subscribe(*late)
            await self._take_all(pubsub)

    async def _take_all(self, pubsub: PubSub) -> None:
        """Until the connection breaks, or falls silent: then a stuck Redis may have lost events."""
        async with asyncio.timeout(SILENCE_SECONDS) as silence:
            pinging = asyncio.ensure_future(self._ping(pubsub, silence))
            try:
                async for message in pubsub.listen():
                    self._heard = True
                    self._take(message)
            finally:
                pinging.cancel()

    async def _ping(self, pubsub: PubSub, silence: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(RedisError, OSError):
            while True:
                await pubsub.ping()
                await asyncio.sleep(PING_SECONDS)
                if self._heard:
                    self._heard = False
                    silence.reschedule(loop.time() + SILENCE_SECONDS)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "message":
            self._receive_message(message)
        elif message["type"] == "subscribe":
            self._confirm(message["channel"].decode())

    def _confirm(self, channel: str) -> None:
        if channel == _IDLE_CHANNEL:
            # Even when it was even: then the client has made the connection again by itself.
            self.gaps += 1 if self.gaps % 2 == 1 else 2
        confirmed = self._confirmations.pop(channel, None)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)


async def _bounded(waiting: Awaitable[object]) -> None:
    """Redis away is no error here: the connection is made again with all that was wanted."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(CONFIRM_SECONDS):
            await waiting
