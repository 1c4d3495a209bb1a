"""The WebSocket as a client meets it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from support.drivers.socket_driver import Socket, access_of, open_session, opened, ticket_for
from support.eventually import comes_true
from support.reply_rows import another_member, make_reply, make_running
from support.running_reply import complete, say, shown

from accounts.models import SocketTicket
from api import threads
from chat.events import publisher
from chat.live import reconciliation, subscriber
from chat.replies import lifecycle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer"),
]


@pytest.fixture(autouse=True)
def _no_sweeps(settings):
    settings.SOCKET_SWEEP_SECONDS = 60


async def test_ready_says_who_and_until_when(member, settings):
    settings.SOCKET_HEARTBEAT_SECONDS = 7
    async with opened(member, ready=False, lasting=60) as socket:
        frame = await socket.next()

    until = datetime.fromisoformat(frame.pop("expires_at"))
    assert abs((until - datetime.now(UTC)).total_seconds() - 60) < 10
    assert frame == {"type": "ready", "member": str(member.id), "heartbeat_seconds": 7}


async def test_a_snapshot_of_each_running_reply_follows(member):
    def prepare():
        spoken, silent = make_running(member, config={"n": 2}), make_running(member)
        make_reply(member)
        shown(spoken, {0: "안녕 😀", 1: "Hi"}, 5)
        return spoken, silent

    spoken, silent = await threads.run(prepare)

    async with opened(member) as socket:
        frames = {frame["reply"]: frame for frame in await socket.rest()}

    assert frames == {
        str(spoken.id): {
            "type": "reply.snapshot",
            "reply": str(spoken.id),
            "conversation": str(spoken.conversation_id),
            "attempt": 1,
            "seq": 5,
            "choices": [{"index": 0, "content": "안녕 😀"}, {"index": 1, "content": "Hi"}],
        },
        str(silent.id): {
            "type": "reply.snapshot",
            "reply": str(silent.id),
            "conversation": str(silent.conversation_id),
            "attempt": 1,
            "seq": 0,
            "choices": [],
        },
    }


@pytest.mark.parametrize("direct", [True, False])
async def test_the_text_comes_in_order_and_its_end_last(member, direct):
    reply = await threads.run(make_running, member)
    async with opened(member, direct=direct) as socket:
        await socket.next("reply.snapshot")
        for seq, text in enumerate("abc", start=1):
            await threads.run(say, reply, seq, text)
        await threads.run(say, reply, 2, "b")
        await threads.run(lambda: publisher.publish(complete(reply, "abc", 3)))
        await threads.run(say, reply, 4, "d")
        frames = await socket.rest()

    assert [frame["type"] for frame in frames] == [
        *["reply.delta"] * 3,
        "reply.updated",
        "conversation.updated",
    ]
    assert [frame["seq"] for frame in frames[:3]] == [1, 2, 3]
    assert frames[3]["reply"]["choices"][0]["content"] == "abc"


@pytest.mark.parametrize("direct", [True, False])
async def test_where_deltas_are_missing_a_snapshot_comes_in_their_place(member, direct):
    reply = await threads.run(make_running, member)
    async with opened(member, direct=direct) as socket:
        await socket.next("reply.snapshot")
        await threads.run(say, reply, 1, "a")
        await threads.run(shown, reply, {0: "abc"}, 3)
        await threads.run(say, reply, 3, "c")
        await threads.run(say, reply, 4, "d")
        frames = await socket.rest()

    told = [(frame["type"], frame["seq"]) for frame in frames]
    assert told == [("reply.delta", 1), ("reply.snapshot", 3), ("reply.delta", 4)]
    assert frames[1]["choices"] == [{"index": 0, "content": "abc"}]


@pytest.mark.parametrize("direct", [True, False])
async def test_where_the_last_deltas_are_missing_the_final_text_comes_first(member, direct):
    reply = await threads.run(make_running, member)
    async with opened(member, direct=direct) as socket:
        await socket.next("reply.snapshot")
        await threads.run(say, reply, 1, "a")
        await threads.run(lambda: publisher.publish(complete(reply, "abc", 3)))
        frames = await socket.rest()

    kinds = [frame["type"] for frame in frames]
    assert kinds == [
        "reply.delta",
        "reply.snapshot",
        "reply.updated",
        "conversation.updated",
    ]
    assert (frames[1]["seq"], frames[1]["choices"][0]["content"]) == (3, "abc")


async def test_a_new_attempt_starts_over(member):
    reply = await threads.run(make_running, member)

    def start_over():
        lifecycle.hand_back(reply)
        again = lifecycle.claim(reply_id=reply.id, worker=uuid4())
        publisher.publish([publisher.reply_updated(again)])
        say(again, 1, "x")
        say(reply, 2, "b", attempt=1)

    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        await threads.run(say, reply, 1, "a")
        await threads.run(start_over)
        frames = await socket.rest()

    told = [(frame["type"], frame.get("attempt"), frame.get("seq")) for frame in frames]
    assert told == [
        ("reply.delta", 1, 1),
        ("reply.updated", None, None),
        ("reply.delta", 2, 1),
    ]


async def test_resync_sends_the_text_of_a_running_reply_again(member):
    reply = await threads.run(make_running, member)
    await threads.run(shown, reply, {0: "ab"}, 2)
    async with opened(member) as socket:
        first = await socket.next("reply.snapshot")

        await socket.say(type="resync", reply=str(reply.id))

        assert await socket.next() == first


async def test_resync_of_an_ended_reply_tells_all_of_it(member):
    reply = await threads.run(make_running, member)
    await threads.run(complete, reply, "abc", 3)
    async with opened(member) as socket:
        for _ in range(2):
            await socket.say(type="resync", reply=str(reply.id))

            frame = await socket.next()
            assert (frame["type"], frame["seq"]) == ("reply.snapshot", 3)
            assert frame["choices"] == [{"index": 0, "content": "abc"}]
            frame = await socket.next()
            assert (frame["type"], frame["reply"]["status"]) == ("reply.updated", "completed")


async def test_resync_of_a_reply_that_waits_says_so(member):
    reply = await threads.run(make_reply, member)
    async with opened(member) as socket:
        await socket.say(type="resync", reply=str(reply.id))

        assert (await socket.next("reply.snapshot"))["choices"] == []
        assert (await socket.next())["reply"]["status"] == "queued"


async def test_resync_of_somebody_elses_reply_or_of_none_is_not_found(member):
    other = await threads.run(another_member)
    foreign = await threads.run(make_running, other)
    async with opened(member) as socket:
        for reply_id in (foreign.id, uuid4()):
            await socket.say(type="resync", reply=str(reply_id))

            frame = await socket.next()
            assert (frame["type"], frame["code"]) == ("error", "not_found")


async def test_events_of_other_members_never_arrive(member):
    other = await threads.run(another_member)
    foreign = await threads.run(make_running, other)
    async with opened(other) as theirs, opened(member) as mine:
        await threads.run(say, foreign, 1, "secret")
        assert (await theirs.next("reply.delta"))["text"] == "secret"
        assert await mine.receive_nothing(timeout=0.2)


async def test_two_sockets_of_a_member_hear_the_same(member):
    reply = await threads.run(make_running, member)
    async with opened(member) as one, opened(member) as two:
        await threads.run(say, reply, 1, "a")

        assert await one.next("reply.delta") == await two.next("reply.delta")


async def test_a_replys_last_frame_leaves_by_channels_own_send(member):
    reply, written = await threads.run(make_running, member), []
    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        write = socket.write

        def note(frame):
            written.append(frame)
            write(frame)

        socket.write = note
        await threads.run(say, reply, 1, "a")
        await socket.next("reply.delta")
        await threads.run(lambda: publisher.publish(complete(reply, "a", 1)))
        assert (await socket.next("reply.updated"))["reply"]["status"] == "completed"
        await socket.next("conversation.updated")

    kinds = [json.loads(frame[4:])["type"] for frame in written]
    assert kinds == ["reply.delta", "conversation.updated"], "and what follows leaves at once"


async def test_one_that_is_too_far_behind_is_asked_to_come_again(member, monkeypatch):
    monkeypatch.setattr(subscriber, "MAX_WAITING", 3)
    reply = await threads.run(make_running, member)
    deltas = publisher.Deltas(reply, reply.attempt)
    told = [deltas.delta(seq=seq, choice=0, text="a") for seq in range(1, 5)]
    async with opened(member) as slow, opened(member) as quick:
        slow.free = False
        await quick.say(type="ping")
        await quick.next("pong")  # it has done all that its opening wanted, and takes what comes
        await threads.run(publisher.publish, told)

        assert await slow.closed_with() == 1012
        assert [(await quick.next("reply.delta"))["seq"] for _ in told] == [1, 2, 3, 4]


async def test_a_ping_is_answered(member):
    async with opened(member) as socket:
        await socket.say(type="ping")
        assert await socket.next() == {"type": "pong"}


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


async def test_a_conversation_that_was_deleted_is_told_with_its_id(member):
    reply = await threads.run(make_running, member)

    def delete():
        reply.conversation.deleted_at = datetime.now(UTC)
        publisher.publish([publisher.conversation_event(reply.conversation)])

    async with opened(member) as socket:
        await threads.run(delete)

        frame = await socket.next("conversation.deleted")
        assert frame["conversation"] == str(reply.conversation_id)


async def test_a_foreign_page_may_not_open_a_socket(member):
    ticket = await threads.run(lambda: ticket_for(open_session(member)))
    socket = Socket("malgil.v1", ticket)
    socket.scope["headers"] = [(b"origin", b"https://evil.example"), (b"host", b"ours.example")]

    accepted, _ = await socket.connect()

    assert not accepted
    await comes_true(lambda: not reconciliation.reconciler._connections)
