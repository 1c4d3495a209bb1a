"""The official client, as its users install it, pointed at real processes with a personal key."""

import pytest
from openai import AsyncOpenAI


@pytest.fixture
def base_url(healthy):
    return f"{healthy.url}/v1"


@pytest.fixture
async def client(base_url, person):
    async with AsyncOpenAI(base_url=base_url, api_key=person.key) as made:
        yield made
