"""Pages of other origins: those of FRONTEND_ORIGINS may come in, others may not."""

import pytest
from asgiref.testing import ApplicationCommunicator
from rest_framework.test import APIClient
from support.refusals import refused

from config import settings as configured
from config.http.websocket_origins import AllowedOrigins

OURS, FOREIGN = "https://chat.example.com", "https://evil.example.com"
EXPOSED = {
    "Content-Disposition",
    "Location",
    "ETag",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Preference-Applied",
    "X-Request-ID",
}


@pytest.fixture(autouse=True)
def _one_frontend(settings):
    settings.FRONTEND_ORIGINS = settings.CORS_ALLOWED_ORIGINS = [OURS]


def preflight(origin, path="/api/v1/conversations/x/replies", method="POST"):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    return APIClient().options(path, headers=headers)


def words(answer, header):
    return {word.strip() for word in answer[header].split(",")}


# HTTP


def test_one_variable_says_which_origins():
    assert configured.CORS_ALLOWED_ORIGINS is configured.FRONTEND_ORIGINS


def test_a_preflight_of_ours_is_allowed():
    answer = preflight(OURS)

    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == OURS
    assert {"GET", "POST", "PATCH", "DELETE"} <= words(answer, "Access-Control-Allow-Methods")
    assert words(answer, "Access-Control-Allow-Headers") >= {
        "authorization",
        "content-type",
        "idempotency-key",
        "prefer",
        "if-none-match",
        "last-event-id",
    }
    assert "origin" in answer["Vary"].lower()


@pytest.mark.parametrize(
    "origin", [FOREIGN, "http://chat.example.com", OURS + ":444", "null", OURS + ".evil.com"]
)
def test_a_foreign_preflight_is_not_allowed(origin):
    assert "Access-Control-Allow-Origin" not in preflight(origin)


@pytest.mark.django_db
def test_an_answer_to_ours_can_be_read_with_its_headers(api):
    answer = api.get("/api/v1/quota", headers={"Origin": OURS})

    assert answer["Access-Control-Allow-Origin"] == OURS
    assert words(answer, "Access-Control-Expose-Headers") == EXPOSED
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/nothing", "/api/v1/conversations/x"])
def test_an_error_can_be_read_too(path):
    answer = APIClient().get(path, headers={"Origin": OURS})

    assert answer.status_code in {401, 404}
    assert answer["Access-Control-Allow-Origin"] == OURS


@pytest.mark.django_db
def test_an_answer_to_others_cannot_be_read(api):
    answer = api.get("/api/v1/quota", headers={"Origin": FOREIGN})

    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer


def test_only_the_api_is_for_other_origins():
    assert "Access-Control-Allow-Origin" not in APIClient().get("/", headers={"Origin": OURS})


def test_an_unknown_host_is_refused_for_ours_too():
    answer = APIClient().get("/api/v1/me", HTTP_HOST="evil.example.com", HTTP_ORIGIN=OURS)

    refused(answer, 400, "bad_request")


# WebSockets


async def accept(scope, receive, send):
    await send({"type": "websocket.accept"})


async def may_connect(origin, host="malgil.example.com:8000"):
    given = {b"origin": origin, b"host": host}
    headers = [(name, value.encode()) for name, value in given.items() if value is not None]
    scope = {"type": "websocket", "path": "/ws/v1", "headers": headers, "subprotocols": []}
    socket = ApplicationCommunicator(AllowedOrigins(accept), scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output()
    assert answer["type"] in {"websocket.accept", "websocket.close"}
    return answer["type"] == "websocket.accept"


@pytest.mark.parametrize(
    "origin",
    [None, OURS, "http://malgil.example.com:8000", "https://malgil.example.com:8000"],
)
async def test_our_pages_and_programs_may_open_a_socket(origin):
    assert await may_connect(origin)


@pytest.mark.parametrize(
    "origin",
    [
        FOREIGN,
        "null",
        "http://malgil.example.com",
        "http://malgil.example.com:8001",
        "http://malgil.example.com:8000.evil.com",
        "http://[",
        "malgil.example.com:8000",
        "//malgil.example.com:8000",
        "\xff",
    ],
)
async def test_other_pages_may_not(origin):
    assert not await may_connect(origin)


async def test_a_page_without_an_origin_of_its_own_may_not_where_no_host_is_named():
    assert not await may_connect("null", host=None)
    assert not await may_connect("null", host="")
