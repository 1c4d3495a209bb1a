"""Request bodies as they come over the wire: in chunks, too large, cut short."""

import asyncio
import json

import httpx2
import pytest
from support.refusals import refused

from api.parsers import MAX_BODY_BYTES
from config.asgi import application
from config.http.request_body_limit import BoundedBodies

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/auth/login"
BODY = json.dumps({"email": "mina@example.com", "password": "x"}).encode()


class Stream(httpx2.AsyncByteStream):
    """A body without a known length."""

    def __init__(self, *chunks):
        self.chunks = chunks

    async def __aiter__(self):
        for chunk in self.chunks:
            yield chunk


async def post(content, **headers):
    """The response, with `answer[header]` as Django's have it."""
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        headers = {"Content-Type": "application/json"} | headers
        response = await client.post(PATH, content=content, headers=headers)
    return Answer(response)


class Answer:
    def __init__(self, response):
        self.status_code = response.status_code
        self.content = response.content
        self.json = response.json
        self._headers = response.headers

    def __getitem__(self, name):
        return self._headers[name]


async def test_a_body_in_chunks_is_read():
    chunks = Stream(BODY[:10], b"", BODY[10:])

    refused(await post(chunks), 401, "credentials_invalid")


async def test_a_body_of_known_length_is_read():
    refused(await post(BODY), 401, "credentials_invalid")


async def test_a_body_in_chunks_that_is_no_json_is_refused():
    refused(await post(Stream(b"{", b"}}")), 400, "parse_error")


@pytest.mark.parametrize("kind", [bytes, Stream])
async def test_a_body_of_a_megabyte_is_read_and_one_byte_more_is_not(kind):
    longest = BODY + b" " * (MAX_BODY_BYTES - len(BODY))

    refused(await post(kind(longest)), 401, "credentials_invalid")
    refused(await post(kind(longest + b" ")), 413, "body_too_large")


async def test_the_refusal_does_not_wait_for_the_end_of_the_body():
    class Endless(httpx2.AsyncByteStream):
        async def __aiter__(self):
            yield b" " * (MAX_BODY_BYTES + 1)
            await asyncio.Event().wait()

    async with asyncio.timeout(5):
        refused(await post(Endless()), 413, "body_too_large")


async def test_whoever_leaves_before_the_end_of_the_body_is_not_answered():
    messages = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    called = []

    async def receive():
        return messages.pop(0)

    async def app(scope, receive, send):
        called.append(scope)

    await BoundedBodies(app)({"type": "http", "headers": []}, receive, None)

    assert called == []


async def test_after_the_body_only_the_disconnect_is_heard():
    """Django takes anything else there for a broken server."""
    rest = {"type": "http.request", "body": b"x" * 100_000, "more_body": True}
    messages = [*[rest] * 15, {"type": "http.disconnect"}]
    heard = []

    async def receive():
        return messages.pop(0)

    async def app(scope, receive, send):
        heard.extend([await receive(), await receive()])

    await BoundedBodies(app)({"type": "http", "headers": []}, receive, None)

    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]
    assert len(heard[0]["body"]) == MAX_BODY_BYTES + 1
