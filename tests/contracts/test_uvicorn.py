"""uvicorn, as config/http/direct_frames.py and config/uvicorn_server.py rely on it."""

import asyncio
import inspect

import uvicorn
from support.contract import require, require_parameters
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.protocol import State

FRAMES = "config/http/direct_frames.py writes frames past ASGI by it"
DRAIN = "config/uvicorn_server.py leaves in order by it"


async def _application(scope, receive, send):
    """Never called."""


async def test_a_websocket_protocol_has_the_parts_that_frames_are_written_by():
    config = uvicorn.Config(_application, ws_per_message_deflate=False, log_config=None)
    config.load()
    protocol = WebSocketsSansIOProtocol(config, ServerState(), {})

    require(protocol, "config", "conn", "writable", "disconnected", "transport", breaks=FRAMES)
    assert protocol.config.ws_per_message_deflate is False, FRAMES
    assert isinstance(protocol.writable, asyncio.Event), FRAMES
    assert protocol.disconnected is False, FRAMES
    assert isinstance(protocol.conn.state, State), FRAMES
    assert State.OPEN in State, FRAMES


def test_the_application_runs_in_a_coroutine_that_is_begun_with_the_scope():
    require(WebSocketsSansIOProtocol, "run_asgi", breaks=FRAMES)
    require_parameters(WebSocketsSansIOProtocol.run_asgi, breaks=FRAMES)
    assert inspect.iscoroutinefunction(WebSocketsSansIOProtocol.run_asgi), FRAMES
    assert "self.scope" in inspect.getsource(WebSocketsSansIOProtocol.run_asgi), FRAMES


def test_a_server_is_shut_down_by_a_coroutine_that_begins_with_its_listening_sockets():
    server = uvicorn.Server(uvicorn.Config(_application, log_config=None))

    require(server, "shutdown", "force_exit", "started", breaks=DRAIN)
    require_parameters(uvicorn.Server.shutdown, "sockets", breaks=DRAIN)
    assert inspect.iscoroutinefunction(uvicorn.Server.shutdown), DRAIN
    assert "for server in self.servers:" in inspect.getsource(uvicorn.Server.shutdown), DRAIN
