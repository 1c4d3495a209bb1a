"""`GET replies/{id}/events`: Server-Sent Events."""

import asyncio
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework_simplejwt.tokens import AccessToken
from support.chat.reply_rows import another_member, make_reply, make_running
from support.chat.running_reply import complete, say, shown
from support.drivers.http_driver import Caller, Stream, caller_of
from support.drivers.socket_driver import open_session
from support.eventually import comes_true

from accounts.credentials import sessions
from api import threads
from chat.events import publisher
from chat.live import reconciliation, reply_follower
from chat.live.subscriber import Subscriber
from chat.replies import lifecycle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer", "no_sweeps"),
]


@pytest.fixture
async def caller(member):
    return await caller_of(member)


async def stream_of(caller, reply, **headers):
    return Stream(await caller.get(f"replies/{reply.id}/events", **headers))


def end(reply, text, seq):
    publisher.publish(complete(reply, text, seq))


async def test_a_reply_is_told_from_its_beginning_to_its_end(member, caller):
    reply = await threads.run(make_running, member)
    stream = await stream_of(caller, reply)
    first, second = await stream.next(), await stream.next()
    for seq, text in enumerate("ab", start=1):
        await threads.run(say, reply, seq, text)
    await threads.run(end, reply, "ab", 2)
    rest = await stream.rest()

    assert (first.kind, first.body["reply"]["status"]) == ("reply.updated", "in_progress")
    assert (second.kind, second.body["seq"]) == ("reply.snapshot", 0)
    assert [heard.kind for heard in rest] == ["reply.delta", "reply.delta", "reply.updated"]
    assert all(heard.body["type"] == heard.kind for heard in [first, second, *rest])
    assert rest[-1].body["reply"]["status"] == "completed"
    assert len({heard.id for heard in [first, *rest]}) == 4
    assert not reconciliation.reconciler._connections


async def test_what_comes_while_the_reply_is_read_is_told_after_it(member, caller, monkeypatch):
    reply = await threads.run(make_running, member)
    read, heard = reply_follower._as_it_is, threading.Event()
    on_events = Subscriber.on_events

    def read_slowly(*asked):
        found = read(*asked)
        say(reply, 1, "a")
        assert heard.wait(5)
        return found

    def note(subscriber, message):
        left = on_events(subscriber, message)
        heard.set()
        return left

    monkeypatch.setattr(reply_follower, "_as_it_is", read_slowly)
    monkeypatch.setattr(Subscriber, "on_events", note)
    stream = await stream_of(caller, reply)

    kinds = [(await stream.next()).kind for _ in range(3)]

    assert kinds == ["reply.updated", "reply.snapshot", "reply.delta"]
    await stream.close()


async def test_one_that_waits_is_told_when_it_begins(member, caller):
    reply = await threads.run(make_reply, member)
    stream = await stream_of(caller, reply)
    first = await stream.next()

    claimed = await threads.run(lambda: lifecycle.claim(reply_id=reply.id, worker=uuid4()))
    await threads.run(lambda: publisher.publish(publisher.after_change(claimed)))
    second = await stream.next()

    assert first.body["reply"]["status"] == "queued"
    assert second.body["reply"]["status"] == "in_progress"
    await stream.close()


async def test_an_ended_reply_is_told_with_its_text(member, caller):
    reply = await threads.run(make_running, member)
    await threads.run(end, reply, "abc", 3)

    heard = await (await stream_of(caller, reply)).rest()

    assert [one.kind for one in heard] == ["reply.snapshot", "reply.updated"]
    assert heard[0].body["choices"] == [{"index": 0, "content": "abc"}]
    assert heard[1].body["reply"]["choices"][0]["content"] == "abc"


async def test_other_replies_of_the_member_are_not_told(member, caller):
    reply, other = [await threads.run(make_running, member) for _ in range(2)]
    stream = await stream_of(caller, reply)
    await threads.run(say, other, 1, "x")
    await threads.run(end, other, "x", 1)
    await threads.run(end, reply, "", 0)

    heard = await stream.rest()

    assert {
        one.body.get("reply", {}).get("id") for one in heard if one.kind != "reply.snapshot"
    } == {str(reply.id)}


async def test_it_goes_on_after_the_last_event(member, caller):
    reply = await threads.run(make_running, member)
    stream = await stream_of(caller, reply)
    await threads.run(shown, reply, {0: "ab"}, 2)
    for seq, text in enumerate("ab", start=1):
        await threads.run(say, reply, seq, text)
    while (heard := await stream.next()).body.get("seq") != 2:
        pass
    await stream.close()

    again = await stream_of(caller, reply, Last_Event_ID=heard.id)
    reading = asyncio.ensure_future(again.rest())
    await comes_true(lambda: reconciliation.reconciler._connections)
    await threads.run(say, reply, 3, "c")
    await threads.run(end, reply, "abc", 3)
    rest = await reading

    assert [one.kind for one in rest] == ["reply.delta", "reply.updated"]
    assert rest[0].body["text"] == "c"


