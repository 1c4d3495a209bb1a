"""A WebSocket whose messages are bad, whose handler breaks, or whose database is away."""

from uuid import uuid4

import pytest
from support.chat.reply_rows import make_running
from support.chat.running_reply import complete, say
from support.drivers.socket_driver import Socket, open_session, opened, ticket_for

from api import threads
from chat.events import publisher
from chat.live import reconciliation

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer", "no_sweeps"),
]


@pytest.mark.parametrize(
    "frame",
    [
        {"text": "no json"},
        {"bytes": b"\x00"},
        {"text": '{"type":"dance"}'},
        {"text": '{"type":"ping","more":1}'},
        {"text": '{"type":"ping"' + " " * 16_384 + "}"},
    ],
)
async def test_a_bad_message_is_explained_and_ends_the_socket(member, frame):
    reply = await threads.run(make_running, member)
    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        await socket.say_raw(**frame)
        await socket.say(type="ping")

        error = await socket.next()
        assert (error["type"], error["code"]) == ("error", "bad_message")
        assert await socket.closed_with() == 4400
        # Nothing follows: a server refuses to send after the close.
        await threads.run(say, reply, 1, "a")
        assert await socket.receive_nothing(timeout=0.2)


async def test_nothing_is_left_of_sockets_that_are_gone(member, own_layer):
    for _ in range(3):
        async with opened(member):
            pass

    assert not reconciliation.reconciler._connections
    assert (own_layer.channels, own_layer.groups) == ({}, {})


async def test_nothing_is_left_of_a_socket_that_broke(member, own_layer, monkeypatch):
    """A handler that raises ends the socket, and no disconnect comes."""
    from chat.live.websocket_consumer import MemberConsumer

    async def broken(self, message):
        raise RuntimeError("odd")

    monkeypatch.setattr(MemberConsumer, "_answer", broken)
    session = await threads.run(open_session, member)
    ticket = await threads.run(ticket_for, session)
    socket = Socket("malgil.v1", ticket)
    await socket.connect()
    await socket.next("ready")

    await socket.say(type="ping")
    with pytest.raises(RuntimeError, match="odd"):
        await socket.wait(timeout=5)

    assert not reconciliation.reconciler._connections
    assert (own_layer.channels, own_layer.groups) == ({}, {})


def losing(function, times):
    """The database is away for the first calls."""
    from django.db import OperationalError

    left = [OperationalError("away")] * times

    def call(*args, **kwargs):
        if left:
            raise left.pop()
        return function(*args, **kwargs)

    return call


async def test_an_end_whose_text_cannot_be_read_is_told_later(member, monkeypatch, settings):
    from chat.resources import queries

    settings.SOCKET_SWEEP_SECONDS = 0.1
    reply = await threads.run(make_running, member)
    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        monkeypatch.setattr(queries, "get_reply", losing(queries.get_reply, 2))
        await threads.run(lambda: publisher.publish(complete(reply, "abc", 3)))

        frame = await socket.next("reply.snapshot")
        assert frame["choices"] == [{"index": 0, "content": "abc"}]
        assert (await socket.next("reply.updated"))["reply"]["status"] == "completed"


@pytest.mark.parametrize("name", ["get_reply", "open_of"])
async def test_without_the_database_a_client_is_asked_to_come_again(member, monkeypatch, name):
    from chat.resources import queries

    monkeypatch.setattr(queries, name, losing(getattr(queries, name), 1))
    async with opened(member, ready=False) as socket:
        await socket.say(type="resync", reply=str(uuid4()))

        assert await socket.closed_with() == 1012
