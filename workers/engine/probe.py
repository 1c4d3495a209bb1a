"""A worker's own port: `/healthz`, whether it does its work, and `/metrics`.

It is served by a thread of its own, so that it can also tell of an engine that stands still.
"""

import json
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from django.conf import settings

from api import metrics

from .engine_thread import EngineThread

log = structlog.get_logger(__name__)
# While a worker of the same port drains, its successor waits.
AGAIN_SECONDS = 1.0


def serve(engine: EngineThread) -> None:
    """In the background, as soon as the port can be had; nothing where WORKER_METRICS_PORT is 0."""
    if settings.WORKER_METRICS_PORT:
        threading.Thread(target=_serve, args=(engine,), name="probe", daemon=True).start()


def checks(engine: EngineThread) -> dict[str, str]:
    """`ok` for each thing that is; what is wrong otherwise."""
    if not engine.answers():
        return {"engine": "stuck"}
    registration = engine.registration
    beaten = time.monotonic() - registration.beaten_at < settings.WORKER_LEASE_SECONDS
    return {
        "engine": "ok",
        "registered": "ok" if registration.worker is not None else "no",
        "heartbeat": "ok" if beaten else "stale",
    }


def _serve(engine: EngineThread) -> None:
    _opened(engine).serve_forever()


def _opened(engine: EngineThread) -> ThreadingHTTPServer:
    class Handler(_Handler):
        asked = engine

    address = settings.WORKER_METRICS_HOST, settings.WORKER_METRICS_PORT
    told = False
    while True:
        try:
            return ThreadingHTTPServer(address, Handler)
        except OSError as error:
            if not told:
                log.warning("probe.port_taken", port=address[1], error=error.strerror)
            told = True
            time.sleep(AGAIN_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    asked: EngineThread
    timeout = 10  # of a client that says nothing

    def do_GET(self) -> None:
        match self.path:
            case "/healthz":
                self._tell(*_health(self.asked), "application/json")
            case "/metrics":
                self._tell(HTTPStatus.OK, metrics.exposition(), metrics.CONTENT_TYPE)
            case _:
                self._tell(HTTPStatus.NOT_FOUND, b"", "text/plain")

    def _tell(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: it would be a line for each probe."""


def _health(engine: EngineThread) -> tuple[HTTPStatus, bytes]:
    found = checks(engine)
    well = set(found.values()) == {"ok"}
    said = {"status": "ok" if well else "unavailable", "checks": found}
    return HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(said).encode()
