import pytest
from support.deploy.deployment import Deployment
from support.processes.person import Person
from support.processes.stack import TIMINGS

# Shorter than in the file, in the same proportions.
_DRAIN = {"WEB_DRAIN_SECONDS": "0.6"}
_KEEPALIVE_SECONDS = 0.3


@pytest.fixture(scope="package")
def running():
    """One for all tests here; each leaves it running and answering."""
    timings = TIMINGS | {"WORKER_DRAIN_SECONDS": "10", "SOCKET_SWEEP_SECONDS": "3"}
    with Deployment(
        overrides=_DRAIN, keepalive_seconds=_KEEPALIVE_SECONDS, **timings
    ) as deployment:
        yield deployment


@pytest.fixture
def deployed(running):
    running.model(fault="none", first_token_ms=100, tokens=40, tokens_per_second=40)
    return running


@pytest.fixture
async def person(deployed):
    async with Person(deployed.url, trust=deployed.trust) as signed_up:
        yield signed_up
