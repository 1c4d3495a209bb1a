"""What the WebSocket tells a client: what is there, what happens, and what it asks for again."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from support.chat.reply_rows import another_member, make_reply, make_running
from support.chat.running_reply import complete, say, shown
from support.drivers.socket_driver import opened

from api import threads
from chat.events import publisher
from chat.live import subscriber
from chat.replies import lifecycle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer", "no_sweeps"),
]


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


async def test_a_conversation_that_was_deleted_is_told_with_its_id(member):
    reply = await threads.run(make_running, member)

    def delete():
        reply.conversation.deleted_at = datetime.now(UTC)
        publisher.publish([publisher.conversation_event(reply.conversation)])

    async with opened(member) as socket:
        await threads.run(delete)

        frame = await socket.next("conversation.deleted")
        assert frame["conversation"] == str(reply.conversation_id)
