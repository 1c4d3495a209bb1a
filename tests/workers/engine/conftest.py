"""A whole engine within the test's event loop, with short periods."""

import asyncio

import pytest

from workers.engine.engine import Engine


@pytest.fixture
async def engine(redis, model, settings):
    settings.WORKER_TICK_SECONDS = 0.05
    settings.WORKER_LEASE_SECONDS = 0.6
    settings.MODEL_BACKOFF_SECONDS = 0.1
    engine = Engine(capacity=20)
    await engine.start()
    yield engine
    async with asyncio.timeout(10):
        await engine.drain(0)
        await engine.stop()
