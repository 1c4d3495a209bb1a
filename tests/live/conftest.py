import pytest


@pytest.fixture
async def own_subscriptions():
    """Those of this test's loop, ended with it."""
    from chat import subscriptions

    yield subscriptions.here()
    await subscriptions.close_here()
