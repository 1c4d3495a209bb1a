"""Each HTTP request: its id, its line in the log, and how it is counted.

The id comes from `X-Request-ID` where that is a sane one, is in every line that is logged for the
request, and goes back in the answer. The line names the address's template and not the address, in
which secrets may stand.
"""

import re
import time
import uuid
from functools import lru_cache
from typing import Any

import structlog
from django.http import HttpRequest

from accounts.models import Member
from api.metrics import SHORT, Counter, Histogram

log = structlog.get_logger(__name__)
REQUESTS = Counter("malgil_http_requests", "Answered requests.", ["method", "route", "status"])
SECONDS = Histogram(
    "malgil_http_request_seconds",
    "Until an answer began; not of those that wait on purpose.",
    ["method", "route"],
    buckets=SHORT,
)
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
KEY = "malgil.access"
_GIVEN = re.compile(rb"[A-Za-z0-9._:/+=-]{1,100}")
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REPLY = b"/api/v1/replies/"
_LEFT = 499  # as nginx says it: the client went before there was an answer


class Access:
    """What is known of one request by the time it has been answered."""

    __slots__ = ("began", "member", "method", "reply", "route", "seconds", "status", "waits")

    def __init__(self, scope: Any) -> None:
        self.began = time.perf_counter()
        method = scope["method"]
        self.method = method if method in _METHODS else "other"
        self.route = "none"
        self.status = _LEFT
        self.seconds: float | None = None
        self.member: str | None = None
        self.reply: str | None = None
        self.waits = False

    def note(self, request: HttpRequest) -> None:
        """What Django found out."""
        if request.resolver_match is not None:
            self.route = _template(request.resolver_match.route)
        # Django REST framework sets it with its own request's. That of the admin's pages is lazy,
        # and would ask the database here.
        member = getattr(request, "user", None)
        if type(member) is Member:
            self.member = str(member.pk)
        self.waits = "wait" in request.headers.get("Prefer", "")

    def answered(self, message: Any) -> None:
        self.status = message["status"]
        self.seconds = time.perf_counter() - self.began
        for name, value in message["headers"]:
            name = name.lower()
            if name == b"location" and _REPLY in value:
                self.reply = value.rpartition(b"/")[2].decode("latin-1")
            elif name == b"content-type" and value.startswith(b"text/event-stream"):
                self.waits = True

    def end(self) -> None:
        if self.route == "none" and self.status in (200, 206, 304):
            self.route = "file"  # of the client, which no route leads to
        REQUESTS.labels(self.method, self.route, str(self.status)).inc()
        if self.seconds is not None and not self.waits:
            SECONDS.labels(self.method, self.route).observe(self.seconds)
        log.info("http.answered", **self._fields())

    def _fields(self) -> dict[str, Any]:
        fields = {
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "seconds": round(time.perf_counter() - self.began, 4),
        }
        known = {"member": self.member, "reply": self.reply}
        return fields | {name: value for name, value in known.items() if value}


class Accessed:
    """ASGI middleware for HTTP; the outermost, so that nothing is answered without it."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request_id = id_of(scope)
        # Not unbound: each request has a task, and so a context, of its own.
        structlog.contextvars.bind_contextvars(request=request_id)
        access = None if scope["path"] in PROBES else Access(scope)
        told = (b"x-request-id", request_id.encode())

        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                if access is not None:
                    access.answered(message)
                message = message | {"headers": [*message["headers"], told]}
            await send(message)

        try:
            await self.application(scope | {KEY: access}, receive, say)
        finally:
            if access is not None:
                access.end()


class NamedSockets:
    """ASGI middleware for WebSockets: what is logged for one carries its id."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        structlog.contextvars.bind_contextvars(request=id_of(scope))
        return await self.application(scope, receive, send)


def id_of(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN.fullmatch(value):
            given: str = value.decode()
            return given
    return uuid.uuid4().hex


@lru_cache(maxsize=1000)
def _template(route: str) -> str:
    """In the form of OpenAPI: /api/v1/replies/{reply_id}."""
    return "/" + _PARAMETER.sub(r"{\1}", route)
