"""The parts of a worker together: how they start, drain and stop."""

import asyncio
import threading

import pytest
from support.chat.reply_rows import make_running, stored
from support.eventually import comes_true
from support.workers.engines import CONFIG, made

from api import threads
from chat.replies import lifecycle
from workers.engine.engine import Engine
from workers.models import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]


async def test_a_started_engine_is_registered(engine):
    assert engine.registration.worker is not None
    assert await threads.run(Worker.objects.count) == 1


@pytest.mark.parametrize("way", ["wake-up", "table"])
async def test_a_drain_waits_for_claims_that_are_under_way(
    engine, member, monkeypatch, settings, way
):
    """Else the reply would be left to the lease."""
    settings.WORKER_LEASE_SECONDS = 60
    worker = engine.registration.worker
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
        woken = asyncio.ensure_future(engine.running.generate(reply.id))
    await comes_true(claimed.is_set)
    if way == "wake-up":  # another one that comes to rest meanwhile makes no idle engine
        engine.running.run_claimed(other)
        await comes_true(lambda: not engine.running.ids())

    draining = asyncio.ensure_future(engine.drain(5))
    await asyncio.sleep(0.05)
    assert not draining.done()
    go_on.set()
    await draining

    assert (await threads.run(stored, reply)).status == "queued"
    if way == "wake-up":
        await woken


async def test_an_engine_that_stops_leaves_no_row(member):
    engine = Engine(capacity=5)
    await engine.start()

    await engine.drain(1)
    await engine.stop()

    assert await threads.run(Worker.objects.count) == 0
