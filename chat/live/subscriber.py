"""What one listener is told of a member: each thing once, in order, and nothing lost.

A listener is a WebSocket, an event stream, or a request that waits. Order is kept by
`ordering.Order`; what was lost on the way is found by `sweeping`; text that a listener has missed
comes from the snapshot in Redis or, at the end, from the reply itself.

What comes is told at once where the listener takes it and nothing has to be read first; otherwise
it waits in the feed's own line, so that nobody waits for another listener. One thing is told at a
time: whoever tells holds `lock`.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from api import threads
from chat.events import publisher, snapshot_reader
from chat.events.publisher import Event
from chat.events.snapshot_format import Snapshot
from chat.models import Reply
from chat.resources import queries
from chat.states import ReplyStatus

from . import websocket_frames
from .delivery_order import Order, Verdict

log = structlog.get_logger(__name__)
# Events. A listener who takes nothing is left behind; it may come again.
MOST_WAITING = 5000


@dataclass(slots=True)
class Frame:
    """`text` is the JSON object, its `type` the `kind`."""

    kind: str
    text: str
    terminal: bool = False
    _encoded: bytes = b""

    def encoded(self) -> bytes:
        """As a WebSocket's frame, made once for all sockets of a member."""
        if not self._encoded:
            self._encoded = websocket_frames.encode(self.text)
        return self._encoded


class Told(NamedTuple):
    """An event as all listeners of its member are told it."""

    event: Event
    frame: Frame

    @classmethod
    def of(cls, event: Event) -> "Told":
        return cls(event, Frame(event.kind, event.frame, event.terminal))


class Outlet(Protocol):
    """Where a listener's frames go."""

    def takes(self) -> bool:
        """Whether `take` may be called now."""

    def take(self, frame: Frame) -> None: ...

    async def wait_to_take(self, frame: Frame) -> None:
        """Waits until the frame is taken."""

    def give_up(self) -> None:
        """It fell too far behind, or broke: it is told no more."""

    def gone(self) -> None:
        """A reply that was in flight here was deleted."""


