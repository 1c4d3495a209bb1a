import pytest


@pytest.fixture
async def own_layer(settings):
    """The channel layer of this test's loop, ended with it."""
    from channels.layers import channel_layers, get_channel_layer

    yield get_channel_layer()
    await get_channel_layer().flush()
    channel_layers.backends.clear()
