import pytest
from support.processes.person import Person


@pytest.fixture
async def person(healthy):
    """Has signed up, and has an API key."""
    async with Person(healthy.url) as signed_up:
        answer = await signed_up.http.post("/me/keys", json={"name": "script"})
        assert answer.status_code == 201, answer.text
        signed_up.key = answer.json()["key"]
        yield signed_up
