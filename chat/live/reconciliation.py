"""Compares what listeners were sent with the tables, and sends what was lost on the way.

One task for each server process does so every few seconds (SOCKET_SWEEP_SECONDS), for the replies
that are in flight for its listeners and for the sessions and keys behind them. When messages may
have been missed (the channel layer's `connection_epoch`), also for everything that its members'
replies did meanwhile. An idle process with idle sockets asks once, for the sessions and keys.
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

from accounts.credentials.credential import Credential, active_ids
from accounts.models import Member
from api import threads
from chat import clock
from chat.events import publisher
from chat.events.event import Event
from chat.models import Reply
from chat.resources import queries
from chat.resources.queries import Head

from . import channel_layer
from .protocol import Close
from .subscriber import Subscriber

log = structlog.get_logger(__name__)
# What changed so long before the last round that was connected may have been lost, too.
MARGIN = timedelta(minutes=1)


class Connection(Protocol):
    """A socket, or a request that follows a reply."""

    subscriber: Subscriber
    credential: Credential | None

    async def end(self, code: Close) -> None: ...


class Reconciler:
    def __init__(self) -> None:
        self._connections: dict[UUID, set[Connection]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._epoch = 0  # the channel layer's, up to which nothing is missing here
        self._undisturbed_at = 0.0
        self.leaving = False

    def has_room(self, member_id: UUID, kind: type[Connection], most: int) -> bool:
        """Whether the member has fewer than so many connections of the kind in this process."""
        of_member = self._connections.get(member_id, ())
        return sum(isinstance(connection, kind) for connection in of_member) < most

    def join(self, connection: Connection, member_id: UUID) -> None:
        self._connections[member_id].add(connection)
        if self._task is None or self._task.done():
            layer = channel_layer.current()
            # Nothing is missing with the next connection where there is none yet.
            self._epoch = layer.connection_epoch + (not layer.is_connected)
            self._undisturbed_at = time.monotonic()
            self._task = asyncio.ensure_future(self._run())

    def leave(self, connection: Connection, member_id: UUID) -> None:
        self._connections[member_id].discard(connection)
        if not self._connections[member_id]:
            del self._connections[member_id]

    async def send_away(self) -> None:
        """Ends all that can be taken up elsewhere, since this process is about to end."""
        self.leaving = True
        await _all_at_once(connection.end(Close.RESTART) for connection in self._all())

    async def _run(self) -> None:
        structlog.contextvars.clear_contextvars()  # not the request's that happened to begin it
        while self._connections:
            await asyncio.sleep(settings.SOCKET_SWEEP_SECONDS)
            try:
                await self._reconcile()
            except Exception as error:  # the database may be away; the next round asks again
                log.warning("reconciliation.failed", error=type(error).__name__)

    async def _reconcile(self) -> None:
        await self._end_what_is_not_proven()
        layer = channel_layer.current()
        connected, epoch = layer.is_connected, layer.connection_epoch
        back = connected and epoch != self._epoch
        if in_flight := self._in_flight():
            heads = await threads.run(queries.heads, in_flight)
            self._forget(in_flight - {head.reply for head in heads})
            await self._send_replies(heads)
        if back or not connected:
            lost_since = timedelta(seconds=time.monotonic() - self._undisturbed_at) + MARGIN
            members = list(self._connections)
            await self._send_replies(await threads.run(_recent, members, lost_since))
            if back:
                await self._send_rest(await threads.run(_rest, members, lost_since))
        self._epoch = epoch
        if connected:
            self._undisturbed_at = time.monotonic()

    async def _send_replies(self, heads: list[Head]) -> None:
        news = [head.reply for head in heads if self._is_news(head)]
        if not news:
            return
        found: dict[UUID, list[tuple[Reply, Event]]] = defaultdict(list)
        for reply, event in await threads.run(_with_events, news):
            found[reply.member_id].append((reply, event))
        await _all_at_once(
            connection.subscriber.catch_up(of_member)
            for member, of_member in found.items()
            for connection in self._of(member)
        )

    async def _send_rest(self, events: list[Event]) -> None:
        by_member: dict[UUID, list[Event]] = defaultdict(list)
        for event in events:
            by_member[UUID(event.member)].append(event)
        await _all_at_once(
            connection.subscriber.send_events(of_member)
            for member, of_member in by_member.items()
            for connection in self._of(member)
        )

    def _is_news(self, head: Head) -> bool:
        reply, revision = str(head.reply), head.revision
        connections = self._of(head.member)
        return any(one.subscriber.wants(reply, revision) for one in connections)

    def _in_flight(self) -> set[UUID]:
        return {
            UUID(reply)
            for connection in self._all()
            for reply in connection.subscriber.order.in_flight()
        }

    def _forget(self, deleted: set[UUID]) -> None:
        for connection in self._all():
            for reply in deleted:
                connection.subscriber.forget(str(reply))

    def _of(self, member_id: UUID) -> list[Connection]:
        return list(self._connections.get(member_id, ()))

    def _all(self) -> Iterator[Connection]:
        return (one for connections in self._connections.values() for one in connections)

    async def _end_what_is_not_proven(self) -> None:
        by_credential: dict[UUID, list[Connection]] = defaultdict(list)
        for connection in self._all():
            if connection.credential is not None:
                by_credential[connection.credential.id].append(connection)
        ended = set(by_credential) - await threads.run(active_ids, list(by_credential))
        await _all_at_once(
            connection.end(Close.NOT_AUTHENTICATED)
            for credential in ended
            for connection in by_credential[credential]
            if connection.credential is not None
            and connection.credential.id == credential  # not another by now
        )


async def _all_at_once(sending: Iterable[Coroutine[Any, Any, None]]) -> None:
    """A client that takes nothing holds up itself only; whatever it lacks is sent when it does."""
    tasks = [asyncio.ensure_future(_quietly(one)) for one in sending]
    if tasks:
        await asyncio.wait(tasks, timeout=settings.SOCKET_SWEEP_SECONDS)


async def _quietly(sending: Coroutine[Any, Any, None]) -> None:
    try:
        await sending
    except Exception as error:  # one broken connection is no reason to leave the others behind
        log.info("reconciliation.socket_failed", error=type(error).__name__)


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


reconciler = Reconciler()
