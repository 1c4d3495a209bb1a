"""A channel layer with a Redis of its own, and whoever publishes there."""

import pytest
from redis.asyncio import Redis

from chat.live import channel_layer
from chat.live.channel_layer import EventChannelLayer
from config.embedded.redis import EmbeddedRedis


@pytest.fixture
def server(tmp_path):
    with EmbeddedRedis(tmp_path) as server:
        yield server


@pytest.fixture
async def layer(server, monkeypatch):
    monkeypatch.setattr(channel_layer, "RECONNECT_SECONDS", 0.02)
    layer = EventChannelLayer(url=server.url)
    yield layer
    await layer.flush()


@pytest.fixture
async def publisher(server):
    async with Redis.from_url(server.url) as client:
        yield client
