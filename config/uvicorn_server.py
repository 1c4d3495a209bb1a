"""A server process: `python -m config.uvicorn_server --host 127.0.0.1 --port 8000`.

What uvicorn is told is told here, whoever starts it. SIGTERM ends it in three steps:

1. For WEB_DRAIN_SECONDS it works on, says on /readyz that it leaves, and closes each connection
   after one more answer. A proxy that keeps idle connections for less than that has none left then.
2. It listens no more: a proxy that is refused goes elsewhere, and repeats nothing by it. Sockets
   are closed with 1012; event streams and waits end in order, to be taken up elsewhere.
3. What still runs has WEB_STOP_SECONDS to end by itself.
"""

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence

import uvicorn
from django.conf import settings

from .asgi import application
from .http import draining

# isort: split
# With the application came Django, which models need.
from api import interpreter
from chat.live.reconciliation import reconciler

from .http.direct_frames import DirectFrames

_FAILED_TO_START = 3  # uvicorn's own exit status for it
_LOOK_SECONDS = 0.1


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining.begin()
        await self._work_on(settings.WEB_DRAIN_SECONDS)
        for server in self.servers:
            server.close()
        await reconciler.send_away()
        await super().shutdown(sockets)

    async def _work_on(self, seconds: float) -> None:
        for _ in range(round(seconds / _LOOK_SECONDS)):
            if self.force_exit:  # a second Ctrl-C
                return
            await asyncio.sleep(_LOOK_SECONDS)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.uvicorn_server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="serve on this inherited, listening socket")
    asked = parser.parse_args(arguments)
    server = Server(_told(host=asked.host, port=asked.port, fd=asked.fd))
    interpreter.tune_gc()
    server.run()
    return 0 if server.started else _FAILED_TO_START


def _told(*, host: str, port: int, fd: int | None) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        fd=fd,
        loop="uvloop",
        http="httptools",
        ws=DirectFrames,
        # Compression costs memory and time for each socket (docs/decisions.md).
        ws_per_message_deflate=False,
        # X-Forwarded-For is read where it matters, as far as TRUSTED_PROXIES go.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,  # config/monitoring/logging.py has done it
        lifespan="off",
        timeout_graceful_shutdown=settings.WEB_STOP_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
