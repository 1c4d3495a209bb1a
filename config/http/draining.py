"""A server process that was told to stop goes on until the proxy in front of it has noticed.

Meanwhile each answer is its connection's last: a proxy that keeps a connection for another request
would otherwise send that one to nobody.
"""

from typing import Any

_CLOSE = (b"connection", b"close")
_begun = False


def begin() -> None:
    global _begun
    _begun = True


def has_begun() -> bool:
    return _begun


class LastAnswers:
    """ASGI middleware for HTTP."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def say(message: Any) -> None:
            if _begun and message["type"] == "http.response.start":
                message = message | {"headers": [*message["headers"], _CLOSE]}
            await send(message)

        await self.application(scope, receive, say)
