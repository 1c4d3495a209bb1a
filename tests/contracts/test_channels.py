"""Channels, as chat/live/websocket_consumer.py relies on it."""

import inspect

from channels import consumer as channels_consumer
from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from support.contract import require, require_parameters

BREAKS = (
    "MemberConsumer.dispatch takes its place, and hands messages on under the subscriber's lock"
)


def test_each_message_is_dispatched_to_the_handler_of_its_type():
    require(AsyncConsumer, "dispatch", breaks=BREAKS)
    require_parameters(AsyncConsumer.dispatch, "message", breaks=BREAKS)
    require(channels_consumer, "get_handler_name", breaks=BREAKS)
    name = channels_consumer.get_handler_name({"type": "websocket.receive"})
    assert hasattr(AsyncWebsocketConsumer, name), BREAKS


def test_dispatch_does_nothing_else_but_tidy_up_connections():
    called = {
        line.strip().split("(")[0]
        for line in inspect.getsource(AsyncConsumer.dispatch).splitlines()
        if line.strip().startswith("await ")
    }

    assert called == {"await aclose_old_connections", "await handler"}, BREAKS
