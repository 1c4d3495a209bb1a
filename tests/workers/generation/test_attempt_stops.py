"""An attempt that is stopped: by a cancel, by its worker, or because another took its reply."""

import asyncio

import pytest
from support.chat.reply_rows import stored
from support.eventually import comes_true, until
from support.workers.attempts import attempt, claimed, contents, texts_of

from api import threads
from chat.models import QuotaSlot, Reply
from chat.replies import lifecycle
from workers.generation.attempt import Stop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]


def slowly(model):
    model.set(tokens=1000, tokens_per_second=100)


async def test_a_cancel_keeps_the_text_that_was_shown(member, model):
    slowly(model)
    reply = await threads.run(claimed, member)

    async def cancel(generation):
        await comes_true(lambda: generation._text.seq >= 3)
        generation.stop(Stop.CANCEL)

    _, told = await attempt(reply, cancel)

    row = await threads.run(stored, reply)
    assert (row.status, row.refunded) == ("cancelled", False)
    assert texts_of(told) == await threads.run(contents, reply) != {}
    assert told[-2].terminal
    await until(lambda: model.requests()[-1]["outcome"] == "disconnected")


@pytest.mark.parametrize(
    ("why", "status", "slots"),
    [(Stop.CANCEL, "cancelled", 0), (Stop.HAND_BACK, "queued", 1), (Stop.DROP, "in_progress", 1)],
)
async def test_a_stop_before_the_first_token(member, model, why, status, slots):
    model.set(fault="hang")
    reply = await threads.run(claimed, member)

    async def stop(generation):
        await until(model.requests)
        generation.stop(why)
        generation.stop(Stop.CANCEL)  # what came first counts

    _, told = await attempt(reply, stop)

    row = await threads.run(stored, reply)
    assert row.status == status
    assert await threads.run(QuotaSlot.objects.count) == slots
    assert texts_of(told) == {}


async def test_a_stop_before_the_model_is_asked_asks_no_model(member, model):
    reply = await threads.run(claimed, member)

    async def stop(generation):
        generation.stop(Stop.CANCEL)

    await attempt(reply, stop)

    assert (await threads.run(stored, reply)).status == "cancelled"
    assert model.requests() == []


async def test_a_stop_after_the_last_token_changes_nothing(member):
    reply = await threads.run(claimed, member)

    async def stop(generation):
        await comes_true(lambda: generation._asking)
        await asyncio.wait([generation._asking])
        generation.stop(Stop.CANCEL)

    await attempt(reply, stop)

    assert (await threads.run(stored, reply)).status == "completed"


async def test_a_superseded_attempt_writes_and_tells_nothing_of_its_end(member, model):
    slowly(model)
    reply = await threads.run(claimed, member)

    async def supersede(generation):
        def take_over():
            lifecycle.hand_back(Reply.objects.get(id=reply.id))

        await comes_true(lambda: generation._text.seq >= 2)
        await threads.run(take_over)
        generation.stop(Stop.CANCEL)

    _, told = await attempt(reply, supersede)

    assert (await threads.run(stored, reply)).status == "queued"
    assert await threads.run(contents, reply) == {}
    assert not any(event.terminal for event in told)
