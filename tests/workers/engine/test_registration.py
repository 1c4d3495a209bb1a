"""A worker's own row: its beats, and what it does when it was declared dead."""

import asyncio
import threading

import pytest
from support.eventually import comes_true
from support.workers.engines import another_beat, becomes, made

from api import threads
from workers.models import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]


async def test_a_worker_that_was_declared_dead_drops_its_work_and_starts_over(
    engine, member, model
):
    model.set(fault="hang")
    reply = await made(member)
    running = asyncio.ensure_future(engine.running.generate(reply.id))
    await comes_true(model.requests)
    first = engine.registration.worker

    await threads.run(lambda: Worker.objects.all().delete())
    await running

    await comes_true(lambda: engine.registration.worker not in (None, first))
    model.set(fault="none")
    assert (await becomes(reply, "completed")).attempt == 2


async def test_beats_do_not_wait_behind_other_work_on_the_database(engine):
    go_on = threading.Event()
    stuck = [asyncio.ensure_future(threads.run(go_on.wait, 10)) for _ in range(50)]

    await another_beat()

    go_on.set()
    await asyncio.gather(*stuck)
