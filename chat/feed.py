"""What one listener is told of a member: each thing once, in order, and nothing lost.

A listener is a WebSocket, an event stream, or a request that waits. Order is kept by
`ordering.Order`; what was lost on the way is found by `sweeping`; text that a listener has missed
comes from the snapshot in Redis or, at the end, from the reply itself. One thing is told at a
time: whoever tells holds `lock`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from api import threads

from . import events, reading, snapshot_reader
from .events import Event
from .models import Reply
from .ordering import Order, Verdict
from .snapshots import Snapshot
from .states import ReplyStatus

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """`text` is the JSON object, its `type` the `kind`."""

    kind: str
    text: str
    terminal: bool = False


class Feed:
    """`only` leaves out everything but one reply; without `texts` its snapshots and deltas too.

    `gone` is called when a reply that was in flight here was deleted.
    """

    def __init__(
        self,
        send: Callable[[Frame], Awaitable[None]],
        *,
        only: UUID | None = None,
        texts: bool = True,
        gone: Callable[[], None] = lambda: None,
    ) -> None:
        self.order = Order()
        self.lock = asyncio.Lock()
        self._send = send
        self._only = str(only) if only else None
        self._texts = texts
        self._gone = gone

    async def hear(self, message: dict[str, Any]) -> None:
        """Tells what a message of the member's group brings. Within the lock."""
        for event in events.read(message):
            try:
                await self._tell(event)
            except threads.AWAY as error:  # the event was not noted as sent: the sweep finds it
                log.warning("feed.database_away", error=type(error).__name__)

    async def catch_up(self, found: Iterable[tuple[Reply, Event]]) -> None:
        """Tells what the table says of the replies, and their text so far, as far as it is news."""
        async with self.lock:
            for reply, event in found:
                if self._concerns(event.reply):
                    await self._tell_update(event)
                    await self.send_snapshot(reply)

    async def tell(self, told: Iterable[Event]) -> None:
        """Sends the events that are news to this listener."""
        async with self.lock:
            for event in told:
                await self._tell(event)

    def wants(self, reply: str, revision: int) -> bool:
        """Whether a reply that has come so far may be news here."""
        return self._concerns(reply) and self.order.wants(reply, revision)

    def forget(self, reply: str) -> None:
        if reply in self.order.in_flight():
            self.order.forget(reply)
            self._gone()

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
        event = await threads.run(events.reply_updated, reply)
        await self._send_final_text(reply, event)
        await self._send_update(event)

    async def _tell(self, event: Event) -> None:
        if not self._concerns(event.reply):
            return
        if event.kind == "reply.delta":
            await self._tell_delta(event)
        elif event.kind == "reply.updated":
            await self._tell_update(event)
        else:
            await self._send(Frame(event.kind, event.frame))

    def _concerns(self, reply: str) -> bool:
        return self._only is None or reply == self._only

    async def _tell_delta(self, event: Event) -> None:
        if not self._texts:
            return
        verdict = self.order.delta(event)
        if verdict is Verdict.SEND:
            await self._send(Frame(event.kind, event.frame))
        elif verdict is Verdict.SNAPSHOT:
            reply = await _read(event)
            if reply is not None:
                await self.send_snapshot(reply)

    async def _tell_update(self, event: Event) -> None:
        verdict = self.order.update(event)
        if verdict is Verdict.DROP:
            return
        if verdict is Verdict.SNAPSHOT and self._texts:
            reply = await _read(event)
            if reply is not None:
                await self._send_final_text(reply, event)
        await self._send_update(event)

    async def _send_update(self, event: Event) -> None:
        self.order.updated(event)
        await self._send(Frame(event.kind, event.frame, terminal=event.terminal))

    async def _send_final_text(self, reply: Reply, event: Event) -> None:
        texts = {choice.index: choice.content for choice in reply.choices.all()}
        await self._send_text(reply, self.order.final(event), texts)

    async def _send_text(
        self, reply: Reply, position: tuple[int, int], texts: dict[int, str]
    ) -> None:
        attempt, seq = position
        text = events.snapshot_frame(reply=reply, attempt=attempt, seq=seq, texts=texts)
        await self._send(Frame("reply.snapshot", text))


async def _read(event: Event) -> Reply | None:
    with suppress(Reply.DoesNotExist):
        return await threads.run(_reply, UUID(event.reply), UUID(event.member))
    return None


def _reply(reply_id: UUID, member_id: UUID) -> Reply:
    return reading.replies().get(id=reply_id, member_id=member_id)
