"""Live events: what changed, told to every socket of its member. Only this module sends them.

An event is its JSON frame, made once, and what a socket needs to order it. All events of a member
go to the member's group of the channel layer; the engine adds them to its own batch (`add_to`),
synchronous code publishes after its commit.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from channels.layers import get_channel_layer
from django.dispatch import Signal

from accounts.models import Member
from api.redis import link
from api.renderers import to_json
from chat import metrics
from chat.limits import daily_limit
from chat.limits.daily_limit import Quota
from chat.models import Conversation, Reply
from chat.resources import queries, render
from chat.states import TERMINAL

from . import messages
from .event import Event

# Sent with `reply_id` after an accept was committed and announced. The engine listens.
reply_queued = Signal()


def frame(kind: str, **fields: Any) -> str:
    return to_json({"type": kind, **fields}).decode()


class Deltas:
    """Makes the deltas of one attempt; what all of them say is put together once."""

    def __init__(self, reply: Reply, attempt: int) -> None:
        self._member, self._reply, self._attempt = str(reply.member_id), str(reply.id), attempt
        self._head = (
            f'{{"type":"reply.delta","reply":"{reply.id}","conversation":"{reply.conversation_id}"'
            f',"attempt":{attempt},"seq":'
        )

    def delta(self, *, seq: int, choice: int, text: str) -> Event:
        return Event(
            member=self._member,
            kind="reply.delta",
            frame=f'{self._head}{seq},"choice":{choice},"text":{to_json(text).decode()}}}',
            reply=self._reply,
            attempt=self._attempt,
            seq=seq,
        )


def snapshot_frame(*, reply: Reply, attempt: int, seq: int, texts: dict[int, str]) -> str:
    choices = [{"index": index, "content": texts[index]} for index in sorted(texts)]
    return frame(
        "reply.snapshot",
        reply=reply.id,
        conversation=reply.conversation_id,
        attempt=attempt,
        seq=seq,
        choices=choices,
    )


def reply_updated(reply: Reply, *, resource: bytes | None = None) -> Event:
    """`resource` is the reply's JSON, where it was rendered before.

    Else `reply` as `render.reply` expects it; one query while it waits for a worker.
    """
    body = render.reply(reply) if resource is None else orjson.Fragment(resource)
    return Event(
        member=str(reply.member_id),
        kind="reply.updated",
        frame=frame("reply.updated", reply=body),
        reply=str(reply.id),
        attempt=reply.attempt,
        seq=reply.last_seq,
        revision=reply.revision,
        terminal=reply.status in TERMINAL,
    )


def conversation_updated(conversation: Conversation, last_reply: Reply | None) -> Event:
    """`conversation.config` should be loaded."""
    conversation.last_reply = (  # type: ignore[attr-defined]  # annotated where lists are read
        {"id": last_reply.id, "status": last_reply.status} if last_reply else None
    )
    return conversation_event(conversation)


def conversation_event(conversation: Conversation) -> Event:
    """A summary as `queries.with_last_reply` gives it, or that it was deleted."""
    body: Any
    if conversation.deleted_at is not None:
        kind, body = "conversation.deleted", conversation.id
    else:
        kind, body = "conversation.updated", render.summary(conversation)
    return Event(
        member=str(conversation.member_id), kind=kind, frame=frame(kind, conversation=body)
    )


def quota_updated(member: Member) -> Event:
    """Two queries."""
    return quota_event(member, daily_limit.state(member=member))


def quota_event(member: Member, state: Quota) -> Event:
    body = frame("quota.updated", quota=render.quota(state))
    return Event(member=str(member.id), kind="quota.updated", frame=body)


def after_change(reply: Reply) -> list[Event]:
    """What a change of a reply's status means for its member's sockets.

    An end also changes the conversation's summary, which is read anew (one query), and a refund
    the quota (two, and one more unless `reply.member` is loaded).
    """
    told = [reply_updated(reply)]
    if reply.status in TERMINAL:
        told += _summary_events(reply.conversation_id)
    if reply.refunded:
        told.append(quota_updated(reply.member))
    return told


def reply_accepted(reply: Reply, *, resource: bytes, quota: Quota) -> None:
    """Announces, then wakes a worker: a socket hears `queued` before anything that follows.

    After the commit. `resource` is the reply's JSON, `quota` what is left of the member's day.
    """
    publish(
        [
            reply_updated(reply, resource=resource),
            conversation_updated(reply.conversation, reply),
            quota_event(reply.member, quota),
        ]
    )
    reply_queued.send(sender=Reply, reply_id=reply.id)
    metrics.ACCEPTED.inc()


def conversation_begun(conversation: Conversation) -> None:
    publish([conversation_updated(conversation, None)])


def conversation_changed(conversation_id: UUID) -> None:
    """Tells the summary as it is now, or that it was deleted. One query."""
    publish(_summary_events(conversation_id))


def _summary_events(conversation_id: UUID) -> list[Event]:
    conversation = queries.summary(conversation_id)
    return [conversation_event(conversation)] if conversation else []


def publish(events: Iterable[Event]) -> None:
    """From synchronous code. Redis away: the sockets find out from the table."""
    packed = _packed(events)
    link.attempt(lambda redis: _publish_all(redis.pipeline(transaction=False), packed))


def add_to(outgoing: Any, events: Iterable[Event]) -> None:
    """Adds the events to a Redis pipeline or the like, one `publish` a member."""
    _add(outgoing, _packed(events))


def _publish_all(pipeline: Any, packed: list[tuple[str, bytes]]) -> None:
    _add(pipeline, packed)
    pipeline.execute()


def _add(outgoing: Any, packed: list[tuple[str, bytes]]) -> None:
    for channel, message in packed:
        outgoing.publish(channel, message)


def _packed(events: Iterable[Event]) -> list[tuple[str, bytes]]:
    by_member: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_member[event.member].append(event)
    layer = get_channel_layer()
    return [
        layer.packed(messages.member_group(member), messages.member_events(listed))
        for member, listed in by_member.items()
    ]
