"""The model's client over real connections: how many it holds, keeps, and gives up."""

import asyncio
import re
from contextlib import asynccontextmanager, suppress

import pytest
from support.drivers.demo_driver import MODEL
from support.eventually import until

from workers.model.client import ModelClient
from workers.model.failures import TIMEOUT, ModelFailure

pytestmark = pytest.mark.usefixtures("model")


async def test_one_process_holds_more_streams_than_a_pool_has_by_default(member, model, settings):
    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 20
    model.set(first_token_ms=60_000)
    client = ModelClient()
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True}

    async def hold():
        async for _ in client.stream(body):
            pass

    held = [asyncio.ensure_future(hold()) for _ in range(130)]
    try:
        await until(lambda: model.stats()["running"] == 130)
    finally:
        for stream in held:
            stream.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        await client.close()


@asynccontextmanager
async def serving(settings, port, answer):
    """A model server that is no server: `answer(reader, writer)` for each connection."""
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{port}/v1"
    async with await asyncio.start_server(answer, "127.0.0.1", port):
        client = ModelClient()
        yield client
        await client.close()


HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


async def test_a_connection_whose_end_comes_late_is_used_again(unused_tcp_port, settings):
    connections = []

    async def answer(reader, writer):
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]))
                writer.write(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n")
                writer.write(b"e\r\ndata: [DONE]\n\n\r\n")
                await asyncio.sleep(0.02)
                writer.write(b"0\r\n\r\n")
        writer.close()

    async with serving(settings, unused_tcp_port, answer) as client:
        for _ in range(3):
            async for _ in client.stream({"model": "m", "messages": [], "stream": True}):
                pass

    assert len(connections) == 1


async def test_a_body_that_does_not_end_is_not_waited_for(unused_tcp_port, settings):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEADERS + b"\r\ndata: {}\n\ndata: [DONE]\n\n")
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"never")
        writer.close()

    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 30
    async with serving(settings, unused_tcp_port, answer) as client, asyncio.timeout(3):
        body = {"model": "m", "messages": [], "stream": True}
        assert [chunk async for chunk in client.stream(body)] == [{}]


async def test_comments_keep_no_stream_alive(unused_tcp_port, settings):
    """Such as proxies send while the model behind them hangs."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEADERS + b"\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b": wait\n\n")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 0.3
    async with serving(settings, unused_tcp_port, answer) as client, asyncio.timeout(5):
        with pytest.raises(ModelFailure) as failed:
            async for _ in client.stream({"model": "m", "messages": [], "stream": True}):
                pass
    assert failed.value.kind is TIMEOUT


async def test_the_models_of_the_server_are_listed(model):
    client = ModelClient()

    assert MODEL in await client.models()

    await client.close()
