"""What was lost on the way is late, never lost.

One task for each server process looks into the tables every few seconds: at the replies that are
in flight for its listeners, at the sessions and keys behind them and, when the connection to Redis
was interrupted, at everything that its members' replies did meanwhile. An idle process with idle
sockets asks once, for the sessions and keys.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.conf import settings

from accounts.credentials import credential
from accounts.credentials.credential import Proof
from accounts.models import Member
from api import threads
from chat import clock
from chat.events import publisher
from chat.events.publisher import Event
from chat.models import Reply
from chat.resources import queries
from chat.resources.queries import Head

from . import channel_layer
from .protocol import Close
from .subscriber import Feed

log = structlog.get_logger(__name__)
# What changed so long before the last undisturbed sweep may have been lost with the connection.
MARGIN = timedelta(minutes=1)


class Listener(Protocol):
    """A socket, or a request that follows a reply."""

    feed: Feed
    proof: Proof | None

    async def end(self, code: Close) -> None: ...


class Sweeper:
    def __init__(self) -> None:
        self._listeners: dict[UUID, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._gaps = 0
        self._undisturbed_at = 0.0
        self.leaving = False

    def has_room(self, member_id: UUID, kind: type[Listener], most: int) -> bool:
        """Whether the member has fewer than so many listeners of the kind in this process."""
        here = self._listeners.get(member_id, ())
        return sum(isinstance(listener, kind) for listener in here) < most

    def join(self, listener: Listener, member_id: UUID) -> None:
        self._listeners[member_id].add(listener)
        if self._task is None or self._task.done():
            gaps = channel_layer.here().gaps
            self._gaps = gaps + gaps % 2  # to connect for the first time is no gap
            self._undisturbed_at = time.monotonic()
            self._task = asyncio.ensure_future(self._run())

    def leave(self, listener: Listener, member_id: UUID) -> None:
        self._listeners[member_id].discard(listener)
        if not self._listeners[member_id]:
            del self._listeners[member_id]

    async def send_away(self) -> None:
        """Ends all that can be taken up elsewhere, since this process is about to end."""
        self.leaving = True
        await _all_at_once(listener.end(Close.RESTART) for listener in self._all())

    async def _run(self) -> None:
        structlog.contextvars.clear_contextvars()  # not the request's that happened to begin it
        while self._listeners:
            await asyncio.sleep(settings.SOCKET_SWEEP_SECONDS)
            try:
                await self._sweep()
            except Exception as error:  # the database may be away; the next sweep asks again
                log.warning("sweep.failed", error=type(error).__name__)

    async def _sweep(self) -> None:
        await self._end_what_is_not_proven()
        gaps = channel_layer.here().gaps
        away, back = gaps % 2 == 1, gaps % 2 == 0 and gaps != self._gaps
        if in_flight := self._in_flight():
            heads = await threads.run(queries.heads, in_flight)
            self._forget(in_flight - {head.reply for head in heads})
            await self._tell_replies(heads)
        if away or back:
            lost_since = timedelta(seconds=time.monotonic() - self._undisturbed_at) + MARGIN
            members = list(self._listeners)
            await self._tell_replies(await threads.run(_recent, members, lost_since))
            if back:
                await self._tell_rest(await threads.run(_rest, members, lost_since))
        self._gaps = gaps
        if not away:
            self._undisturbed_at = time.monotonic()

    async def _tell_replies(self, heads: list[Head]) -> None:
        news = [head.reply for head in heads if self._is_news(head)]
        if not news:
            return
        found: dict[UUID, list[tuple[Reply, Event]]] = defaultdict(list)
        for reply, event in await threads.run(_with_events, news):
            found[reply.member_id].append((reply, event))
        await _all_at_once(
            listener.feed.catch_up(told)
            for member, told in found.items()
            for listener in self._of(member)
        )

    async def _tell_rest(self, told: list[Event]) -> None:
        by_member: dict[UUID, list[Event]] = defaultdict(list)
        for event in told:
            by_member[UUID(event.member)].append(event)
        await _all_at_once(
            listener.feed.tell(told)
            for member, told in by_member.items()
            for listener in self._of(member)
        )

    def _is_news(self, head: Head) -> bool:
        reply, revision = str(head.reply), head.revision
        return any(listener.feed.wants(reply, revision) for listener in self._of(head.member))

    def _in_flight(self) -> set[UUID]:
        return {
            UUID(reply) for listener in self._all() for reply in listener.feed.order.in_flight()
        }

    def _forget(self, deleted: set[UUID]) -> None:
        for listener in self._all():
            for reply in deleted:
                listener.feed.forget(str(reply))

    def _of(self, member_id: UUID) -> list[Listener]:
        return list(self._listeners.get(member_id, ()))

    def _all(self) -> Iterator[Listener]:
        return (listener for listeners in self._listeners.values() for listener in listeners)

    async def _end_what_is_not_proven(self) -> None:
        by_proof: dict[UUID, list[Listener]] = defaultdict(list)
        for listener in self._all():
            if listener.proof is not None:
                by_proof[listener.proof.id].append(listener)
        ended = set(by_proof) - await threads.run(credential.living, list(by_proof))
        await _all_at_once(
            listener.end(Close.NOT_AUTHENTICATED)
            for proof in ended
            for listener in by_proof[proof]
            if listener.proof is not None and listener.proof.id == proof  # not another by now
        )


async def _all_at_once(tellings: Iterable[Coroutine[Any, Any, None]]) -> None:
    """A client that takes nothing holds up itself only; whatever it lacks is told when it does."""
    tasks = [asyncio.ensure_future(_quietly(telling)) for telling in tellings]
    if tasks:
        await asyncio.wait(tasks, timeout=settings.SOCKET_SWEEP_SECONDS)


async def _quietly(telling: Coroutine[Any, Any, None]) -> None:
    try:
        await telling
    except Exception as error:  # one broken listener is no reason to leave the others behind
        log.info("sweep.socket_failed", error=type(error).__name__)


def _recent(member_ids: list[UUID], ago: timedelta) -> list[Head]:
    return queries.heads_since(member_ids, clock.now() - ago)


def _rest(member_ids: list[UUID], ago: timedelta) -> list[Event]:
    """What else may have been missed: conversations that changed, and the daily limits."""
    since = clock.now() - ago
    conversations = queries.conversations_changed_since(member_ids, since)
    members = Member.objects.filter(id__in=member_ids)
    return [
        *(publisher.conversation_event(conversation) for conversation in conversations),
        *(publisher.quota_updated(member) for member in members),
    ]


def _with_events(reply_ids: list[UUID]) -> list[tuple[Reply, Event]]:
    found = queries.replies().filter(id__in=reply_ids).order_by("id")
    return [(reply, publisher.reply_updated(reply)) for reply in found]


sweeper = Sweeper()
