"""Following one reply over HTTP: what the WebSocket tells of it, for a request that waits.

Costs no thread and no look into the tables of its own: events come as the member's, and what is
lost on the way is found by the sweep that serves all listeners of the process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from accounts.credentials.credential import Proof
from api import threads
from chat import metrics
from chat.events import publisher
from chat.events.publisher import Event
from chat.models import Reply
from chat.resources import queries

from . import channel_layer
from .delivery_order import Mark
from .protocol import Close
from .reconciliation import sweeper
from .subscriber import Feed, Frame

# Of one member, in one process; beyond that a request is answered without waiting.
MOST = 1000
# A reader who takes nothing is left behind; it may come again with the last id.
MOST_UNREAD = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A frame of the WebSocket's protocol (docs/protocol.md), and how far it takes the reader."""

    kind: str
    text: str
    terminal: bool
    mark: Mark

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
        self, *, reply_id: UUID, proof: Proof, texts: bool, since: Mark | None, resumable: bool
    ) -> None:
        self.proof: Proof | None = proof
        self._resumable = resumable
        self.feed = Feed(self, only=reply_id, texts=texts)
        self._reply = str(reply_id)
        self._ended = False
        self._frames: asyncio.Queue[Followed | None] = asyncio.Queue()
        if since is not None:
            self.feed.order.resume(self._reply, since)

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> Followed:
        if self._ended and self._frames.empty():
            raise StopAsyncIteration
        followed = await self._frames.get()
        if followed is None:
            raise StopAsyncIteration
        return followed

    async def end(self, code: Close) -> None:
        """For the sweep: the session or the key has ended, or this process is about to."""
        if self._resumable or code is not Close.RESTART:
            self._end()

    def takes(self) -> bool:
        return True

    def take(self, frame: Frame) -> None:
        if self._ended:
            return
        mark = self.feed.order.mark(self._reply)
        followed = Followed(kind=frame.kind, text=frame.text, terminal=frame.terminal, mark=mark)
        self._frames.put_nowait(followed)
        if frame.terminal or self._frames.qsize() > MOST_UNREAD:
            self._end()

    async def wait_to_take(self, frame: Frame) -> None:
        self.take(frame)

    def give_up(self) -> None:
        self._end()

    def gone(self) -> None:
        self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._frames.put_nowait(None)


@asynccontextmanager
async def follow(
    *,
    reply_id: UUID,
    proof: Proof,
    texts: bool = True,
    since: Mark | None = None,
    resumable: bool = True,
) -> AsyncIterator[Follower]:
    """Follows a reply of the proof's member until the block ends.

    Without `texts` only `reply.updated`; with `since` only what came after it. One that is not
    `resumable` goes on while the process stops. Raises Reply.DoesNotExist.
    """
    follower = Follower(
        reply_id=reply_id, proof=proof, texts=texts, since=since, resumable=resumable
    )
    member_id = proof.member.id
    sweeper.join(follower, member_id)
    metrics.FOLLOWERS.inc()
    try:
        if sweeper.leaving:  # too late to be sent away with the others
            await follower.end(Close.RESTART)
        async with follower.feed.lock:
            # Join, then read: whatever happens after the reading is told, once this is done.
            await channel_layer.here().join(member_id, follower.feed.hear)
            reply, event = await threads.run(_as_it_is, reply_id, proof)
            await follower.feed.tell_found([(reply, event)])
        yield follower
    finally:
        metrics.FOLLOWERS.dec()
        sweeper.leave(follower, member_id)
        follower.feed.close()
        await channel_layer.here().leave(member_id, follower.feed.hear)


def has_room(proof: Proof) -> bool:
    return sweeper.has_room(proof.member.id, Follower, MOST)


def seconds_left(proof: Proof) -> float:
    """How long the proof may be relied on."""
    return max(0.0, (proof.until - datetime.now(UTC)).total_seconds())


def _as_it_is(reply_id: UUID, proof: Proof) -> tuple[Reply, Event]:
    reply = queries.get_reply(member=proof.member, reply_id=reply_id)
    return reply, publisher.reply_updated(reply)
