"""Members' events for all who listen in this process, over one connection to Redis.

A member's channel is subscribed once for all of its listeners, and what comes is unpacked once.
Joining waits for Redis to confirm, so that "join, then read" misses nothing; a lost connection is
made again with all its channels; and `gaps` says how often messages may have been lost, so that
those who listen know when to read the tables.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import hiredis
import msgpack
import structlog
from django.conf import settings
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat.events import publisher

from .subscriber import Told

log = structlog.get_logger(__name__)
CONFIRM_SECONDS = 1.0
RECONNECT_SECONDS = 0.5
PING_SECONDS = 0.5
# Publishers give up on a stuck Redis after REDIS_TIMEOUT_SECONDS; what they dropped by then is
# found by those who noticed that nothing came, not even the answer to a ping.
SILENCE_SECONDS = 1.5
# Keeps the connection's pub/sub mode alive while nobody listens.
_IDLE_CHANNEL = "malgil:idle"
_MOST_READ = 2**18

Hear = Callable[[Sequence[Told]], None]


class Subscriptions:
    """One for a process and its event loop; see `here`.

    `gaps` counts how often the connection was lost or could not be understood; it is odd while
    there is none.
    """

    def __init__(self, url: str) -> None:
        self.gaps = 1
        self._listeners: dict[str, set[Hear]] = {}
        self._confirmations: dict[str, asyncio.Future[None]] = {}
        # Blocking reads must not time out: redis-py 8 would otherwise give up an idle
        # connection after 5 s. A dead peer is noticed by its silence.
        self._pool = ConnectionPool.from_url(
            url, socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self._connection: AbstractConnection | None = None
        self._heard = False
        self._receiving: asyncio.Task[None] | None = None

    async def join(self, member_id: UUID, hear: Hear) -> None:
        """Returns when Redis has confirmed; without Redis, after a bounded wait.

        Whoever comes while the first is waiting waits too.
        """
        channel = publisher.channel(member_id)
        if channel in self._listeners:
            self._listeners[channel].add(hear)
        else:
            self._listeners[channel] = {hear}
            self._ensure_receiving()
            self._confirmations[channel] = asyncio.get_running_loop().create_future()
            await self._say("SUBSCRIBE", channel)
        if confirmed := self._confirmations.get(channel):
            await _bounded(asyncio.shield(confirmed))

    async def leave(self, member_id: UUID, hear: Hear) -> None:
        channel = publisher.channel(member_id)
        listeners = self._listeners.get(channel, set())
        listeners.discard(hear)
        if not listeners and self._listeners.pop(channel, None) is not None:
            self._confirmations.pop(channel, None)
            await self._say("UNSUBSCRIBE", channel)

    async def close(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving])

    async def _say(self, *command: str) -> None:
        if self._connection is not None:
            await _bounded(self._connection.send_command(*command, check_health=False))

    def _ensure_receiving(self) -> None:
        if self._receiving is None:
            self._receiving = asyncio.ensure_future(self._receive())

    async def _receive(self) -> None:
        structlog.contextvars.clear_contextvars()  # not the request's that happened to begin it
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever it was: without this task all sockets are deaf
                if self.gaps % 2 == 0:
                    self.gaps += 1
                    log.warning("events.disconnected", error=type(error).__name__)
            finally:
                self._connection = None
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()
            wanted = set(self._listeners)
            await connection.send_command("SUBSCRIBE", _IDLE_CHANNEL, *wanted)
            self._connection = connection
            if late := self._listeners.keys() - wanted:
                await connection.send_command("SUBSCRIBE", *late)
            await self._take_all(connection)
        finally:
            await connection.disconnect(nowait=True)

    async def _take_all(self, connection: AbstractConnection) -> None:
        """Until the connection breaks, or falls silent: then a stuck Redis may have lost events."""
        # The client's own way to a message takes three times as long; its connection is used
        # for what is said, and what comes is read here.
        incoming, replies = connection._reader, hiredis.Reader()
        assert incoming is not None
        async with asyncio.timeout(SILENCE_SECONDS) as silence:
            pinging = asyncio.ensure_future(self._ping(connection, silence))
            try:
                while data := await incoming.read(_MOST_READ):
                    self._heard = True
                    replies.feed(data)
                    while (reply := replies.gets()) is not False:
                        self._take(reply)
            finally:
                pinging.cancel()
        raise ConnectionResetError

    async def _ping(self, connection: AbstractConnection, silence: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(RedisError, OSError):
            while True:
                await connection.send_command("PING", check_health=False)
                await asyncio.sleep(PING_SECONDS)
                if self._heard:
                    self._heard = False
                    silence.reschedule(loop.time() + SILENCE_SECONDS)

    def _take(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            raise reply
        if not isinstance(reply, list):
            return  # the answer to a ping
        if reply[0] == b"message":
            self._hear(reply[1].decode(), reply[2])
        elif reply[0] == b"subscribe":
            self._confirm(reply[1].decode())

    def _hear(self, channel: str, message: bytes) -> None:
        listeners = self._listeners.get(channel)
        if not listeners:
            return
        try:
            heard = [Told.of(event) for event in publisher.read(msgpack.unpackb(message))]
        except Exception as error:  # a later release's, say: what it told stands in the tables
            self.gaps += 2
            log.warning("events.unreadable", error=type(error).__name__)
            return
        for hear in listeners:
            hear(heard)

    def _confirm(self, channel: str) -> None:
        if channel == _IDLE_CHANNEL:
            # Even when it was even: then the client has made the connection again by itself.
            self.gaps += 1 if self.gaps % 2 == 1 else 2
        confirmed = self._confirmations.pop(channel, None)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)


_all: dict[asyncio.AbstractEventLoop, Subscriptions] = {}


def here() -> Subscriptions:
    loop = asyncio.get_running_loop()
    if loop not in _all:
        _all[loop] = Subscriptions(settings.REDIS_URL)
    return _all[loop]


async def close_here() -> None:
    if subscriptions := _all.pop(asyncio.get_running_loop(), None):
        await subscriptions.close()


async def _bounded(waiting: Awaitable[object]) -> None:
    """Redis away is no error here: the connection is made again with all that was wanted."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(CONFIRM_SECONDS):
            await waiting
