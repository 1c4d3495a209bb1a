"""How a worker hears which replies to stop."""

import asyncio
from uuid import uuid4

import pytest
from channels.layers import get_channel_layer
from support.eventually import comes_true

from chat.live import channel_layer
from chat.replies import cancellation
from config.embedded.redis import EmbeddedRedis
from workers.engine import cancel_listener


class Cancelled(list):
    """The ids that were heard; the first may be more than the engine can take."""

    def __init__(self, *, failing=0):
        super().__init__()
        self.failing = failing

    def __call__(self, reply_id):
        if self.failing:
            self.failing -= 1
            raise RuntimeError("odd")
        self.append(reply_id)


@pytest.fixture
async def listening():
    """Starts to listen, and returns when it would hear; ends with the test."""
    tasks = []

    async def listen(cancelled):
        tasks.append(asyncio.ensure_future(cancel_listener.listen(cancelled)))
        await comes_true(lambda: channel_layer.current().is_connected)

    yield listen
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await get_channel_layer().flush()


async def signal(*reply_ids):
    await asyncio.to_thread(cancellation._signal, list(reply_ids))


async def test_what_a_request_asks_for_is_heard(redis, listening):
    cancelled, asked = Cancelled(), [uuid4(), uuid4()]
    await listening(cancelled)

    await signal(*asked)

    await comes_true(lambda: cancelled == asked)


async def test_one_that_cannot_be_cancelled_keeps_no_other_from_it(redis, listening):
    cancelled, later = Cancelled(failing=1), uuid4()
    await listening(cancelled)

    await signal(uuid4())
    await signal(later)

    await comes_true(lambda: cancelled == [later])


async def test_it_hears_again_after_redis_was_away(tmp_path, settings, monkeypatch, listening):
    monkeypatch.setattr(channel_layer, "RECONNECT_SECONDS", 0.02)
    cancelled, later = Cancelled(), uuid4()
    with EmbeddedRedis(tmp_path) as server:
        layer = settings.CHANNEL_LAYERS["default"] | {"CONFIG": {"url": server.url}}
        settings.CHANNEL_LAYERS = {"default": layer}
        await listening(cancelled)
        server.kill()
        await comes_true(lambda: not channel_layer.current().is_connected)
        server.start()
        await comes_true(lambda: channel_layer.current().is_connected)

        message = cancellation.messages.cancel_replies([later])
        await channel_layer.current().group_send(cancellation.messages.CANCEL_GROUP, message)

        await comes_true(lambda: cancelled == [later])
        await get_channel_layer().flush()
