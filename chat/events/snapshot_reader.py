"""Reading the text so far from coroutines."""

import asyncio
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.redis import async_client
from chat.models import Reply

from . import snapshot_format
from .snapshot_format import Snapshot

_clients: dict[asyncio.AbstractEventLoop, Redis] = {}


async def read(reply: Reply) -> Snapshot | None:
    """None when Redis is away, or does not hold the whole text of this attempt."""
    asked_for = reply.config.n or 1
    try:
        values = await _values(reply, asked_for)
        if snapshot_format.choices(values) > asked_for:
            values = await _values(reply, snapshot_format.choices(values))
    except (RedisError, OSError, TimeoutError):
        return None
    return snapshot_format.read(reply.attempt, values)


async def _values(reply: Reply, choices: int) -> list[bytes | None]:
    values = await _client().mget(snapshot_format.keys(reply.id, reply.attempt, choices))
    # Without `decode_responses` everything comes as bytes.
    return cast(list[bytes | None], values)


def _client() -> Redis:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = async_client()
    return _clients[loop]
