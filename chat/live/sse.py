"""`GET replies/{id}/events`: a reply's life as Server-Sent Events.

The format: HTML Living Standard, 9.2. Each event is a frame of docs/protocol.md; its id says how
far the reader has come, and `Last-Event-ID` goes on from there.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse

from accounts.credentials.credential import Credential
from api.errors import DomainError, FieldError
from chat.models import Reply
from chat.states import TERMINAL, ReplyStatus

from . import reply_follower
from .delivery_order import StreamPosition
from .reply_follower import Follower, StreamedEvent

CONTENT_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
FIELD = "Last-Event-ID"
# After a connection that broke, browsers come again so soon.
_RETRY = b"retry: 1000\n\n"
_BEAT = b": still here\n\n"
_POSITION = re.compile(r"([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,9})")


class EventStream(StreamingHttpResponse):
    """Ends its parts as soon as the client is gone; Django's own leaves that to the collector."""

    def __init__(self, parts: AsyncGenerator[bytes]) -> None:
        super().__init__(parts, content_type=CONTENT_TYPE, headers=HEADERS)
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(self._parts) as parts:
            async for part in parts:
                yield part


class TooManyStreams(DomainError):
    detail = "Too many requests of yours are waiting or streaming. Close some of them."
    retry_after = 5


def position_of(text: str, reply: Reply) -> StreamPosition:
    """Raises FieldError for an id that this reply's events cannot have had."""
    parts = _POSITION.fullmatch(text)
    position = StreamPosition(*(int(part) for part in parts.groups())) if parts else None
    if position is None or not _possible(position, reply):
        raise FieldError(field=FIELD, detail="This is not the id of an event of this reply.")
    return position


def is_over(reply: Reply, since: StreamPosition | None) -> bool:
    """Whether the reader has had the last event: 204 tells a browser not to come again."""
    return since is not None and reply.status in TERMINAL and since.revision == reply.revision


async def nothing() -> AsyncGenerator[bytes]:
    """For HEAD: a server reads all parts, though it sends none."""
    for part in list[bytes]():
        yield part


async def stream(
    *, credential: Credential, reply_id: UUID, since: StreamPosition | None
) -> AsyncGenerator[bytes]:
    """Ends after the terminal event, and when the credential has run out."""
    until = asyncio.get_running_loop().time() + reply_follower.seconds_left(credential)
    yield _RETRY
    try:
        async with reply_follower.follow(
            reply_id=reply_id, credential=credential, since=since
        ) as follower:
            async for part in _parts(follower, until):
                yield part
    except Reply.DoesNotExist:  # deleted since it was looked up
        return


async def _parts(follower: Follower, until: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    while (left := until - clock()) > 0:
        try:
            async with asyncio.timeout(min(left, settings.SOCKET_HEARTBEAT_SECONDS)):
                streamed = await anext(follower, None)
        except TimeoutError:
            yield _BEAT
            continue
        if streamed is None:
            return
        yield _written(streamed)


def _written(streamed: StreamedEvent) -> bytes:
    position = streamed.position
    event_id = f"{position.revision}-{position.attempt}-{position.seq}"
    # One line: JSON holds no bare line ends.
    return f"id: {event_id}\nevent: {streamed.kind}\ndata: {streamed.text}\n\n".encode()


def _possible(position: StreamPosition, reply: Reply) -> bool:
    if position.revision > reply.revision or position.attempt > reply.attempt:
        return False
    # Of a reply that was ended in its worker's place less may be stored than was told.
    whole = reply.status == ReplyStatus.COMPLETED and position.attempt == reply.attempt
    return not whole or position.seq <= reply.last_seq
