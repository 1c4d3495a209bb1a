"""One process and all that it runs: claims, room, drains, rescues, and its own death."""

import asyncio
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from support.eventually import comes_true
from support.reply_rows import make_reply, make_running, set_directly, stored

from api import threads
from chat.models import Reply
from chat.replies import lifecycle
from workers.engine import liveness
from workers.engine.engine import Engine
from workers.models import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]
CONFIG = {"model": "malgil-demo"}


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.WORKER_TICK_SECONDS = 0.05
    settings.WORKER_LEASE_SECONDS = 0.6
    settings.MODEL_BACKOFF_SECONDS = 0.1


@pytest.fixture
async def engine():
    engine = Engine(capacity=20)
    await engine.start()
    yield engine
    async with asyncio.timeout(10):
        await engine.drain(0)
        await engine.stop()


async def made(member, **fields):
    return await threads.run(lambda: make_reply(member, config=CONFIG, **fields))


async def becomes(reply, status):
    async def look():
        row = await threads.run(stored, reply)
        return row if row.status == status else None

    return await comes_true(look)


async def another_beat():
    """Of the one worker there is."""
    before = (await threads.run_apart(Worker.objects.get)).beat_at

    async def look():
        return (await threads.run_apart(Worker.objects.get)).beat_at > before

    await comes_true(look)


async def test_a_reply_that_was_woken_for_is_answered_when_the_call_returns(engine, member):
    reply = await made(member)

    await engine.generate(reply.id)

    row = await threads.run(stored, reply)
    assert (row.status, row.attempt) == ("completed", 1)


async def test_a_started_engine_is_registered(engine):
    assert engine.watch.worker is not None
    assert await threads.run(Worker.objects.count) == 1


async def test_many_wake_ups_for_one_reply_run_it_once(engine, member, model):
    reply = await made(member, due=True)

    await asyncio.gather(*(engine.generate(reply.id) for _ in range(20)))

    assert (await becomes(reply, "completed")).attempt == 1
    assert len(model.requests()) == 1


async def test_one_wake_up_for_many_replies_runs_each(engine, member, model):
    waiting = [await made(member) for _ in range(5)]

    await engine.generate(waiting[0].id, uuid4(), *(reply.id for reply in waiting[1:]))

    assert [(await threads.run(stored, reply)).attempt for reply in waiting] == [1] * 5
    assert len(model.requests()) == 5


async def test_a_wake_up_for_more_than_there_is_room_for_takes_what_fits(engine, member, model):
    model.set(fault="hang")
    engine.capacity = 2
    waiting = [await made(member) for _ in range(4)]

    woken = asyncio.ensure_future(engine.generate(*(reply.id for reply in waiting)))
    await comes_true(lambda: len(engine.running()) == 2)

    in_progress = Reply.objects.filter(status="in_progress").count
    assert await threads.run(in_progress) == 2
    engine.drop_all()
    await woken


async def test_a_wake_up_for_nothing_does_nothing(engine, model):
    await engine.generate(uuid4())

    assert model.requests() == []


async def test_what_lost_its_wake_up_is_found(engine, member):
    replies_due = [await made(member, due=True) for _ in range(30)]

    for reply in replies_due:
        assert (await becomes(reply, "completed")).attempt == 1


async def test_a_failed_attempt_is_followed_by_another(engine, member, model):
    model.script({"fault": "status", "fault_status": 500})
    reply = await made(member)

    await engine.generate(reply.id)

    row = await becomes(reply, "completed")
    assert (row.attempt, row.failures) == (2, 1)
    assert len(model.requests()) == 2


async def test_no_more_runs_than_there_is_room_for(engine, member, model):
    model.set(fault="hang")
    engine.capacity = 3
    waiting = [await made(member) for _ in range(8)]

    woken = [asyncio.ensure_future(engine.generate(reply.id)) for reply in waiting]
    await comes_true(lambda: len(engine.running()) == 3)
    await asyncio.sleep(0.1)

    assert engine.room == 0
    assert len(model.requests()) <= 3
    in_progress = Reply.objects.filter(status="in_progress").count
    assert await threads.run(in_progress) == 3
    engine.capacity = 0
    await engine.drain(0)
    await asyncio.gather(*woken)


async def test_a_drain_waits_for_what_runs(engine, member, model):
    model.set(tokens=20, tokens_per_second=100)
    reply = await made(member)
    running = asyncio.ensure_future(engine.generate(reply.id))
    await comes_true(engine.running)

    await engine.drain(5)

    assert (await threads.run(stored, reply)).status == "completed"
    await running
    await engine.generate((await made(member)).id)
    assert await threads.run(Reply.objects.filter(status="queued").count) == 1


async def test_a_drain_that_takes_too_long_hands_back_at_once(engine, member, model):
    model.set(fault="hang")
    reply = await made(member)
    running = asyncio.ensure_future(engine.generate(reply.id))
    await comes_true(engine.running)

    await engine.drain(0.05)

    row = await threads.run(stored, reply)
    assert (row.status, row.rescues, row.failures) == ("queued", 0, 0)
    assert row.wake_at <= timezone.now()
    await running


