"""Request bodies, read before Django sees them: bounded, and of a known length.

Django keeps a body of any size on disk before a view is asked, and Django REST framework takes a
body that came in chunks, without a Content-Length, for none.
"""

from typing import Any

from api.parsers import MAX_BODY_BYTES

# One byte too many is enough for the parser to refuse it, after the checks that come before.
_READ_BYTES = MAX_BODY_BYTES + 1


class BoundedBodies:
    """ASGI middleware for HTTP."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _read(receive)
        if body is not None:
            await self.application(_with_length(scope, len(body)), _replay(body, receive), send)


async def _read(receive: Any) -> bytes | None:
    """None when the client left before its body was complete."""
    body, more = bytearray(), True
    while more and len(body) < _READ_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body[:_READ_BYTES])


def _with_length(scope: Any, length: int) -> Any:
    said = (b"content-length", b"transfer-encoding")
    headers = [(name, value) for name, value in scope["headers"] if name not in said]
    if length:
        headers.append((b"content-length", str(length).encode()))
    return scope | {"headers": headers}


def _replay(body: bytes, receive: Any) -> Any:
    """A `receive` that gives the body as one message, then nothing but the disconnect."""
    given = False

    async def replayed() -> Any:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass  # the rest of a body that was too large
        return message

    return replayed
