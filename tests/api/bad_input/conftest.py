"""A body that an endpoint refuses, sent by a member who has something to write to."""

import pytest
from support.refusals import refused
from support.sending import send
from support.talking import begin, exchange
from support.writing_endpoints import ENDPOINTS, rows


@pytest.fixture
def places(api):
    """A conversation with an open intake, and a reply that ended in another one."""
    conversation = begin(api)
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")
    return {
        "conversation": conversation["id"],
        "prompt": conversation["prompts"][1]["id"],
        "reply": reply["id"],
    }


@pytest.fixture
def refuse(api, places):
    """Sends a body to an endpoint and asserts that it is refused and stores nothing."""

    def check(endpoint, body, status=400, code="invalid", field=None, **more):
        method, path, _ = ENDPOINTS[endpoint]
        before = rows()
        answer = send(api, method, path.format(**places), body, **more)
        problem = refused(answer, status, code, field)
        assert rows() == before
        return problem

    return check
