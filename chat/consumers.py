"""One WebSocket: it frames what others decide.

Order is kept by `ordering.Order`; what was lost on the way is found by `sweeping`; text that a
socket has missed comes from the snapshot in Redis or, at the end, from the reply itself. One thing
is told at a time: what comes by the group, what the client asked for, and what the sweep found.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed

from accounts import tickets, tokens
from accounts.authentication import live_session
from accounts.models import Session

from . import events, protocol, reading, snapshot_reader, sweeping, threads
from .events import Event
from .models import Reply
from .ordering import Order, Verdict
from .protocol import Authenticate, BadMessage, Close, Ping, Resync
from .snapshots import Snapshot
from .states import ReplyStatus

log = structlog.get_logger(__name__)


class MemberConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """`/ws/v1`: everything that happens to one member's conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self.order = Order()
        self._closed = False
        self._expiry: asyncio.TimerHandle | None = None
        self._telling = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # also where a handler broke and no disconnect comes
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Not the parent's: it hops through a thread before each message to tidy up connections,
        # which `threads` does here where there is one, and that was half of this process's CPU.
        async with self._telling:
            await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        try:
            await self._admit()
        except threads.AWAY as error:
            await self._close_without_database(error)

    async def _admit(self) -> None:
        offered = self.scope.get("subprotocols", [])
        chosen = protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in offered else None
        # Accept first: a browser sees a close before that as 1006, whatever the code was.
        await self.accept(subprotocol=chosen)
        ticket = protocol.ticket_among(offered)
        admission = await threads.run(tickets.redeem, ticket) if ticket and chosen else None
        if admission is None:
            await self.end(Close.NOT_AUTHENTICATED)
            return
        if not sweeping.sweeper.join(self, admission.session.member_id):
            await self.end(Close.TOO_MANY_SOCKETS)
            return
        self.session = admission.session
        # Join, then read: whatever happens after the reading comes by the group.
        await self.channel_layer.group_add(self._group(), self.channel_name)
        await self._ready(admission.authenticated_until)

    async def disconnect(self, code: int) -> None:
        self._closed = True

    async def _leave(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        if self.session is not None:
            sweeping.sweeper.leave(self, self.session.member_id)
            await self.channel_layer.group_discard(self._group(), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.session is None or self._closed:
            return
        try:
            await self._answer(protocol.parse(text_data))
        except BadMessage as error:
            await self._send_frame("error", code="bad_message", detail=str(error))
            await self.end(Close.BAD_MESSAGE)
        except threads.AWAY as error:
            await self._close_without_database(error)

    async def _answer(self, message: protocol.ClientMessage) -> None:
        match message:
            case Ping():
                await self._send_frame("pong")
            case Resync(reply):
                await self._resync(reply)
            case Authenticate(access):
                await self._authenticate(access)

    async def member_events(self, message: dict[str, Any]) -> None:
        """The group's handler: events of this member, in order."""
        for event in events.read(message):
            try:
                await self._tell(event)
            except threads.AWAY as error:  # the event was not noted as sent: the sweep finds it
                log.warning("socket.database_away", error=type(error).__name__)

    async def catch_up(self, found: Iterable[tuple[Reply, Event]]) -> None:
        """Tells what the table says of the replies, and their text so far, as far as it is news."""
        async with self._telling:
            for reply, event in found:
                await self._tell_update(event)
                await self._send_snapshot(reply)

    async def tell(self, told: Iterable[Event]) -> None:
        """Sends the events that are news to this socket."""
        async with self._telling:
            for event in told:
                await self._tell(event)

    async def _tell(self, event: Event) -> None:
        if event.kind == "reply.delta":
            await self._tell_delta(event)
        elif event.kind == "reply.updated":
            await self._tell_update(event)
        else:
            await self.send(text_data=event.frame)

    async def send(
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
    ) -> None:
        if not self._closed:  # until the client's side closes too, events go on coming
            await super().send(text_data=text_data, bytes_data=bytes_data, close=close)

    async def _tell_delta(self, event: Event) -> None:
        verdict = self.order.delta(event)
        if verdict is Verdict.SEND:
            await self.send(text_data=event.frame)
        elif verdict is Verdict.SNAPSHOT:
            reply = await self._reply(UUID(event.reply))
            if reply is not None:
                await self._send_snapshot(reply)

    async def _tell_update(self, event: Event) -> None:
        verdict = self.order.update(event)
        if verdict is Verdict.DROP:
            return
        if verdict is Verdict.SNAPSHOT:
            await self._send_final_text(event)
        self.order.updated(event)
        await self.send(text_data=event.frame)

    async def _send_final_text(self, event: Event) -> None:
        reply = await self._reply(UUID(event.reply))
        if reply is None:
            return
        attempt, seq = self.order.final(event)
        texts = {choice.index: choice.content for choice in reply.choices.all()}
        await self.send(
            text_data=events.snapshot_frame(reply=reply, attempt=attempt, seq=seq, texts=texts)
        )

    async def _send_snapshot(self, reply: Reply, *, asked: bool = False) -> None:
        """Sends the text so far if the socket lacks it. Without Redis the sweep tries again."""
        if reply.status != ReplyStatus.IN_PROGRESS:
            return
        found = await snapshot_reader.read(reply)
        snapshot = found or Snapshot.empty(reply.attempt)
        position = (snapshot.attempt, snapshot.seq)
        if self.order.snapshot(str(reply.id), position, whole=found is not None, asked=asked):
            await self.send(
                text_data=events.snapshot_frame(
                    reply=reply, attempt=snapshot.attempt, seq=snapshot.seq, texts=snapshot.texts
                )
            )

    async def _resync(self, reply_id: UUID) -> None:
        reply = await self._reply(reply_id)
        if reply is None:
            await self._send_frame("error", code="not_found", detail="There is no such reply.")
        elif reply.status == ReplyStatus.IN_PROGRESS:
            await self._send_snapshot(reply, asked=True)
        else:
            await self._send_whole(reply)

    async def _send_whole(self, reply: Reply) -> None:
        """For a reply that does not run: its stored text, then what it is."""
        event = await threads.run(events.reply_updated, reply)
        attempt, seq = self.order.final(event)
        texts = {choice.index: choice.content for choice in reply.choices.all()}
        await self.send(
            text_data=events.snapshot_frame(reply=reply, attempt=attempt, seq=seq, texts=texts)
        )
        self.order.updated(event)
        await self.send(text_data=event.frame)

    async def _authenticate(self, access: str) -> None:
        try:
            session = await threads.run(live_session, access)
            until = datetime.fromtimestamp(tokens.read_access(access)["exp"], UTC)
        except (AuthenticationFailed, tokens.TokenInvalid):
            session = None
        if session is None or self.session is None or session.member_id != self.session.member_id:
            await self.end(Close.NOT_AUTHENTICATED)
            return
        self.session = session
        await self._ready(until)

    async def _ready(self, until: datetime) -> None:
        """Whoever reads the tables after `ready` misses nothing: what came before they show, and
        what comes later is told."""
        assert self.session is not None
        self._expire_at(until)
        running = await threads.run(_open_replies, self.session.member_id)
        await self._send_frame(
            "ready",
            member=self.session.member_id,
            expires_at=until,
            heartbeat_seconds=settings.SOCKET_HEARTBEAT_SECONDS,
        )
        for reply, event in running:
            self.order.updated(event)  # so that the sweep watches over it
            await self._send_snapshot(reply, asked=True)

    def _expire_at(self, until: datetime) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        loop = asyncio.get_running_loop()
        seconds = max(0.0, (until - datetime.now(UTC)).total_seconds())
        self._expiry = loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        self._closing = asyncio.ensure_future(self.end(Close.NOT_AUTHENTICATED))

    async def end(self, code: Close) -> None:
        """Closes the socket; repeating it changes nothing."""
        if not self._closed:
            self._closed = True
            with contextlib.suppress(Exception):  # the socket may be gone already
                await self.close(code)

    async def _close_without_database(self, error: Exception) -> None:
        log.warning("socket.database_away", error=type(error).__name__)
        await self.end(Close.RESTART)  # the client comes again in a moment

    async def _reply(self, reply_id: UUID) -> Reply | None:
        assert self.session is not None
        with contextlib.suppress(Reply.DoesNotExist):
            return await threads.run(reading.one, member=self.session.member, reply_id=reply_id)
        return None

    async def _send_frame(self, kind: str, **fields: Any) -> None:
        await self.send(text_data=events.frame(kind, **fields))

    def _group(self) -> str:
        assert self.session is not None
        return events.group(self.session.member_id)


def _open_replies(member_id: UUID) -> list[tuple[Reply, Event]]:
    return [(reply, events.reply_updated(reply)) for reply in reading.open_of(member_id)]
