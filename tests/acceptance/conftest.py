import pytest
from support.processes.person import Person
from support.processes.stack import Stack


@pytest.fixture(scope="module")
def stack():
    """One for a test module; each test leaves it running and answering."""
    with Stack() as running:
        yield running


@pytest.fixture
def healthy(stack):
    """The stack with everything up and the model well behaved."""
    stack.reset_model()
    stack.wait_until_ready()
    return stack


@pytest.fixture
async def person(healthy):
    async with Person(healthy.url) as signed_up:
        yield signed_up
