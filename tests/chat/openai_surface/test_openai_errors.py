"""Every refusal under /v1 has OpenAI's shape, and is an exception of the official client."""

import json

import httpx2
import openai
import pytest
from django.db import OperationalError
from support.drivers.openai_driver import (
    BASE_URL,
    MODEL,
    answer,
    key_of,
    meanwhile,
    official_client,
)

from accounts.credentials import authentication, keys
from api import threads
from chat.models import ChatConfig, Conversation, Prompt, QuotaSlot, Reply
from chat.openai_surface.requests import asking
from chat.openai_surface.responses import waiting
from config.asgi import application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

HELLO = [{"role": "user", "content": "Hello"}]
BODY = {"model": MODEL, "messages": HELLO}
POSTS = ("chat/completions", "responses")


@pytest.fixture
def client(member):
    return official_client(key_of(member))


@pytest.fixture
def raw(member):
    """Plain HTTP, for what the official client would not send."""
    transport = httpx2.ASGITransport(app=application, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key_of(member)}", "Content-Type": "application/json"}
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)


def rows():
    models = (Conversation, ChatConfig, Prompt, Reply, QuotaSlot)
    return [model.objects.count() for model in models]


def told(answer, status, code):
    """Asserts OpenAI's shape and nothing else; the error."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["code"] == code
    kinds = {429: "rate_limit_error"}
    expected = "server_error" if status >= 500 else "invalid_request_error"
    assert error["type"] == kinds.get(status, expected)
    assert answer.headers.get("x-should-retry") == (None if status == 503 else "false")
    return error


async def raised(kind, call):
    with pytest.raises(kind) as caught:
        await call
    assert type(caught.value) is kind
    told(caught.value.response, caught.value.status_code, caught.value.code)
    return caught.value


def ask(client, **body):
    return client.chat.completions.create(**BODY | body)


@pytest.mark.parametrize(
    ("key", "code"),
    [("nonsense", "token_invalid"), ("mg_" + "x" * 43, "key_invalid"), ("mg_x", "key_invalid")],
)
async def test_a_wrong_key_is_an_authentication_error(key, code):
    error = await raised(openai.AuthenticationError, ask(official_client(key)))

    assert error.code == code
    assert error.response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_without_a_key_nothing_is_looked_at(raw):
    del raw.headers["Authorization"]

    for path in POSTS:
        told(await raw.post(path, content=b"{"), 401, "not_authenticated")
    told(await raw.get("models"), 401, "not_authenticated")


async def test_a_personal_key_is_as_good_as_a_token(member):
    key = await threads.run(keys.create, member=member, name="script")
    client = official_client(key.text)

    async with meanwhile(answer("Hi!")):
        completion = await ask(client)

    assert completion.choices[0].message.content == "Hi!"
    assert [model.id async for model in client.models.list()]


async def test_a_model_that_is_not_offered_is_not_found(client):
    error = await raised(openai.NotFoundError, ask(client, model="gpt-0"))

    assert (error.code, error.param) == ("model_not_found", "model")
    await raised(openai.NotFoundError, client.models.retrieve("gpt-0"))
    await raised(openai.NotFoundError, client.responses.create(model="gpt-0", input="Hello"))


async def test_the_models_are_listed(client):
    listed = [model async for model in client.models.list()]

    assert [model.id for model in listed] == ["test-model", "other-model", "gpt-5-mini"]
    assert {model.object for model in listed} == {"model"}
    assert await client.models.retrieve("other-model") == listed[1]


async def test_what_is_not_supported_is_a_bad_request(client):
    error = await raised(openai.BadRequestError, ask(client, seed=5))

    assert (error.param, error.code) == ("seed", "unsupported_parameter")
    await raised(
        openai.BadRequestError, client.responses.create(model=MODEL, input=HELLO, store=False)
    )
    assert await threads.run(rows) == [0] * 5


async def test_the_daily_limit_is_a_rate_limit_that_is_not_hammered_at(member, settings):
    settings.CHAT_DAILY_LIMIT = 0
    client = official_client(await threads.run(key_of, member), max_retries=2)
    requests = []
    client._client.event_hooks["request"].append(_noting(requests))

    error = await raised(openai.RateLimitError, ask(client))

    assert error.code == "daily_limit_reached"
    assert int(error.response.headers["Retry-After"]) > 0
    assert error.response.headers["RateLimit"].startswith('"daily";r=0;')
    assert len(requests) == 1


async def test_a_full_queue_is_tried_again(member, settings):
    settings.CHAT_QUEUE_MAX = 0
    client = official_client(await threads.run(key_of, member), max_retries=1)
    requests = []
    client._client.event_hooks["request"].append(_noting(requests))
    client._calculate_retry_timeout = lambda *_, **__: 0.01

    error = await raised(openai.InternalServerError, ask(client))

    assert (error.status_code, error.code) == (503, "queue_full")
    assert int(error.response.headers["Retry-After"]) > 0
    assert len(requests) == 2
    assert await threads.run(rows) == [0] * 5


def _noting(requests):
    async def note(request):
        requests.append(request)

    return note


async def test_a_second_open_reply_is_a_conflict(client):
    async with meanwhile(answer("Hi!")):
        first = await client.responses.create(model=MODEL, input="Hello")
    body = {"model": MODEL, "input": "And?", "previous_response_id": first.id}
    await client.responses.create(**body, background=True)

    error = await raised(openai.ConflictError, client.responses.create(**body))

    assert error.code == "reply_in_progress"


async def test_too_many_that_wait_are_refused_before_they_count(client, monkeypatch):
    monkeypatch.setattr(waiting.reply_follower, "has_room", lambda _: False)

    with pytest.raises(openai.APIStatusError):
        await ask(client)
    assert await threads.run(rows) == [0] * 5

    background = await client.responses.create(model=MODEL, input="Hello", background=True)
    assert background.status == "queued"


MALFORMED = [b"{", b"", b"{,}", b'{"model": NaN}', b"\xff", b"[" * 100_000, b'{"a": 1} x']


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_is_no_json_is_told_so(raw, path):
    for body in MALFORMED:
        answer = await raw.post(path, content=body)
        told(answer, 400, answer.json()["error"]["code"])
    assert told(await raw.post(path, content=b"[]"), 400, "invalid_type")["param"] is None
    assert told(await raw.post(path, content=b"{"), 400, "parse_error")["param"] is None


@pytest.mark.parametrize("path", POSTS)
async def test_text_that_cannot_be_stored_is_named(raw, path):
    name = "messages" if path == "chat/completions" else "input"
    for text in ("a\x00b", "a\ud83db", "\udc00"):
        body = {"model": MODEL, name: [{"role": "user", "content": text}]}
        error = told(await raw.post(path, content=json.dumps(body)), 400, "invalid_value")
        assert error["param"] == f"{name}[0].content"
        error = told(await raw.post(path, content=json.dumps({text: 1})), 400, "unknown_parameter")
        assert error["param"] == text.encode("utf-8", "replace").decode().replace(
            "?", "\ufffd"
        ).replace("\x00", "\ufffd")
    assert await threads.run(rows) == [0] * 5


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_over_a_megabyte_is_too_large(raw, path):
    body = json.dumps(BODY | {"padding": "x" * 1_000_000})

    told(await raw.post(path, content=body), 413, "body_too_large")


@pytest.mark.parametrize("path", POSTS)
async def test_another_content_type_or_method_is_told_so(raw, path):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    told(await raw.post(path, content=b"a=b", headers=form), 415, "unsupported_media_type")
    for method in ("GET", "PUT", "DELETE", "MADE-UP"):
        answer = await raw.request(method, path)
        told(answer, 405, "method_not_allowed")
        assert "POST" in answer.headers["Allow"]


NOWHERE = ("", "/", "/nowhere", "/chat", "/chat/completions/", "/completions", "/responses/x/y")


@pytest.mark.parametrize("path", NOWHERE)
async def test_an_address_that_does_not_exist_is_told_so(raw, path):
    told(await raw.get(f"{BASE_URL}{path}"), 404, "not_found")


async def test_a_bad_key_for_repeating_is_named(client):
    for key in ("", "x" * 256):
        headers = {"Idempotency-Key": key}
        error = await raised(openai.BadRequestError, ask(client, extra_headers=headers))
        assert error.param == "Idempotency-Key"


async def test_while_the_database_is_away_it_says_so(client, monkeypatch):
    def away(**_):
        raise OperationalError

    monkeypatch.setattr(asking, "ask", away)

    error = await raised(openai.InternalServerError, ask(client))

    assert (error.status_code, error.code) == (503, "database_unavailable")


async def test_while_it_is_away_before_one_is_known_too(raw, monkeypatch):
    def away(*_):
        raise OperationalError

    monkeypatch.setattr(authentication, "_of_session", away)

    told(await raw.post("chat/completions", json=BODY), 503, "database_unavailable")


async def test_what_was_stored_is_not_asked_again(raw, monkeypatch):
    async def away(**_):
        raise OperationalError

    monkeypatch.setattr(waiting, "until_ended", away)

    answer = await raw.post("chat/completions", json=BODY)

    assert (answer.status_code, answer.headers["x-should-retry"]) == (503, "false")
    assert await threads.run(Reply.objects.count) == 1


async def test_what_nobody_foresaw_has_the_same_shape(raw, monkeypatch):
    def breaks(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(asking, "ask", breaks)

    told(await raw.post("chat/completions", json=BODY), 500, "internal_error")


async def test_elsewhere_errors_are_problems_as_ever(raw):
    answer = await raw.get("http://localhost/v2/models")

    assert answer.headers["Content-Type"] == "application/problem+json"
