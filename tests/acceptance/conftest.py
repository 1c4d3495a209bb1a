import pytest
from support.processes.person import Person


@pytest.fixture
async def person(healthy):
    async with Person(healthy.url) as signed_up:
        yield signed_up