async def test_what_was_missed_meanwhile_comes_as_a_snapshot(member, caller):
    reply = await threads.run(make_running, member)
    stream = await stream_of(caller, reply)
    first = await stream.next()
    await stream.close()
    await threads.run(shown, reply, {0: "abc"}, 3)

    again = await stream_of(caller, reply, Last_Event_ID=first.id)
    heard = await again.next()

    assert (heard.kind, heard.body["seq"]) == ("reply.snapshot", 3)
    assert heard.body["choices"] == [{"index": 0, "content": "abc"}]
    await again.close()


async def test_whoever_has_read_the_end_need_not_come_again(member, caller):
    reply = await threads.run(make_running, member)
    await threads.run(end, reply, "abc", 3)
    last = (await (await stream_of(caller, reply)).rest())[-1]

    answer = await caller.get(f"replies/{reply.id}/events", Last_Event_ID=last.id)

    assert (answer.status_code, answer.content) == (204, b"")


async def test_it_goes_on_where_less_was_stored_in_the_end_than_was_told(member, caller):
    """An attempt that said something was put back, and the reply cancelled while it waited."""
    reply = await threads.run(make_running, member)
    stream = await stream_of(caller, reply)
    await stream.next(), await stream.next()
    await threads.run(say, reply, 1, "a")
    heard = await stream.next()
    await stream.close()
    await threads.run(lifecycle.hand_back, reply)
    await threads.run(lifecycle.cancel_queued, reply.id)

    rest = await (await stream_of(caller, reply, Last_Event_ID=heard.id)).rest()
    answer = await caller.get(f"replies/{reply.id}/events", Last_Event_ID=rest[-1].id)

    assert [one.kind for one in rest] == ["reply.snapshot", "reply.updated"]
    assert rest[0].body["choices"] == []
    assert rest[1].body["reply"]["status"] == "cancelled"
    assert answer.status_code == 204


@pytest.mark.parametrize(
    "given", ["nonsense", "1", "1-1", "99-1-1", "1-99-1", "2-1-99", "-1-1-1", "1-1-1-1"]
)
async def test_an_id_that_no_event_had_is_refused(member, caller, given):
    reply = await threads.run(make_running, member)
    await threads.run(end, reply, "abc", 3)

    answer = await caller.get(f"replies/{reply.id}/events", Last_Event_ID=given)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Last-Event-ID"


async def test_silence_is_broken_by_comments(member, caller, settings):
    settings.SOCKET_HEARTBEAT_SECONDS = 0.05
    reply = await threads.run(make_running, member)
    stream = await stream_of(caller, reply)
    await stream.next(), await stream.next()
    reading = asyncio.ensure_future(stream.next())

    await comes_true(lambda: stream.comments > 2)

    await threads.run(end, reply, "", 0)
    assert (await reading).kind == "reply.updated"


async def test_nothing_comes_after_the_session_ended(member, settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1
    reply = await threads.run(make_running, member)
    session = await threads.run(open_session, member)
    stream = await stream_of(Caller(session), reply)
    await stream.next(), await stream.next()

    await threads.run(sessions.revoke, session)

    assert await stream.next() is None


async def test_it_ends_with_the_access_token(member, monkeypatch):
    reply = await threads.run(make_running, member)
    session = await threads.run(open_session, member)
    monkeypatch.setattr(AccessToken, "lifetime", timedelta(seconds=1.5))
    stream = await stream_of(Caller(session), reply)

    heard = await stream.rest()

    assert [one.kind for one in heard] == ["reply.updated", "reply.snapshot"]


async def test_a_client_that_goes_away_leaves_nothing_behind(member, caller):
    reply = await threads.run(make_running, member)
    stream = await stream_of(caller, reply)
    await stream.next()
    assert reconciliation.reconciler._connections

    await stream.close()

    await comes_true(lambda: not reconciliation.reconciler._connections)


async def test_whoever_asks_for_the_headers_alone_does_not_wait(member, caller):
    reply = await threads.run(make_running, member)

    answer = await caller.head(f"replies/{reply.id}/events")

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    async with asyncio.timeout(5):
        assert [part async for part in answer] == []
    assert not reconciliation.reconciler._connections


async def test_another_members_reply_is_not_there(member):
    reply = await threads.run(make_running, member)
    other = await caller_of(await threads.run(another_member))

    assert (await other.get(f"replies/{reply.id}/events")).status_code == 404