class Feed:
    """`only` leaves out everything but one reply; without `texts` its snapshots and deltas too."""

    def __init__(self, outlet: Outlet, *, only: UUID | None = None, texts: bool = True) -> None:
        self.order = Order()
        self.lock = asyncio.Lock()
        self._outlet = outlet
        self._only = str(only) if only else None
        self._texts = texts
        self._line: deque[Told] = deque()
        self._telling: asyncio.Task[None] | None = None
        self._context = copy_context()  # in which the listener logs

    def hear(self, told: Sequence[Told]) -> None:
        """Tells what has come of the member, at once or in its turn."""
        if self._line or self.lock.locked():
            self._put_off(told)
            return
        try:
            for number, (event, frame) in enumerate(told):
                if not self._tell_at_once(event, frame):
                    self._put_off(told[number:])
                    return
        except Exception as error:
            self._break_off(error)

    def close(self) -> None:
        """Nothing more is told of what came."""
        self._line.clear()
        if self._telling is not None:
            self._telling.cancel()

    async def catch_up(self, found: Iterable[tuple[Reply, Event]]) -> None:
        """Tells what the table says of the replies, and their text so far, as far as it is news."""
        async with self.lock:
            await self.tell_found(found)

    async def tell_found(self, found: Iterable[tuple[Reply, Event]]) -> None:
        """The same within the lock."""
        for reply, event in found:
            if self._concerns(event.reply):
                await self._tell(*Told.of(event))
                await self.send_snapshot(reply)

    async def tell(self, told: Iterable[Event]) -> None:
        """Sends the events that are news to this listener."""
        async with self.lock:
            for event in told:
                await self._tell(*Told.of(event))

    def wants(self, reply: str, revision: int) -> bool:
        """Whether a reply that has come so far may be news here."""
        return self._concerns(reply) and self.order.wants(reply, revision)

    def forget(self, reply: str) -> None:
        if reply in self.order.in_flight():
            self.order.forget(reply)
            self._outlet.gone()

    async def send_snapshot(self, reply: Reply, *, asked: bool = False) -> None:
        """Sends the text so far if it is lacking here. Without Redis the sweep tries again."""
        if reply.status != ReplyStatus.IN_PROGRESS or not self._texts:
            return
        found = await snapshot_reader.read(reply)
        snapshot = found or Snapshot.empty(reply.attempt)
        position = (snapshot.attempt, snapshot.seq)
        if self.order.snapshot(str(reply.id), position, whole=found is not None, asked=asked):
            await self._send_text(reply, position, snapshot.texts)

    async def send_whole(self, reply: Reply) -> None:
        """For a reply that does not run: its stored text, then what it is."""
        event = await threads.run(publisher.reply_updated, reply)
        await self._send_final_text(reply, event)
        await self._send(*Told.of(event))

    def _tell_at_once(self, event: Event, frame: Frame) -> bool:
        """False, and nothing was done, where it has to wait or something has to be read before."""
        if not self._outlet.takes():
            return False
        verdict = self._judge(event)
        if verdict is Verdict.SEND:
            self._note(event)
            self._outlet.take(frame)
        return verdict is not Verdict.SNAPSHOT

    def _put_off(self, told: Sequence[Told]) -> None:
        self._line.extend(told)
        if len(self._line) > MOST_WAITING:
            self._line.clear()
            self._outlet.give_up()
        elif self._telling is None or self._telling.done():
            loop = asyncio.get_running_loop()
            self._telling = loop.create_task(self._tell_line(), context=self._context)

    async def _tell_line(self) -> None:
        try:
            async with self.lock:
                while self._line:
                    await self._tell_one(*self._line.popleft())
        except OSError:  # so ASGI says that the client is gone; its listener hears of it, too
            self._line.clear()
        except Exception as error:
            self._break_off(error)

    def _break_off(self, error: Exception) -> None:
        """A mistake of ours; other listeners are told all the same."""
        log.warning("feed.broke", error=type(error).__name__)
        self._line.clear()
        self._outlet.give_up()

    async def _tell_one(self, event: Event, frame: Frame) -> None:
        try:
            await self._tell(event, frame)
        except threads.DATABASE_UNAVAILABLE as error:
            # The event was not noted as sent: the sweep finds it.
            log.warning("feed.database_away", error=type(error).__name__)

    def _judge(self, event: Event) -> Verdict:
        if not self._concerns(event.reply):
            return Verdict.DROP
        if event.kind == "reply.delta":
            return self.order.delta(event) if self._texts else Verdict.DROP
        if event.kind == "reply.updated":
            verdict = self.order.update(event)
            lacking = verdict is Verdict.SNAPSHOT and not self._texts
            return Verdict.SEND if lacking else verdict
        return Verdict.SEND

    def _concerns(self, reply: str) -> bool:
        return self._only is None or reply == self._only

    def _note(self, event: Event) -> None:
        if event.kind == "reply.updated":
            self.order.updated(event)

    async def _tell(self, event: Event, frame: Frame) -> None:
        verdict = self._judge(event)
        if verdict is Verdict.SNAPSHOT:
            await self._send_what_lacks(event)
        if verdict is Verdict.SEND or (
            verdict is Verdict.SNAPSHOT and event.kind == "reply.updated"
        ):
            await self._send(event, frame)

    async def _send_what_lacks(self, event: Event) -> None:
        reply = await _read(event)
        if reply is None:
            return
        if event.kind == "reply.delta":
            await self.send_snapshot(reply)
        else:
            await self._send_final_text(reply, event)

    async def _send(self, event: Event, frame: Frame) -> None:
        self._note(event)
        await self._outlet.wait_to_take(frame)

    async def _send_final_text(self, reply: Reply, event: Event) -> None:
        texts = {choice.index: choice.content for choice in reply.choices.all()}
        await self._send_text(reply, self.order.final(event), texts)

    async def _send_text(
        self, reply: Reply, position: tuple[int, int], texts: dict[int, str]
    ) -> None:
        attempt, seq = position
        text = publisher.snapshot_frame(reply=reply, attempt=attempt, seq=seq, texts=texts)
        await self._outlet.wait_to_take(Frame("reply.snapshot", text))


async def _read(event: Event) -> Reply | None:
    with suppress(Reply.DoesNotExist):
        return await threads.run(_reply, UUID(event.reply), UUID(event.member))
    return None


def _reply(reply_id: UUID, member_id: UUID) -> Reply:
    return queries.replies().get(id=reply_id, member_id=member_id)
