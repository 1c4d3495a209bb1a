"""What a worker finds in the tables each tick, and what it does about it."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from support.chat.reply_rows import make_running, set_directly, stored
from support.eventually import comes_true
from support.workers.engines import CONFIG, another_beat, becomes, made

from api import threads
from chat.replies import lifecycle
from workers.engine import liveness
from workers.models import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]


async def test_what_lost_its_wake_up_is_found(engine, member):
    replies_due = [await made(member, due=True) for _ in range(30)]

    for reply in replies_due:
        assert (await becomes(reply, "completed")).attempt == 1


async def test_a_claim_whose_answer_was_lost_is_put_back(engine, member, monkeypatch):
    """The connection broke after the claim was stored and before the worker heard of it."""
    claim = lifecycle.claim

    def lost(**given):
        claim(**given)
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(lifecycle, "claim", lost)
    reply = await made(member)
    await engine.running.generate(reply.id)
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


async def test_what_nobody_may_judge_yet_is_left_alone(engine, member, settings):
    settings.WORKER_LEASE_SECONDS = 60
    reply = await threads.run(lambda: make_running(member, config=CONFIG))
    old = timezone.now() - timedelta(seconds=1)
    await threads.run(lambda: set_directly(reply, started_at=old))
    began = time.monotonic()

    while time.monotonic() - began < 0.3:
        assert (await threads.run(stored, reply)).status == "in_progress"
        await asyncio.sleep(0.02)


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

    assert engine.recovery._recovering is None
    assert all("UPDATE workers_worker" in sql for sql in asked)