@pytest.mark.parametrize("way", ["wake-up", "table"])
async def test_a_drain_waits_for_claims_that_are_under_way(
    engine, member, monkeypatch, settings, way
):
    """Else the reply would be left to the lease."""
    settings.WORKER_LEASE_SECONDS = 60
    worker = engine.watch.worker
    other = await threads.run(lambda: make_running(member, worker=worker, config=CONFIG))
    claimed, go_on = threading.Event(), threading.Event()
    name = "claim" if way == "wake-up" else "claim_due"
    claim = getattr(lifecycle, name)

    def slow_claim(**given):
        taken = claim(**given)
        if taken:
            claimed.set()
            go_on.wait(10)
        return taken

    monkeypatch.setattr(lifecycle, name, slow_claim)
    reply = await made(member, due=way == "table")
    if way == "wake-up":
        woken = asyncio.ensure_future(engine.generate(reply.id))
    await comes_true(claimed.is_set)
    if way == "wake-up":  # another one that comes to rest meanwhile makes no idle engine
        engine.spawn(other)
        await comes_true(lambda: not engine.running())

    draining = asyncio.ensure_future(engine.drain(5))
    await asyncio.sleep(0.05)
    assert not draining.done()
    go_on.set()
    await draining

    assert (await threads.run(stored, reply)).status == "queued"
    if way == "wake-up":
        await woken


async def test_a_claim_whose_answer_was_lost_is_put_back(engine, member, monkeypatch):
    """The connection broke after the claim was stored and before the worker heard of it."""
    claim = lifecycle.claim

    def lost(**given):
        claim(**given)
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(lifecycle, "claim", lost)
    reply = await made(member)
    await engine.generate(reply.id)
    assert (await threads.run(stored, reply)).status == "in_progress"
    monkeypatch.undo()

    row = await becomes(reply, "completed")

    assert (row.attempt, row.rescues) == (2, 1)


async def test_a_dead_workers_reply_is_run_again(engine, member):
    dead = await threads.run(liveness.register)
    reply = await threads.run(lambda: make_running(member, worker=dead, config=CONFIG))

    row = await becomes(reply, "completed")

    assert (row.attempt, row.rescues) == (2, 1)
    assert await threads.run(Worker.objects.count) == 1


async def test_a_worker_that_was_declared_dead_drops_its_work_and_starts_over(
    engine, member, model
):
    model.set(fault="hang")
    reply = await made(member)
    running = asyncio.ensure_future(engine.generate(reply.id))
    await comes_true(model.requests)
    first = engine.watch.worker

    await threads.run(lambda: Worker.objects.all().delete())
    await running

    await comes_true(lambda: engine.watch.worker not in (None, first))
    model.set(fault="none")
    assert (await becomes(reply, "completed")).attempt == 2


async def test_a_cancel_that_is_heard_ends_the_reply(engine, member, model):
    model.set(fault="hang")
    reply = await made(member)
    running = asyncio.ensure_future(engine.generate(reply.id))
    await comes_true(engine.running)

    engine.cancel(uuid4())
    engine.cancel(reply.id)
    await running

    assert (await threads.run(stored, reply)).status == "cancelled"


async def test_beats_do_not_wait_behind_other_work_on_the_database(engine):
    go_on = threading.Event()
    stuck = [asyncio.ensure_future(threads.run(go_on.wait, 10)) for _ in range(50)]

    await another_beat()

    go_on.set()
    await asyncio.gather(*stuck)


async def test_beats_do_not_wait_for_a_rescue(engine, member, monkeypatch):
    go_on, begun = threading.Event(), threading.Event()
    rescue = liveness.rescue

    def slow_rescue(**given):
        begun.set()
        go_on.wait(10)
        return rescue(**given)

    monkeypatch.setattr(liveness, "rescue", slow_rescue)
    reply = await threads.run(lambda: make_running(member, config=CONFIG))
    await comes_true(begun.is_set)

    await another_beat()
    go_on.set()

    await becomes(reply, "completed")


async def test_the_heart_goes_on_beating_whatever_breaks(engine, monkeypatch):
    beats = []
    beat = liveness.beat

    def breaking(worker, **given):
        beats.append(1)
        if len(beats) < 4:
            raise [OperationalError("away"), RuntimeError("odd")][len(beats) % 2]
        return beat(worker, **given)

    monkeypatch.setattr(liveness, "beat", breaking)

    await comes_true(lambda: len(beats) > 6)


async def test_an_idle_worker_asks_one_statement_a_tick(engine):
    asked = []

    def note(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    wrappers = await threads.run_apart(lambda: connection.execute_wrappers)
    wrappers.append(note)
    await comes_true(lambda: len(asked) >= 5)
    wrappers.remove(note)

    assert engine.watch._looking is None
    assert all("UPDATE workers_worker" in sql for sql in asked)


async def test_an_engine_that_stops_leaves_no_row(member):
    engine = Engine(capacity=5)
    await engine.start()

    await engine.drain(1)
    await engine.stop()

    assert await threads.run(Worker.objects.count) == 0


async def test_what_nobody_may_judge_yet_is_left_alone(engine, member, settings):
    settings.WORKER_LEASE_SECONDS = 60
    reply = await threads.run(lambda: make_running(member, config=CONFIG))
    old = timezone.now() - timedelta(seconds=1)
    await threads.run(lambda: set_directly(reply, started_at=old))
    began = time.monotonic()

    while time.monotonic() - began < 0.3:
        assert (await threads.run(stored, reply)).status == "in_progress"
        await asyncio.sleep(0.02)
