"""Frames that are written past ASGI, as a client on the network reads them."""

import asyncio
import contextlib

import pytest
import uvicorn
import websockets
from support.eventually import comes_true

from chat.live import websocket_frames
from config.http.direct_frames import DirectFrames

# More than the kernel holds for a client that reads nothing.
MANY, LONG = 400, "é" * 50_000


class Served:
    """An application that hands out what the server offers it."""

    def __init__(self):
        self.offered = []
        self.send = None
        self.over = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.offered.append(scope["extensions"].get(websocket_frames.EXTENSION))
        self.send = send
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.over.set()


@contextlib.asynccontextmanager
async def served(**options):
    application = Served()
    config = uvicorn.Config(
        application, port=0, ws=DirectFrames, lifespan="off", log_config=None, **options
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    task = asyncio.ensure_future(server.serve())
    await comes_true(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield application, f"ws://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize("length", [0, 1, 125, 126, 2**16 - 1, 2**16])
async def test_a_frame_of_any_length_is_read_as_it_was_meant(length):
    text = "x" * length
    async with (
        served(ws_per_message_deflate=False) as (application, url),
        websockets.connect(url, compression=None) as client,
    ):
        application.offered[0].write(websocket_frames.encode(text))

        assert await client.recv() == text


async def test_a_client_that_reads_nothing_is_told_of_and_loses_nothing():
    async with (
        served(ws_per_message_deflate=False) as (application, url),
        websockets.connect(url, compression=None, max_queue=1) as client,
    ):
        (offered,) = application.offered
        sent = 0
        while offered.is_free() and sent < MANY:
            offered.write(websocket_frames.encode(f"{sent} {LONG}"))
            sent += 1
            await asyncio.sleep(0)
        assert 0 < sent < MANY

        waiting = asyncio.ensure_future(
            application.send({"type": "websocket.send", "text": f"{sent} {LONG}"})
        )
        read = [(await client.recv()).split()[0] for _ in range(sent + 1)]
        await waiting

        assert read == [str(number) for number in range(sent + 1)]
        assert offered.is_free()


async def test_nothing_is_written_to_a_socket_that_closes():
    async with served(ws_per_message_deflate=False) as (application, url):
        async with websockets.connect(url, compression=None):
            (offered,) = application.offered
            assert offered.is_free()
        await application.over.wait()

        assert not offered.is_free()


async def test_nothing_is_written_after_the_server_has_said_that_it_closes():
    async with (
        served(ws_per_message_deflate=False) as (application, url),
        websockets.connect(url, compression=None),
    ):
        (offered,) = application.offered
        await application.send({"type": "websocket.close", "code": 1012})

        assert not offered.is_free()


async def test_a_compressed_connection_is_not_offered():
    async with (
        served(ws_per_message_deflate=True) as (application, url),
        websockets.connect(url),
    ):
        assert application.offered == [None]
