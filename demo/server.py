"""The process: a listening socket, and an end on SIGTERM or SIGINT."""

import asyncio
import signal
import socket
from collections.abc import Callable

from aiohttp import web

from demo.app import build

from .behaviour.flags import Options

BACKLOG = 4096
# Open streams are cut: whoever ends the model does not wait for its answers.
GRACE_SECONDS = 0.05


def listen(options: Options) -> socket.socket:
    """Raises OSError when the address cannot be had, or the descriptor is no socket."""
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    return socket.create_server((options.host, options.port), family=family, backlog=BACKLOG)


async def serve(
    listening: socket.socket, options: Options, *, announce: Callable[[str], None]
) -> None:
    """Announces its base URL when it accepts requests; returns when it was told to end."""
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    runner = web.AppRunner(
        build(options.settings),
        access_log=None,
        handler_cancellation=True,  # a client that left is noticed at once
        shutdown_timeout=GRACE_SECONDS,
    )
    await runner.setup()
    await web.SockSite(runner, listening, backlog=BACKLOG).start()
    announce(f"{_url(listening)}/v1")
    await told_to_end.wait()
    await runner.cleanup()


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
