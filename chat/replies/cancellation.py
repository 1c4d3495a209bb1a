"""Cancelling: stored, then signalled; and done by ourselves when the worker stays silent."""

import asyncio
import time
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from accounts.models import Member
from api import threads
from api.redis import link
from chat.events import messages, publisher, snapshot_reader
from chat.models import Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.resources import queries, render
from chat.states import OPEN, TERMINAL, ReplyStatus

from . import lifecycle
from .claims import Superseded

_LOOK_SECONDS = 0.05


async def cancel(*, member: Member, reply_id: UUID) -> dict[str, Any]:
    """The reply's resource once it is terminal; an ended reply is returned as it is.

    Raises Reply.DoesNotExist.
    """
    reply = await threads.run(queries.get_reply, member=member, reply_id=reply_id)
    while reply.status not in TERMINAL:
        await _stop(reply)
        reply = await threads.run(queries.get_reply, member=member, reply_id=reply_id)
    return await threads.run(render.reply, reply)


async def cancel_open(conversation_id: UUID) -> None:
    """Ends the open reply of a conversation, if there is one; of a deleted one too."""
    while reply := await threads.run(_open_in, conversation_id):
        await _stop(reply)


def ask(reply_id: UUID) -> None:
    """Ends a reply that waits, and asks the worker of one that runs; waits for nobody.

    A worker that is silent but beats is asked only; one that is dead, its rescuer ends it for.
    """
    if not _cancel_waiting(reply_id):
        _ask_the_worker(reply_id)


def stop_all_of(member: Member) -> None:
    """Before the member's replies are deleted, in the transaction that does it.

    Locks them, so that no worker writes what would hang on a reply that is gone, and once that is
    committed tells the workers to drop them.
    """
    running = Reply.objects.select_for_update().filter(member=member, status__in=OPEN)
    ids = list(running.order_by("id").values_list("id", flat=True))
    transaction.on_commit(lambda: _signal(ids))


def _open_in(conversation_id: UUID) -> Reply | None:
    which = Reply.objects.filter(conversation_id=conversation_id, status__in=OPEN)
    return which.select_related("config").first()


async def _stop(reply: Reply) -> None:
    if reply.status == ReplyStatus.QUEUED:
        await threads.run(_cancel_waiting, reply.id)
    else:
        await _cancel_running(reply)


def _cancel_waiting(reply_id: UUID) -> bool:
    moved = lifecycle.cancel_queued(reply_id)
    if moved:
        _announce(reply_id)
    return moved


async def _cancel_running(reply: Reply) -> None:
    await threads.run(_ask_the_worker, reply.id)
    if not await _ends_within(reply, settings.CANCEL_WAIT_SECONDS):
        await _fence(reply)


def _ask_the_worker(reply_id: UUID) -> None:
    lifecycle.request_cancel(reply_id)
    # A worker that does not hear of it is fenced off later.
    _signal([reply_id])


def _signal(reply_ids: list[UUID]) -> None:
    if reply_ids:
        cancel = messages.cancel_replies(reply_ids)
        channel, packed = get_channel_layer().packed(messages.CANCEL_GROUP, cancel)
        link.attempt(lambda redis: redis.publish(channel, packed))


async def _ends_within(reply: Reply, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(_LOOK_SECONDS)
        revisions = await threads.run(queries.revisions, [reply.id])
        if revisions.get(reply.id) != reply.revision:
            return True
    return False


async def _fence(reply: Reply) -> None:
    """Ends the running attempt in the worker's place, with the text that was seen of it."""
    snapshot = await snapshot_reader.read(reply)
    texts = snapshot.texts if snapshot else {}
    outcome = Outcome(
        choices=[ChoiceParts(index=index, content=text) for index, text in texts.items()],
        last_seq=snapshot.seq if snapshot else 0,
    )
    await threads.run(_end_by_force, reply.id, reply.attempt, outcome)


def _end_by_force(reply_id: UUID, attempt: int, outcome: Outcome) -> None:
    reply = Reply.objects.select_related(*lifecycle.WITH_CONTEXT).get(id=reply_id)
    if reply.attempt != attempt or reply.status != ReplyStatus.IN_PROGRESS:
        return
    try:
        lifecycle.cancel_running(reply, outcome)
    except Superseded:
        return
    publisher.publish(publisher.after_change(reply))


def _announce(reply_id: UUID) -> None:
    reply = Reply.objects.select_related(*lifecycle.WITH_CONTEXT).get(id=reply_id)
    lifecycle.set_choices(reply, [])
    publisher.publish(publisher.after_change(reply))
