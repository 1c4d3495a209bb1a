"""The ASGI application: HTTP by Django, `/ws/v1` by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from chat.live.websocket_consumer import MemberConsumer

from .http.access_log import Accessed, NamedSockets
from .http.django_handler import Handler
from .http.draining import LastAnswers
from .http.request_body_limit import BoundedBodies
from .http.websocket_origins import AllowedOrigins, not_a_socket

application = ProtocolTypeRouter(
    {
        "http": Accessed(LastAnswers(BoundedBodies(Handler()))),
        "websocket": NamedSockets(
            AllowedOrigins(
                URLRouter([path("ws/v1", MemberConsumer.as_asgi()), path("<path:_>", not_a_socket)])
            )
        ),
    }
)
