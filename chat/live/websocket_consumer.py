"""One WebSocket: who may open it, what the client says, and its end.

Which events it is sent is decided by its subscriber.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed

from accounts.credentials import tickets
from accounts.credentials.authentication import prove
from accounts.credentials.credential import Credential
from api import threads
from chat import metrics
from chat.events import messages, publisher
from chat.events.event import Event
from chat.models import Reply
from chat.resources import queries
from chat.states import ReplyStatus

from . import channel_layer, protocol, reconciliation
from .encoded_event import Frame, ReceivedEvents
from .protocol import Authenticate, BadMessage, Close, Ping, Resync
from .subscriber import Subscriber
from .websocket_frames import EXTENSION, Direct

log = structlog.get_logger(__name__)
# So that each of them is exported from the start, as 0.
for _code in Close:
    metrics.SOCKETS_ENDED.labels(str(int(_code)))


class SocketOutlet:
    """Where a socket's frames go.

    A reply's last frame leaves by Channels' own `send`; writing past ASGI is for what comes often.
    """

    def __init__(self, consumer: "MemberConsumer") -> None:
        self._consumer = consumer

    def is_ready(self, frame: Frame) -> bool:
        consumer = self._consumer
        if consumer.closed:
            return True
        return consumer.direct is not None and consumer.direct.is_free()

    def send_nowait(self, frame: Frame) -> None:
        consumer = self._consumer
        if consumer.direct is None or consumer.closed:
            return
        if frame.terminal:
            _run_at_once(consumer.send(text_data=frame.text))
        else:
            consumer.direct.write(frame.encoded())

    async def send(self, frame: Frame) -> None:
        await self._consumer.send(text_data=frame.text)

    def close_slow(self) -> None:
        self._consumer.end_soon(Close.RESTART)

    def on_reply_deleted(self) -> None:
        """The client learns of it as the conversation's end."""


class MemberConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """`/ws/v1`: everything that happens to one member's conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.credential: Credential | None = None
        self.direct: Direct | None = None
        self.closed = False
        self.subscriber = Subscriber(SocketOutlet(self))
        self._expiry: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.direct = scope.get("extensions", {}).get(EXTENSION)
        try:
            await super().__call__(scope, receive, send)
        finally:  # also where a handler broke and no disconnect comes
            channel_layer.current().delete_channel(self.channel_name)
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Not the parent's: it hops through a thread before each message to tidy up connections,
        # which `threads` does here where there is one, and that was half of this process's CPU.
        async with self.subscriber.lock:
            await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        try:
            await self._admit()
        except threads.DATABASE_UNAVAILABLE as error:
            await self._close_without_database(error)

    async def _admit(self) -> None:
        offered = self.scope.get("subprotocols", [])
        chosen = protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in offered else None
        # Accept first: a browser sees a close before that as 1006, whatever the code was.
        await self.accept(subprotocol=chosen)
        ticket = protocol.ticket_among(offered)
        credential = await threads.run(tickets.redeem, ticket) if ticket and chosen else None
        if credential is None:
            await self.end(Close.NOT_AUTHENTICATED)
            return
        if not reconciliation.reconciler.has_room(
            credential.member.id, type(self), settings.CHAT_MAX_SOCKETS
        ):
            await self.end(Close.TOO_MANY_SOCKETS)
            return
        self.credential = credential
        metrics.socket_opened()
        log.info("socket.opened", member=str(credential.member.id))
        reconciliation.reconciler.join(self, credential.member.id)
        channel_layer.current().hand_on(self.channel_name, self.subscriber.on_events)
        # Join, then read: whatever happens after the reading is sent, once this is done.
        await self.channel_layer.group_add(
            messages.member_group(credential.member.id), self.channel_name
        )
        await self._ready(credential)

    async def disconnect(self, code: int) -> None:
        self.closed = True

    async def _leave(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        if self.credential is not None:
            member = self.credential.member.id
            metrics.SOCKETS.dec()
            log.info("socket.closed", member=str(member))
            reconciliation.reconciler.leave(self, member)
            self.subscriber.close()
            await self.channel_layer.group_discard(messages.member_group(member), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.credential is None or self.closed:
            return
        try:
            await self._answer(protocol.parse(text_data))
        except BadMessage as error:
            await self._send_frame("error", code="bad_message", detail=str(error))
            await self.end(Close.BAD_MESSAGE)
        except threads.DATABASE_UNAVAILABLE as error:
            await self._close_without_database(error)

    async def _answer(self, message: protocol.ClientMessage) -> None:
        match message:
            case Ping():
                await self._send_frame("pong")
            case Resync(reply):
                await self._resync(reply)
            case Authenticate(access):
                await self._authenticate(access)

    async def member_events(self, message: ReceivedEvents) -> None:
        """Channels' handler of what the channel layer brings and could not be sent at once."""
        await self.subscriber.send_waiting(message)

    async def send(
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
    ) -> None:
        if not self.closed:  # until the client's side closes too, events go on coming
            await super().send(text_data=text_data, bytes_data=bytes_data, close=close)

    async def _resync(self, reply_id: UUID) -> None:
        reply = await self._reply(reply_id)
        if reply is None:
            await self._send_frame("error", code="not_found", detail="There is no such reply.")
        elif reply.status == ReplyStatus.IN_PROGRESS:
            await self.subscriber.send_snapshot(reply, asked=True)
        else:
            await self.subscriber.send_whole(reply)

    async def _authenticate(self, access: str) -> None:
        try:
            credential = await threads.run(prove, access)
        except AuthenticationFailed:
            credential = None
        if (
            credential is None
            or self.credential is None
            or credential.member.id != self.credential.member.id
        ):
            await self.end(Close.NOT_AUTHENTICATED)
            return
        self.credential = credential
        await self._ready(credential)

    async def _ready(self, credential: Credential) -> None:
        """Whoever reads the tables after `ready` misses nothing: what came before they show, and
        what comes later is sent."""
        self._expire_at(credential.until)
        running = await threads.run(_open_replies, credential.member.id)
        await self._send_frame(
            "ready",
            member=credential.member.id,
            expires_at=credential.until,
            heartbeat_seconds=settings.SOCKET_HEARTBEAT_SECONDS,
        )
        for reply, event in running:
            self.subscriber.order.updated(event)  # so that reconciliation watches over it
            await self.subscriber.send_snapshot(reply, asked=True)

    def _expire_at(self, until: datetime) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        loop = asyncio.get_running_loop()
        seconds = max(0.0, (until - datetime.now(UTC)).total_seconds())
        self._expiry = loop.call_later(seconds, self.end_soon, Close.NOT_AUTHENTICATED)

    def end_soon(self, code: Close) -> None:
        self._closing = asyncio.ensure_future(self.end(code))

    async def end(self, code: Close) -> None:
        """Closes the socket; repeating it changes nothing."""
        if not self.closed:
            self.closed = True
            metrics.SOCKETS_ENDED.labels(str(int(code))).inc()
            log.info("socket.ended", code=int(code))
            with contextlib.suppress(Exception):  # the socket may be gone already
                await self.close(code)

    async def _close_without_database(self, error: Exception) -> None:
        log.warning("socket.database_away", error=type(error).__name__)
        await self.end(Close.RESTART)  # the client comes again in a moment

    async def _reply(self, reply_id: UUID) -> Reply | None:
        assert self.credential is not None
        with contextlib.suppress(Reply.DoesNotExist):
            return await threads.run(
                queries.get_reply, member=self.credential.member, reply_id=reply_id
            )
        return None

    async def _send_frame(self, kind: str, **fields: Any) -> None:
        await self.send(text_data=publisher.frame(kind, **fields))


def _run_at_once(sending: Coroutine[Any, Any, None]) -> None:
    """Without a task. The server waits with a message only while the transport takes no more."""
    try:
        sending.send(None)
    except StopIteration:
        return
    sending.close()
    raise RuntimeError("The server waited, though the transport was free.")


def _open_replies(member_id: UUID) -> list[tuple[Reply, Event]]:
    return [(reply, publisher.reply_updated(reply)) for reply in queries.open_of(member_id)]
