"""The replies of one process: claims, room, retries, cancels, drains."""

import asyncio
from uuid import uuid4

import pytest
from django.utils import timezone
from support.chat.reply_rows import stored
from support.eventually import comes_true
from support.workers.engines import becomes, made

from api import threads
from chat.models import Reply
from workers.engine import liveness
from workers.engine.running_replies import RunningReplies
from workers.model.model_server import ModelServer
from workers.streaming.live_writer import LiveWriter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]


@pytest.fixture
async def replies():
    """Of a registered worker that looks for nothing by itself."""
    model, live = ModelServer(), LiveWriter()
    replies = RunningReplies(capacity=20, model=model, live=live)
    replies.worker = await threads.run(liveness.register)
    yield replies
    async with asyncio.timeout(10):
        await replies.drain(0)
        await live.close()
        await model.close()


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.MODEL_BACKOFF_SECONDS = 0.1


async def test_a_reply_that_was_woken_for_is_answered_when_the_call_returns(replies, member):
    reply = await made(member)

    await replies.generate(reply.id)

    row = await threads.run(stored, reply)
    assert (row.status, row.attempt) == ("completed", 1)


async def test_many_wake_ups_for_one_reply_run_it_once(replies, member, model):
    reply = await made(member, due=True)

    await asyncio.gather(*(replies.generate(reply.id) for _ in range(20)))

    assert (await becomes(reply, "completed")).attempt == 1
    assert len(model.requests()) == 1


async def test_one_wake_up_for_many_replies_runs_each(replies, member, model):
    waiting = [await made(member) for _ in range(5)]

    await replies.generate(waiting[0].id, uuid4(), *(reply.id for reply in waiting[1:]))

    assert [(await threads.run(stored, reply)).attempt for reply in waiting] == [1] * 5
    assert len(model.requests()) == 5


async def test_a_wake_up_for_more_than_there_is_room_for_takes_what_fits(replies, member, model):
    model.set(fault="hang")
    replies.capacity = 2
    waiting = [await made(member) for _ in range(4)]

    woken = asyncio.ensure_future(replies.generate(*(reply.id for reply in waiting)))
    await comes_true(lambda: len(replies.ids()) == 2)

    in_progress = Reply.objects.filter(status="in_progress").count
    assert await threads.run(in_progress) == 2
    replies.disown()
    await woken


async def test_a_wake_up_for_nothing_does_nothing(replies, model):
    await replies.generate(uuid4())

    assert model.requests() == []


async def test_a_failed_attempt_is_followed_by_another(replies, member, model):
    model.script({"fault": "status", "fault_status": 500})
    reply = await made(member)

    await replies.generate(reply.id)

    row = await becomes(reply, "completed")
    assert (row.attempt, row.failures) == (2, 1)
    assert len(model.requests()) == 2


async def test_no_more_runs_than_there_is_room_for(replies, member, model):
    model.set(fault="hang")
    replies.capacity = 3
    waiting = [await made(member) for _ in range(8)]

    woken = [asyncio.ensure_future(replies.generate(reply.id)) for reply in waiting]
    await comes_true(lambda: len(replies.ids()) == 3)
    await asyncio.sleep(0.1)

    assert replies.room == 0
    assert len(model.requests()) <= 3
    in_progress = Reply.objects.filter(status="in_progress").count
    assert await threads.run(in_progress) == 3
    replies.capacity = 0
    await replies.drain(0)
    await asyncio.gather(*woken)


async def test_a_drain_waits_for_what_runs(replies, member, model):
    model.set(tokens=20, tokens_per_second=100)
    reply = await made(member)
    running = asyncio.ensure_future(replies.generate(reply.id))
    await comes_true(replies.ids)

    await replies.drain(5)

    assert (await threads.run(stored, reply)).status == "completed"
    await running
    await replies.generate((await made(member)).id)
    assert await threads.run(Reply.objects.filter(status="queued").count) == 1


async def test_a_drain_that_takes_too_long_hands_back_at_once(replies, member, model):
    model.set(fault="hang")
    reply = await made(member)
    running = asyncio.ensure_future(replies.generate(reply.id))
    await comes_true(replies.ids)

    await replies.drain(0.05)

    row = await threads.run(stored, reply)
    assert (row.status, row.rescues, row.failures) == ("queued", 0, 0)
    assert row.wake_at <= timezone.now()
    await running


async def test_a_cancel_that_is_heard_ends_the_reply(replies, member, model):
    model.set(fault="hang")
    reply = await made(member)
    running = asyncio.ensure_future(replies.generate(reply.id))
    await comes_true(replies.ids)

    replies.cancel(uuid4())
    replies.cancel(reply.id)
    await running

    assert (await threads.run(stored, reply)).status == "cancelled"


async def test_a_worker_that_was_declared_dead_claims_nothing_until_it_is_registered(
    replies, member, model
):
    reply = await made(member)
    replies.disown()

    await replies.generate(reply.id)

    assert (await threads.run(stored, reply)).status == "queued"
    replies.worker = await threads.run(liveness.register)
    await replies.generate(reply.id)
    assert (await threads.run(stored, reply)).attempt == 1


async def test_a_retry_that_finds_no_room_is_left_to_whoever_looks_into_the_table(
    replies, member, model
):
    model.script({"fault": "status", "fault_status": 500})
    reply = await made(member)
    await replies.generate(reply.id)
    replies.capacity = 0

    await asyncio.sleep(0.3)  # longer than the backoff

    assert (await threads.run(stored, reply)).status == "queued"
    assert len(model.requests()) == 1
