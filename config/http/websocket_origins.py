"""Which pages may open a WebSocket: ours, and those of FRONTEND_ORIGINS.

Programs send no Origin; they need a ticket all the same, so nothing is gained by refusing them.
"""

from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings

not_a_socket = WebsocketDenier.as_asgi()


class AllowedOrigins:
    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        chosen = self.application if _may_connect(origin, host) else not_a_socket
        return await chosen(scope, receive, send)


def _may_connect(origin: str, host: str) -> bool:
    if not origin or origin in settings.FRONTEND_ORIGINS:
        return True
    # The Origin `null` names no host, and neither does a request without one.
    return bool(host) and origin.partition("://")[2] == host
