"""A writer with a Redis of its own, and whoever listens there."""

import asyncio

import pytest
from redis.asyncio import Redis
from support.eventually import SECONDS

from config.embedded.redis import EmbeddedRedis
from workers.streaming.live_writer import LiveWriter


@pytest.fixture
async def own_redis(tmp_path, settings):
    """A server of its own, so that it can be killed."""
    with EmbeddedRedis(tmp_path) as server:
        settings.REDIS_URL = server.url
        settings.REDIS_TIMEOUT_SECONDS = 0.2
        yield server


@pytest.fixture
async def writer(own_redis):
    writer = LiveWriter()
    yield writer
    await asyncio.wait_for(writer.close(), SECONDS)


@pytest.fixture
async def listener(own_redis):
    """The events of all members, as the sockets' processes hear them."""
    async with Redis.from_url(own_redis.url) as client, client.pubsub() as pubsub:
        await pubsub.psubscribe("asgi__group__*")
        await pubsub.get_message(timeout=SECONDS)
        yield pubsub
