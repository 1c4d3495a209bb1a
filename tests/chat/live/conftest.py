import pytest


@pytest.fixture
async def own_layer():
    """The channel layer's part of this test's loop, ended with it."""
    from chat.live import channel_layer

    layer = channel_layer.current()
    yield layer._get_layer()
    await layer.flush()
