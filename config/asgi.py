"""The ASGI application: HTTP by Django, `/ws/v1` by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from chat.consumers import MemberConsumer

from .bodies import BoundedBodies
from .sockets import AllowedOrigins, not_a_socket

application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(http),
        "websocket": AllowedOrigins(
            URLRouter([path("ws/v1", MemberConsumer.as_asgi()), path("<path:_>", not_a_socket)])
        ),
    }
)
