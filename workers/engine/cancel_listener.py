"""Listening for cancels. One that is not heard is carried out by whoever asked for it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chat.replies.cancellation import CONTROL_CHANNEL

log = structlog.get_logger(__name__)
RECONNECT_SECONDS = 0.5


async def listen(cancel: Callable[[UUID], None]) -> None:
    """Calls `cancel` for each id that is published; runs until it is cancelled itself."""
    while True:
        try:
            await _listen(cancel)
        except Exception as error:  # whatever it was: deaf, every cancel would take its time-out
            log.warning("control.disconnected", error=type(error).__name__)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen(cancel: Callable[[UUID], None]) -> None:
    # A blocking read that times out would look like a lost connection every few seconds.
    client: Redis = Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=None,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
    async with aclosing(client), client.pubsub() as pubsub:
        await pubsub.subscribe(CONTROL_CHANNEL)
        async for message in pubsub.listen():
            if message["type"] == "message":
                _cancel(cancel, message["data"])


def _cancel(cancel: Callable[[UUID], None], data: bytes) -> None:
    try:
        cancel(UUID(data.decode()))
    except ValueError:
        log.warning("control.unreadable", bytes=len(data))
