"""A sender that closes, whose worker stops, or whose database is away."""

import time

import pytest
from support.eventually import comes_true
from support.webhooks.delivering import all_finished, ended, looks_until

from api import threads
from workers.engine.engine import Engine
from workers.models import Delivery
from workers.outbox.webhooks import deliveries, sending
from workers.outbox.webhooks.sending import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


async def test_a_sender_that_closes_hands_back_what_hangs(receiver, member, monkeypatch):
    monkeypatch.setattr(sending, "GRACE_SECONDS", 0.1)
    sender = Sender()
    receiver.answers(receiver.hang)
    await ended(member, receiver.url)
    await looks_until(sender, lambda: receiver.requests)

    await sender.close()
    sender.look()

    [again] = await threads.run(lambda: deliveries.claim(limit=10, busy=[]))
    assert again.number == 2


async def test_a_sender_that_closes_lets_what_is_on_its_way_arrive(receiver, member):
    def slow(handler):
        time.sleep(0.3)
        handler._answer(200, {})

    sender = Sender()
    receiver.answers(slow)
    await ended(member, receiver.url)
    await looks_until(sender, lambda: receiver.requests)

    await sender.close()

    row = await threads.run(Delivery.objects.get)
    assert (row.attempts, row.status) == (1, 200)


async def test_a_worker_that_stops_hands_back_what_hangs_and_takes_nothing_more(
    receiver, another_receiver, member, settings, monkeypatch
):
    monkeypatch.setattr(sending, "GRACE_SECONDS", 0.1)
    settings.WORKER_TICK_SECONDS = 0.05
    receiver.answers(receiver.hang)
    await ended(member, receiver.url)
    engine = Engine(capacity=1)
    await engine.start()
    await comes_true(lambda: receiver.requests)

    await engine.drain(0)
    await ended(member, another_receiver.url)
    await engine.recovery.tick()
    await engine.stop()

    assert (len(receiver.requests), len(another_receiver.requests)) == (1, 0)
    taken = await threads.run(lambda: deliveries.claim(limit=10, busy=[]))
    assert sorted(attempt.number for attempt in taken) == [1, 1, 2]


async def test_the_database_may_be_away_for_a_while(sender, receiver, member, monkeypatch):
    from django.db import OperationalError

    real, calls = deliveries.settle, []

    def failing(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError("away")
        return real(*args, **kwargs)

    monkeypatch.setattr(deliveries, "settle", failing)
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status, len(calls)) == (1, 200, 2)
