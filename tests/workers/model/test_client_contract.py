"""What `workers.model.client` does by hand is what the official client itself does.

When an update of `openai` turns one of these red, the request or the error has to follow.
"""

import asyncio
import json
import re
from contextlib import suppress

import httpx2
import openai
import pytest

from workers.model.client import ModelClient

BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hi, 안녕"}],
    "stream": True,
    "temperature": 0.5,
}
# Only the client's own retries need it, and those are switched off.
NOT_BY_HAND = {"x-stainless-retry-count"}


class Server:
    """Keeps each request as it came, and answers all in the same way."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, dict[str, str], object]] = []
        self.status = 200
        self.body = b"data: [DONE]\n\n"

    async def answer(self, reader, writer) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                line, *lines = head.decode().strip().split("\r\n")
                headers = {}
                for name, value in (line.split(": ", 1) for line in lines):
                    headers[name.lower()] = value
                self.requests.append(
                    (line, headers, json.loads(await reader.readexactly(int(length[1]))))
                )
                writer.write(
                    b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n" % self.status
                )
                writer.write(b"Content-Length: %d\r\n\r\n" % len(self.body) + self.body)
        writer.close()


@pytest.fixture
async def server(settings, unused_tcp_port):
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{unused_tcp_port}/v1"
    settings.OPENAI_API_KEY = "sk-of-this-test"
    server = Server()
    async with await asyncio.start_server(server.answer, "127.0.0.1", unused_tcp_port):
        yield server


@pytest.fixture
async def client(server):
    client = ModelClient()
    yield client
    await client.close()


async def test_a_request_is_the_one_that_the_official_client_sends(server, client):
    async for _ in client.stream(BODY):
        pass
    await client._client.post("/chat/completions", cast_to=httpx2.Response, body=BODY)

    (line, headers, body), (own_line, own_headers, own_body) = server.requests
    assert (line, body) == (own_line, own_body)
    assert headers == {
        name: value for name, value in own_headers.items() if name not in NOT_BY_HAND
    }
    assert headers["authorization"] == "Bearer sk-of-this-test"


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429, 500])
@pytest.mark.parametrize(
    "said",
    [
        b'{"error": {"message": "No n.", "type": "t", "param": "n", "code": "unsupported"}}',
        b'{"error": {"message": null, "code": 7}}',
        b'{"error": "busy"}',
        b'{"detail": [1]}',
        b"<h1>Bad gateway</h1>",
        b"[]",
        b"",
    ],
)
async def test_a_refusal_is_read_as_the_official_client_reads_it(server, client, status, said):
    server.status, server.body = status, said
    with pytest.raises(openai.APIStatusError) as own:
        await client._client.post("/chat/completions", cast_to=httpx2.Response, body=BODY)
    with pytest.raises(openai.APIStatusError) as by_hand:
        async with client._asked(BODY):
            pass

    def told(error):
        return error.status_code, error.message, error.code, error.type, error.param

    assert told(by_hand.value) == told(own.value)
