"""Following one reply over HTTP: what the WebSocket tells of it, for a request that waits.

Costs no thread and no look into the tables of its own: events come as the member's, and what is
lost on the way is found by the reconciliation that serves all listeners of the process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from accounts.credentials.credential import Credential
from api import threads
from chat import metrics
from chat.events import messages, publisher
from chat.events.event import Event
from chat.models import Reply
from chat.resources import queries

from . import channel_layer
from .delivery_order import StreamPosition
from .encoded_event import Frame
from .protocol import Close
from .reconciliation import reconciler
from .subscriber import Subscriber

# Of one member, in one process; beyond that a request is answered without waiting.
MOST = 1000
# A reader that takes nothing is ended; it may come again with the last id.
MOST_UNREAD = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedEvent:
    """A frame of the WebSocket's protocol (docs/protocol.md), and how far it takes the reader."""

    kind: str
    text: str
    terminal: bool
    position: StreamPosition

    @property
    def body(self) -> dict[str, Any]:
        parsed: dict[str, Any] = orjson.loads(self.text)
        return parsed


class Follower:
    """An asynchronous iterator, whose `anext` may be given up and tried again.

    It begins with the reply as it is (its state, and its text so far), and ends after the terminal
    `reply.updated`; or earlier, when the reply was deleted, when whoever follows is signed out or
    when it has not read for long: then the last frame was not terminal.
    """

    def __init__(
        self,
        *,
        reply_id: UUID,
        credential: Credential,
        texts: bool,
        since: StreamPosition | None,
        resumable: bool,
    ) -> None:
        self.credential: Credential | None = credential
        self._resumable = resumable
        self.subscriber = Subscriber(self, only=reply_id, texts=texts)
        self._reply = str(reply_id)
        self._ended = False
        self._frames: asyncio.Queue[StreamedEvent | None] = asyncio.Queue()
        if since is not None:
            self.subscriber.order.resume(self._reply, since)

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> StreamedEvent:
        if self._ended and self._frames.empty():
            raise StopAsyncIteration
        streamed = await self._frames.get()
        if streamed is None:
            raise StopAsyncIteration
        return streamed

    async def receive(self, channel: str) -> None:
        """Sends what could not be sent as it arrived in the channel; until it is cancelled."""
        layer = channel_layer.current()
        while True:
            message = await layer.receive(channel)
            async with self.subscriber.lock:
                await self.subscriber.send_waiting(message)

    async def end(self, code: Close) -> None:
        """For reconciliation: the session or the key has ended, or this process is about to."""
        if self._resumable or code is not Close.RESTART:
            self._end()

    def is_ready(self, frame: Frame) -> bool:
        return True

    def send_nowait(self, frame: Frame) -> None:
        if self._ended:
            return
        position = self.subscriber.order.position(self._reply)
        self._frames.put_nowait(
            StreamedEvent(
                kind=frame.kind, text=frame.text, terminal=frame.terminal, position=position
            )
        )
        if frame.terminal or self._frames.qsize() > MOST_UNREAD:
            self._end()

    async def send(self, frame: Frame) -> None:
        self.send_nowait(frame)

    def close_slow(self) -> None:
        self._end()

    def on_reply_deleted(self) -> None:
        self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._frames.put_nowait(None)


@asynccontextmanager
async def follow(
    *,
    reply_id: UUID,
    credential: Credential,
    texts: bool = True,
    since: StreamPosition | None = None,
    resumable: bool = True,
) -> AsyncIterator[Follower]:
    """Follows a reply of the credential's member until the block ends.

    Without `texts` only `reply.updated`; with `since` only what came after it. One that is not
    `resumable` goes on while the process stops. Raises Reply.DoesNotExist.
    """
    follower = Follower(
        reply_id=reply_id, credential=credential, texts=texts, since=since, resumable=resumable
    )
    member_id, layer = credential.member.id, channel_layer.current()
    group, channel = messages.member_group(member_id), await layer.new_channel()
    layer.hand_on(channel, follower.subscriber.on_events)
    receiving = asyncio.ensure_future(follower.receive(channel))
    reconciler.join(follower, member_id)
    metrics.FOLLOWERS.inc()
    try:
        if reconciler.leaving:  # too late to be sent away with the others
            await follower.end(Close.RESTART)
        async with follower.subscriber.lock:
            # Join, then read: whatever happens after the reading is sent, once this is done.
            await layer.group_add(group, channel)
            reply, event = await threads.run(_as_it_is, reply_id, credential)
            await follower.subscriber.send_found([(reply, event)])
        yield follower
    finally:
        metrics.FOLLOWERS.dec()
        reconciler.leave(follower, member_id)
        follower.subscriber.close()
        receiving.cancel()
        layer.delete_channel(channel)
        await layer.group_discard(group, channel)


def has_room(credential: Credential) -> bool:
    return reconciler.has_room(credential.member.id, Follower, MOST)


def seconds_left(credential: Credential) -> float:
    """How long the credential may be relied on."""
    return max(0.0, (credential.until - datetime.now(UTC)).total_seconds())


def _as_it_is(reply_id: UUID, credential: Credential) -> tuple[Reply, Event]:
    reply = queries.get_reply(member=credential.member, reply_id=reply_id)
    return reply, publisher.reply_updated(reply)
