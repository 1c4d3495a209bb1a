"""`POST conversations/{id}/replies` with `Prefer: wait`: the answer itself, if it comes in time."""

import asyncio

import pytest
from django.db import OperationalError
from support.chat.long_polls import begin, complete, connections
from support.chat.reply_rows import make_conversation
from support.drivers.http_driver import caller_of
from support.eventually import comes_true

from api import threads
from chat.replies import cancellation

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer", "no_sweeps"),
]


async def test_asking_with_a_wait_answers_200_when_the_reply_ended_in_time(member):
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)
    task = asyncio.ensure_future(
        caller.post(f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=30")
    )
    await comes_true(lambda: connections() == 1)
    reply = await threads.run(lambda: begin(conversation.replies.get()))
    await threads.run(complete, reply)
    answer = await task

    assert answer.status_code == 200
    assert answer["Location"] == f"/api/v1/replies/{reply.id}"
    assert answer["Preference-Applied"] == "wait=30"
    assert answer["RateLimit"].startswith('"daily";r=4;')
    assert answer.json()["choices"][0]["content"] == "Hi"


async def test_the_limit_is_told_as_it_is_after_the_wait(member):
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)
    task = asyncio.ensure_future(
        caller.post(f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=30")
    )
    await comes_true(lambda: connections() == 1)
    reply = await threads.run(conversation.replies.get)

    await cancellation.cancel(member=member, reply_id=reply.id)

    answer = await task
    assert answer.json()["error"]["refunded"]
    assert answer["RateLimit"].startswith('"daily";r=5;')


async def test_asking_with_a_wait_answers_202_when_it_did_not(member):
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)

    answer = await caller.post(
        f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=1"
    )

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer["Retry-After"] == "1"
    assert answer["Preference-Applied"] == "wait=1"


async def test_what_was_accepted_is_told_so_when_it_cannot_be_waited_for(member, monkeypatch):
    from chat.live import long_poll as waits

    def away(*_):
        raise OperationalError

    monkeypatch.setattr(waits, "_read", away)
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)

    answer = await caller.post(
        f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=1"
    )

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer["Location"] == f"/api/v1/replies/{answer.json()['id']}"
