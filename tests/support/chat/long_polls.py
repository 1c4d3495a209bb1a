"""Requests that wait for a reply, and what happens to the reply meanwhile."""

import asyncio
from uuid import uuid4

from chat.events import publisher
from chat.live import reconciliation
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle
from support.eventually import comes_true


def complete(reply, *, told=True):
    choice = ChoiceParts(index=0, content="Hi", finish_reason="stop")
    lifecycle.complete(reply, Outcome(choices=[choice], last_seq=1))
    if told:
        publisher.publish(publisher.after_change(reply))


def begin(reply):
    """Claims, and tells."""
    claimed = lifecycle.claim(reply_id=reply.id, worker=uuid4())
    publisher.publish(publisher.after_change(claimed))
    return claimed


async def waiting(caller, path, **headers):
    """A request that has come as far as it can."""
    before = connections()
    task = asyncio.ensure_future(caller.get(path, **headers))
    await comes_true(lambda: connections() > before or task.done())
    return task


def connections():
    return sum(map(len, reconciliation.reconciler._connections.values()))
