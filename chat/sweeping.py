"""What was lost on the way is late, never lost.

One task for each server process looks into the tables every few seconds: at the replies that are
in flight on its sockets, at the sessions behind them and, when the connection to Redis was
interrupted, at everything that its members' replies did meanwhile. An idle process with idle
sockets asks once, for the sessions.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from django.conf import settings

from accounts.models import Member, Session

from . import clock, events, reading, threads
from .events import Event
from .models import Reply
from .protocol import Close

if TYPE_CHECKING:
    from .consumers import MemberConsumer

log = structlog.get_logger(__name__)


class Sweeper:
    def __init__(self) -> None:
        self._sockets: dict[UUID, set[MemberConsumer]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._gaps = 0

    def join(self, socket: "MemberConsumer", member_id: UUID) -> bool:
        """False when the member has too many sockets in this process."""
        if len(self._sockets[member_id]) >= settings.CHAT_MAX_SOCKETS:
            return False
        self._sockets[member_id].add(socket)
        if self._task is None or self._task.done():
            self._gaps = self._seen_gaps()
            self._task = asyncio.ensure_future(self._run())
        return True

    def leave(self, socket: "MemberConsumer", member_id: UUID) -> None:
        self._sockets[member_id].discard(socket)
        if not self._sockets[member_id]:
            del self._sockets[member_id]

    async def _run(self) -> None:
        while self._sockets:
            await asyncio.sleep(settings.SOCKET_SWEEP_SECONDS)
            try:
                await self._sweep()
            except Exception as error:  # the database may be away; the next sweep asks again
                log.warning("sweep.failed", error=type(error).__name__)

    async def _sweep(self) -> None:
        await self._end_sockets_of_ended_sessions()
        gaps = self._seen_gaps()
        away, back = gaps % 2 == 1, gaps % 2 == 0 and gaps != self._gaps
        members = list(self._sockets)
        if away or back:
            await self._tell_replies(await threads.run(_recent, members))
        else:
            await self._tell_replies(await threads.run(_changed, *self._in_flight()))
        if back:
            await self._tell_rest(await threads.run(_rest, members))
        self._gaps = gaps

    async def _tell_replies(self, replies: list[tuple[Reply, Event]]) -> None:
        for reply, event in replies:
            for socket in list(self._sockets.get(reply.member_id, ())):
                await _quietly(socket.catch_up(reply, event))

    async def _tell_rest(self, told: list[Event]) -> None:
        for event in told:
            for socket in list(self._sockets.get(UUID(event.member), ())):
                await _quietly(socket.tell(event))

    def _in_flight(self) -> tuple[dict[UUID, int], set[UUID]]:
        """The oldest revision that a socket was told, by reply; and replies whose text it lacks."""
        told: dict[UUID, int] = {}
        lacking: set[UUID] = set()
        for socket in self._all():
            lacking |= {UUID(reply) for reply in socket.order.lacking()}
            for reply, revision in socket.order.in_flight().items():
                told[UUID(reply)] = min(revision, told.get(UUID(reply), revision))
        return told, lacking

    def _all(self) -> "Iterator[MemberConsumer]":
        return (socket for sockets in self._sockets.values() for socket in sockets)

    async def _end_sockets_of_ended_sessions(self) -> None:
        by_session: dict[UUID, list[MemberConsumer]] = defaultdict(list)
        for socket in self._all():
            if socket.session is not None:
                by_session[socket.session.id].append(socket)
        for session_id in set(by_session) - await threads.run(_live, list(by_session)):
            for socket in by_session[session_id]:
                await socket.end(Close.NOT_AUTHENTICATED)

    def _seen_gaps(self) -> int:
        layer = get_channel_layer()
        return layer.gaps() if hasattr(layer, "gaps") else 0


async def _quietly(telling: Awaitable[None]) -> None:
    try:
        await telling
    except Exception as error:  # one broken socket is no reason to leave the others behind
        log.info("sweep.socket_failed", error=type(error).__name__)


# Longer than any interruption that a socket survives without a reconnect of its own.
_LOOK_BACK = timedelta(minutes=10)


def _recent(member_ids: list[UUID]) -> list[tuple[Reply, Event]]:
    since = clock.now() - _LOOK_BACK
    return _with_events(reading.changed_since(member_ids, since))


def _changed(told: dict[UUID, int], lacking: set[UUID]) -> list[tuple[Reply, Event]]:
    if not told:
        return []
    newer = reading.revisions(told)
    changed = {reply for reply, revision in newer.items() if revision > told[reply]} | lacking
    return _with_events(list(reading.replies().filter(id__in=changed))) if changed else []


def _rest(member_ids: list[UUID]) -> list[Event]:
    """What else may have been missed: conversations that changed, and the daily limits."""
    since = clock.now() - _LOOK_BACK
    conversations = reading.conversations_changed_since(member_ids, since)
    members = Member.objects.filter(id__in=member_ids)
    return [
        *(events.conversation_told(conversation) for conversation in conversations),
        *(events.quota_updated(member) for member in members),
    ]


def _with_events(replies: list[Reply]) -> list[tuple[Reply, Event]]:
    return [(reply, events.reply_updated(reply)) for reply in replies]


def _live(session_ids: list[UUID]) -> set[UUID]:
    live = Session.objects.filter(id__in=session_ids, revoked_at=None, member__is_active=True)
    return set(live.values_list("id", flat=True))


sweeper = Sweeper()
