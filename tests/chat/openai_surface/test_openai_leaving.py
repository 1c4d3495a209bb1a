"""A client that leaves while it is streamed to."""

import pytest
from django.test import AsyncClient
from support.drivers.openai_driver import MODEL, key_of
from support.eventually import comes_true

from api import threads
from chat.live import reconciliation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

BODIES = {
    "chat/completions": {"messages": [{"role": "user", "content": "Hello"}]},
    "responses": {"input": "Hello"},
}


@pytest.mark.parametrize("path", BODIES)
async def test_nothing_is_left_of_it(member, monkeypatch, path):
    monkeypatch.setattr("chat.openai_surface.responses.streaming.PING_SECONDS", 0.05)
    key = await threads.run(key_of, member)
    response = await AsyncClient().post(
        f"/v1/{path}",
        BODIES[path] | {"model": MODEL, "stream": True},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    parts = aiter(response)
    await anext(parts), await anext(parts)
    assert reconciliation.reconciler._connections

    await parts.aclose()

    # Though the response is still referred to: by the request, in a circle.
    await comes_true(lambda: not reconciliation.reconciler._connections)
    assert response.streaming
