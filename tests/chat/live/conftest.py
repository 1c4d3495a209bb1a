import pytest


@pytest.fixture
async def own_subscriptions():
    """Those of this test's loop, ended with it."""
    from chat.live import channel_layer

    yield channel_layer.here()
    await channel_layer.close_here()
