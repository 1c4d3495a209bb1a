import pytest


@pytest.fixture
async def own_layer():
    """The channel layer's part of this test's loop, ended with it."""
    from chat.live import channel_layer

    layer = channel_layer.current()
    yield layer._get_layer()
    await layer.flush()


@pytest.fixture
def no_sweeps(settings):
    """What a client is told was then pushed to it, and not found by a sweep."""
    settings.SOCKET_SWEEP_SECONDS = 60
