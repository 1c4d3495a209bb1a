"""Who may open a WebSocket, how many, and until when it lasts."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from support.chat.reply_rows import another_member
from support.drivers.socket_driver import Socket, access_of, open_session, opened, ticket_for
from support.eventually import comes_true

from accounts.models import SocketTicket
from api import threads
from chat.live import reconciliation

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer", "no_sweeps"),
]


async def test_authenticating_again_makes_the_socket_last(member):
    session = await threads.run(open_session, member)
    async with opened(member, session=session, lasting=1.5) as socket:
        await socket.say(type="authenticate", access=await threads.run(access_of, session))

        frame = await socket.next()
        assert frame["type"] == "ready"
        left = datetime.fromisoformat(frame["expires_at"]) - datetime.now(UTC)
        assert left > timedelta(seconds=60)
        await asyncio.sleep(1.7)  # past the moment at which it would have ended
        await socket.say(type="ping")
        assert await socket.next() == {"type": "pong"}


async def access_of_another_member(member):
    return await threads.run(lambda: access_of(open_session(another_member())))


async def access_that_expired(member):
    from accounts.credentials import tokens

    def expired():
        token = tokens.read_access(access_of(open_session(member)))
        token.set_exp(lifetime=timedelta(seconds=-1))
        return str(token)

    return await threads.run(expired)


async def access_of_an_ended_session(member):
    from accounts.credentials import sessions

    def ended():
        session = open_session(member)
        access = access_of(session)
        sessions.revoke(session)
        return access

    return await threads.run(ended)


async def no_token(member):
    return "\ud800 no token"


@pytest.mark.parametrize(
    "access",
    [access_of_another_member, access_that_expired, access_of_an_ended_session, no_token],
)
async def test_a_token_that_does_not_serve_ends_the_socket(member, access):
    async with opened(member) as socket:
        await socket.say(type="authenticate", access=await access(member))
        assert await socket.closed_with() == 4401


async def test_a_socket_ends_when_its_time_is_over(member):
    async with opened(member, lasting=0.5) as socket:
        assert await socket.closed_with() == 4401


async def refused(*subprotocols):
    socket = Socket(*subprotocols)
    accepted, protocol = await socket.connect()
    assert accepted  # a browser sees a close before that as 1006
    code = await socket.closed_with()
    await socket.send_input({"type": "websocket.disconnect", "code": code})
    await socket.wait()
    return protocol, code


async def test_a_ticket_serves_once(member):
    ticket = await threads.run(lambda: ticket_for(open_session(member)))
    first = Socket("malgil.v1", ticket)
    await first.connect()
    await first.next("ready")

    assert await refused("malgil.v1", ticket) == ("malgil.v1", 4401)

    await first.disconnect()


async def test_a_ticket_that_is_too_old_does_not_serve(member):
    ticket = await threads.run(lambda: ticket_for(open_session(member)))
    long_ago = datetime.now(UTC) - timedelta(seconds=1)
    await threads.run(lambda: SocketTicket.objects.update(expires_at=long_ago))

    assert await refused("malgil.v1", ticket) == ("malgil.v1", 4401)


@pytest.mark.parametrize("offered", [["malgil.v1"], ["malgil.v1", "ticket.none"], ["other"], []])
async def test_without_a_ticket_nobody_gets_in(member, offered):
    assert (await refused(*offered))[1] == 4401


async def test_a_ticket_without_the_protocol_is_not_spent(member):
    ticket = await threads.run(lambda: ticket_for(open_session(member)))

    assert await refused(ticket) == (None, 4401)

    assert await threads.run(SocketTicket.objects.count) == 1


async def test_a_member_has_so_many_sockets(member, settings):
    settings.CHAT_MAX_SOCKETS = 2
    async with opened(member), opened(member):
        ticket = await threads.run(lambda: ticket_for(open_session(member)))
        assert await refused("malgil.v1", ticket) == ("malgil.v1", 4429)
    async with opened(member):
        pass


async def test_a_foreign_page_may_not_open_a_socket(member):
    ticket = await threads.run(lambda: ticket_for(open_session(member)))
    socket = Socket("malgil.v1", ticket)
    socket.scope["headers"] = [(b"origin", b"https://evil.example"), (b"host", b"ours.example")]

    accepted, _ = await socket.connect()

    assert not accepted
    await comes_true(lambda: not reconciliation.reconciler._connections)
