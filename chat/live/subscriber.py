"""What one listener is sent of its member's events: each once, in order, and none missing.

A listener is a WebSocket, an event stream, or a request that waits. `delivery_order.Order` keeps
the order; what was lost on the way is found by `reconciliation`; text that a listener has missed
comes from the snapshot in Redis or, at the end, from the reply itself.

The channel layer hands each message to `on_events`. What the listener can take, and needs no
reading first, is sent at once. The rest goes back into the channel's queue, from which whoever
receives gives it to `send_waiting`; so no listener waits for another. One event is sent at a time:
whoever sends holds `lock`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

import structlog

from api import threads
from chat.events import publisher, snapshot_reader
from chat.events.event import Event
from chat.events.snapshot_format import Snapshot
from chat.models import Reply
from chat.resources import queries
from chat.states import ReplyStatus

from .delivery_order import Order, Verdict
from .encoded_event import EncodedEvent, Frame, ReceivedEvents, received

log = structlog.get_logger(__name__)
# Events. A listener that is further behind is closed; it may come again.
MAX_WAITING = 5000


class Outlet(Protocol):
    """Where a listener's frames go."""

    def is_ready(self, frame: Frame) -> bool:
        """Whether `send_nowait` may be called with the frame now."""

    def send_nowait(self, frame: Frame) -> None: ...

    async def send(self, frame: Frame) -> None:
        """Waits until the client takes the frame."""

    def close_slow(self) -> None:
        """It fell too far behind, or broke: it is sent no more."""

    def on_reply_deleted(self) -> None:
        """A reply that was in flight here was deleted."""


class Subscriber:
    """`only` leaves out everything but one reply; without `texts` its snapshots and deltas too."""

    def __init__(self, outlet: Outlet, *, only: UUID | None = None, texts: bool = True) -> None:
        self.order = Order()
        self.lock = asyncio.Lock()
        self._outlet = outlet
        self._only = str(only) if only else None
        self._texts = texts
        self._waiting = 0  # events in the channel's queue, or taken from it and not sent yet
        self._closed = False

    def on_events(self, message: ReceivedEvents) -> ReceivedEvents | None:
        """Sends what can be sent at once; returns what has to wait for `send_waiting`."""
        if self._closed:
            return None
        events = message["events"]
        sent = 0 if self._waiting or self.lock.locked() else self._send_at_once(events)
        if sent == len(events):
            return None
        self._waiting += len(events) - sent
        if self._waiting > MAX_WAITING:
            self._close_slow()
            return None
        return received(events[sent:]) if sent else message

    async def send_waiting(self, message: ReceivedEvents) -> None:
        """What `on_events` returned. Within the lock."""
        for encoded in message["events"]:
            if self._closed:
                return
            await self._send_waiting(*encoded)
            self._waiting -= 1

    def close(self) -> None:
        """Nothing that was received is sent any more."""
        self._closed = True

    async def catch_up(self, found: Iterable[tuple[Reply, Event]]) -> None:
        """Sends what the table says of the replies, and their text so far, as far as it is news."""
        async with self.lock:
            await self.send_found(found)

    async def send_found(self, found: Iterable[tuple[Reply, Event]]) -> None:
        """The same within the lock."""
        for reply, event in found:
            if self._concerns(event.reply):
                await self._send_if_news(*EncodedEvent.of(event))
                await self.send_snapshot(reply)

    async def send_events(self, events: Iterable[Event]) -> None:
        """Sends those that are news to this listener."""
        async with self.lock:
            for event in events:
                await self._send_if_news(*EncodedEvent.of(event))

    def wants(self, reply: str, revision: int) -> bool:
        """Whether a reply that has come so far may be news here."""
        return self._concerns(reply) and self.order.wants(reply, revision)

    def forget(self, reply: str) -> None:
        """The reply was deleted."""
        if reply in self.order.in_flight():
            self.order.forget(reply)
            self._outlet.on_reply_deleted()

    async def send_snapshot(self, reply: Reply, *, asked: bool = False) -> None:
        """Sends the text so far if it is lacking here. Without Redis it is tried again later."""
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
        await self._send(*EncodedEvent.of(event))

    def _send_at_once(self, events: Sequence[EncodedEvent]) -> int:
        """How many are done with."""
        try:
            for number, (event, frame) in enumerate(events):
                if not self._send_nowait(event, frame):
                    return number
        except OSError:  # so ASGI says that the client is gone; its listener hears of it, too
            self._closed = True
        except Exception as error:
            self._break_off(error)
        return len(events)

    def _send_nowait(self, event: Event, frame: Frame) -> bool:
        """False, and nothing was done, where it has to wait or something has to be read before."""
        if not self._outlet.is_ready(frame):
            return False
        verdict = self._judge(event)
        if verdict is Verdict.SEND:
            self._note(event)
            self._outlet.send_nowait(frame)
        return verdict is not Verdict.SNAPSHOT

    async def _send_waiting(self, event: Event, frame: Frame) -> None:
        try:
            if not self._send_nowait(event, frame):
                await self._send_if_news(event, frame)
        except threads.DATABASE_UNAVAILABLE as error:
            # It was not noted as sent: reconciliation finds it.
            log.warning("subscriber.database_away", error=type(error).__name__)
        except OSError:  # the client is gone
            self._closed = True
        except Exception as error:
            self._break_off(error)

    def _break_off(self, error: Exception) -> None:
        """A mistake of ours; other listeners are sent their events all the same."""
        log.warning("subscriber.broke", error=type(error).__name__)
        self._close_slow()

    def _close_slow(self) -> None:
        self._closed = True
        self._outlet.close_slow()

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

    async def _send_if_news(self, event: Event, frame: Frame) -> None:
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
        await self._outlet.send(frame)

    async def _send_final_text(self, reply: Reply, event: Event) -> None:
        texts = {choice.index: choice.content for choice in reply.choices.all()}
        await self._send_text(reply, self.order.final(event), texts)

    async def _send_text(
        self, reply: Reply, position: tuple[int, int], texts: dict[int, str]
    ) -> None:
        attempt, seq = position
        text = publisher.snapshot_frame(reply=reply, attempt=attempt, seq=seq, texts=texts)
        await self._outlet.send(Frame("reply.snapshot", text))


async def _read(event: Event) -> Reply | None:
    with suppress(Reply.DoesNotExist):
        return await threads.run(_reply, UUID(event.reply), UUID(event.member))
    return None


def _reply(reply_id: UUID, member_id: UUID) -> Reply:
    return queries.replies().get(id=reply_id, member_id=member_id)
