"""What was lost on the way is sent from the tables."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgpack
import pytest
from support.chat.former_release import former_pack
from support.chat.reply_rows import make_conversation, make_reply, make_running
from support.chat.running_reply import say, shown
from support.drivers.socket_driver import open_session, opened
from support.eventually import comes_true

from accounts.credentials import sessions
from api import threads
from chat.events import messages, publisher
from chat.live import channel_layer, reconciliation
from chat.models import Conversation
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle
from config.embedded.redis import EmbeddedRedis

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer"),
]


@pytest.fixture(autouse=True)
def _often(settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1


def complete(reply, text="Hi", seq=1):
    """Stored, and told nobody."""
    outcome = Outcome(
        choices=[ChoiceParts(index=0, content=text, finish_reason="stop")], last_seq=seq
    )
    lifecycle.complete(reply, outcome)


async def test_an_end_that_was_not_pushed_is_found_with_its_text(member):
    reply = await threads.run(make_running, member)
    async with opened(member) as socket:
        await socket.next("reply.snapshot")

        await threads.run(complete, reply)

        frame = await socket.next()
        assert (frame["type"], frame["seq"]) == ("reply.snapshot", 1)
        assert frame["choices"] == [{"index": 0, "content": "Hi"}]
        frame = await socket.next()
        assert (frame["type"], frame["reply"]["status"]) == ("reply.updated", "completed")
        await threads.run(lambda: publisher.publish([publisher.reply_updated(reply)]))
        assert await socket.rest() == []


async def test_a_claim_that_was_not_pushed_is_found_too(member):
    reply = await threads.run(make_reply, member)
    async with opened(member) as socket:
        worker = reply.id
        await threads.run(lambda: lifecycle.claim(reply_id=reply.id, worker=worker))

        assert (await socket.next("reply.updated"))["reply"]["status"] == "in_progress"


async def test_every_socket_of_the_member_is_told_once(member):
    reply = await threads.run(make_running, member)
    async with opened(member) as one, opened(member) as two:
        for socket in (one, two):
            await socket.next("reply.snapshot")

        await threads.run(complete, reply)

        for socket in (one, two):
            await socket.next("reply.updated")
            assert await socket.rest() == []


async def test_text_that_redis_did_not_have_is_told_once_it_does(member):
    reply = await threads.run(make_running, member)
    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        await threads.run(say, reply, 3, "c")  # and the snapshot is lost
        await threads.run(shown, reply, {0: "abc"}, 3)

        frame = await socket.next()
        assert (frame["type"], frame["seq"]) == ("reply.snapshot", 3)
        assert frame["choices"] == [{"index": 0, "content": "abc"}]


async def test_an_idle_socket_hears_nothing(member):
    await threads.run(make_running, member)
    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        assert await socket.receive_nothing(timeout=0.5)


async def test_a_reply_that_was_deleted_is_not_asked_for_any_more(member):
    reply = await threads.run(make_running, member)
    async with opened(member) as socket:
        await socket.next("reply.snapshot")
        ended = datetime.now(UTC)
        await threads.run(lambda: Conversation.objects.update(deleted_at=ended))
        (consumer,) = reconciliation.reconciler._connections[reply.member_id]

        await comes_true(lambda: not consumer.subscriber.order.in_flight())


async def test_a_revoked_session_ends_its_sockets_and_no_others(member):
    revoked, kept = [await threads.run(open_session, member) for _ in range(2)]
    async with opened(member, session=revoked) as first, opened(member, session=kept) as second:
        await threads.run(sessions.revoke, revoked)

        assert await first.closed_with() == 4401
        assert await second.receive_nothing(timeout=0.3)


async def test_a_deactivated_member_is_out(member):
    async with opened(member) as socket:
        member.is_active = False
        await threads.run(member.save)

        assert await socket.closed_with() == 4401


async def test_a_client_that_takes_nothing_holds_up_itself_only(member):
    stuck_one, other = [await threads.run(make_running, member) for _ in range(2)]
    async with opened(member) as stuck, opened(member) as free:
        for socket in (stuck, free):
            await socket.next("reply.snapshot")
            await socket.next("reply.snapshot")
        consumer = next(iter(reconciliation.reconciler._connections[member.id]))
        hanging = asyncio.Event()

        async def hang(message):
            await hanging.wait()

        (other_subscriber,) = [
            connection.subscriber
            for connection in reconciliation.reconciler._connections[member.id]
            if connection != consumer
        ]
        base_send, consumer.base_send = consumer.base_send, hang
        await threads.run(complete, stuck_one)
        await comes_true(lambda: str(stuck_one.id) not in other_subscriber.order.in_flight())

        await threads.run(complete, other)

        await comes_true(lambda: str(other.id) not in other_subscriber.order.in_flight())
        consumer.base_send = base_send
        hanging.set()


async def test_one_that_cannot_be_ended_holds_up_nobody(member, monkeypatch):
    """Closing a socket waits for a client that takes nothing."""
    revoked, kept = [await threads.run(open_session, member) for _ in range(2)]
    reply = await threads.run(make_running, member)
    async with opened(member, session=revoked), opened(member, session=kept) as free:
        await free.next("reply.snapshot")
        (stuck,) = [
            connection
            for connection in reconciliation.reconciler._connections[member.id]
            if connection.credential.id == revoked.id
        ]
        asked, never = asyncio.Event(), asyncio.Event()

        async def hang(code):
            asked.set()
            await never.wait()

        monkeypatch.setattr(stuck, "end", hang)
        await threads.run(sessions.revoke, revoked)
        await asked.wait()

        await threads.run(complete, reply)

        assert (await free.next("reply.updated"))["reply"]["status"] == "completed"
        never.set()


@pytest.fixture
async def redis_of_its_own(tmp_path, settings):
    """A Redis for the sockets alone, so that only their connection breaks."""
    with EmbeddedRedis(tmp_path) as server:
        layer = settings.CHANNEL_LAYERS["default"] | {"CONFIG": {"url": server.url}}
        settings.CHANNEL_LAYERS = {"default": layer}
        yield server
        await channel_layer.current().flush()


async def test_after_a_gap_replies_conversations_and_the_quota_are_told(member, redis_of_its_own):
    def meanwhile():
        ended = make_running(member, counted=True)
        complete(ended)
        renamed = make_conversation(member)
        Conversation.objects.filter(id=renamed.id).update(title="New", updated_at=datetime.now(UTC))
        forgotten = make_conversation(member)
        Conversation.objects.filter(id=forgotten.id).update(deleted_at=datetime.now(UTC))
        return ended, renamed, forgotten

    async with opened(member) as socket:
        assert await socket.receive_nothing(timeout=0.3), "the first connection is no gap"
        redis_of_its_own.kill()
        ended, renamed, forgotten = await threads.run(meanwhile)
        # While Redis is away the end is found all the same.
        frame = await socket.next("reply.updated")
        assert (frame["reply"]["id"], frame["reply"]["status"]) == (str(ended.id), "completed")

        redis_of_its_own.start()

        told = {}
        while "quota.updated" not in told:
            frame = await socket.next()
            told.setdefault(frame["type"], []).append(frame)
        assert told["quota.updated"][0]["quota"]["used"] == 1
        updated = [frame["conversation"]["id"] for frame in told["conversation.updated"]]
        assert str(renamed.id) in updated
        assert [f["conversation"] for f in told["conversation.deleted"]] == [str(forgotten.id)]
        assert "reply.updated" not in told
        assert await socket.rest() == []


async def test_after_a_gap_old_things_are_left_alone(member, redis_of_its_own):
    old = await threads.run(make_conversation, member)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await threads.run(lambda: Conversation.objects.update(updated_at=long_ago))
    async with opened(member) as socket:
        redis_of_its_own.kill()
        redis_of_its_own.start()

        frames = []
        while not frames or frames[-1]["type"] != "quota.updated":
            frames.append(await socket.next())
    assert str(old.id) not in str(frames)


async def test_a_message_of_the_release_before_is_sent_on(member, redis):
    channel = channel_layer.current().redis_channel(messages.member_group(member.id))
    event = await threads.run(publisher.quota_updated, member)
    async with opened(member) as socket:
        await threads.run(redis.publish, channel, former_pack([event]))

        assert (await socket.next())["type"] == "quota.updated"


async def test_after_a_message_of_a_later_release_the_tables_are_read(member, redis):
    channel = channel_layer.current().redis_channel(messages.member_group(member.id))
    later = {"type": "member.events", "version": messages.VERSION + 1, "news": "?"}
    async with opened(member) as socket:
        assert await socket.receive_nothing(timeout=0.3)
        await threads.run(redis.publish, channel, msgpack.packb(later))

        assert (await socket.next())["type"] == "quota.updated"


async def test_the_reconciler_rests_when_nobody_is_there(member):
    async with opened(member):
        pass

    await comes_true(lambda: reconciliation.reconciler._task.done())
