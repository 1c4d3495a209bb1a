import pytest
from support.processes.person import Person
from support.processes.stack import Stack


@pytest.fixture(scope="module")
def stack():
    """Real processes, for the tests that drive them as the official client would."""
    with Stack() as running:
        yield running


@pytest.fixture
def healthy(stack):
    stack.reset_model()
    stack.wait_until_ready()
    return stack


@pytest.fixture
async def person(healthy):
    """Has signed up, and has an API key."""
    async with Person(healthy.url) as signed_up:
        answer = await signed_up.http.post("/me/keys", json={"name": "script"})
        assert answer.status_code == 201, answer.text
        signed_up.key = answer.json()["key"]
        yield signed_up
