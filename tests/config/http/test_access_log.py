"""Each request: its id, its line in the log, and how it is counted."""

import pytest
from asgiref.testing import ApplicationCommunicator
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from accounts.credentials import tokens
from accounts.models import Session
from api import threads
from config.asgi import application

SHARED = "/api/v1/shared/a-telling-share-token"


async def ask(path, *headers, method="GET"):
    """The answer's start, and the lines that were logged."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
    }
    with capture_logs() as lines:
        client = ApplicationCommunicator(application, scope)
        await client.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await client.receive_output(timeout=10)
        await client.wait(timeout=10)
    return start, [line for line in lines if line["event"] == "http.answered"]


def counted(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_a_sane_id_comes_back():
    start, _ = await ask("/healthz", (b"x-request-id", b"abc-123:9/x"))

    assert (b"x-request-id", b"abc-123:9/x") in start["headers"]


@pytest.mark.parametrize("nonsense", [b"", b"a b", b"x" * 101, b'"', b"\xff", b"a\nb"])
async def test_nonsense_is_replaced(nonsense):
    start, _ = await ask("/healthz", (b"x-request-id", nonsense))

    [given] = [value for name, value in start["headers"] if name == b"x-request-id"]
    assert len(given) == 32
    assert given.isalnum()


@pytest.mark.django_db(transaction=True)
async def test_the_line_names_the_template_and_never_the_address():
    labels = {"method": "GET", "route": "/api/v1/shared/{token}", "status": "404"}
    before = counted("malgil_http_requests_total", **labels)

    _, [line] = await ask(SHARED)

    assert (line["route"], line["status"]) == (labels["route"], 404)
    assert "telling" not in str(line)
    assert counted("malgil_http_requests_total", **labels) == before + 1


@pytest.mark.django_db(transaction=True)
async def test_the_line_names_the_member(member):
    session = await threads.run(Session.objects.create, member=member)
    access = tokens.issue(session).access

    _, [line] = await ask("/api/v1/me", (b"authorization", f"Bearer {access}".encode()))

    assert line["member"] == str(member.id)
    assert access not in str(line)


@pytest.mark.parametrize("path", ["/nothing/here", "/api/v1/unknown/secret"])
async def test_what_leads_nowhere_is_one_route(path):
    _, [line] = await ask(path)

    assert (line["route"], line["status"]) == ("none", 404)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.django_db(transaction=True)
async def test_probes_leave_no_line(path):
    _, lines = await ask(path)

    assert lines == []


async def test_a_method_that_somebody_made_up_is_no_label_of_its_own():
    _, [line] = await ask("/nothing", method="TELLING")

    assert line["method"] == "other"
