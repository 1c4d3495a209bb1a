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

from accounts.credentials.credential import Proof
from api.errors import DomainError, FieldError
from chat.models import Reply
from chat.states import TERMINAL, ReplyStatus

from . import reply_follower
from .delivery_order import Mark
from .reply_follower import Followed, Follower

CONTENT_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
FIELD = "Last-Event-ID"
# After a connection that broke, browsers come again so soon.
_RETRY = b"retry: 1000\n\n"
_BEAT = b": still here\n\n"
_MARK = re.compile(r"([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,9})")


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


def mark_of(text: str, reply: Reply) -> Mark:
    """Raises FieldError for an id that this reply's events cannot have had."""
    parts = _MARK.fullmatch(text)
    mark = Mark(*(int(part) for part in parts.groups())) if parts else None
    if mark is None or not _possible(mark, reply):
        raise FieldError(field=FIELD, detail="This is not the id of an event of this reply.")
    return mark


def is_over(reply: Reply, since: Mark | None) -> bool:
    """Whether the reader has had the last event: 204 tells a browser not to come again."""
    return since is not None and reply.status in TERMINAL and since.revision == reply.revision


async def nothing() -> AsyncGenerator[bytes]:
    """For HEAD: a server reads all parts, though it sends none."""
    for part in list[bytes]():
        yield part


async def stream(*, proof: Proof, reply_id: UUID, since: Mark | None) -> AsyncGenerator[bytes]:
    """Ends after the terminal event, and when the proof has run out."""
    until = asyncio.get_running_loop().time() + reply_follower.seconds_left(proof)
    yield _RETRY
    try:
        async with reply_follower.follow(reply_id=reply_id, proof=proof, since=since) as follower:
            async for part in _parts(follower, until):
                yield part
    except Reply.DoesNotExist:  # deleted since it was looked up
        return


async def _parts(follower: Follower, until: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    while (left := until - clock()) > 0:
        try:
            async with asyncio.timeout(min(left, settings.SOCKET_HEARTBEAT_SECONDS)):
                followed = await anext(follower, None)
        except TimeoutError:
            yield _BEAT
            continue
        if followed is None:
            return
        yield _written(followed)


def _written(followed: Followed) -> bytes:
    mark = followed.mark
    position = f"{mark.revision}-{mark.attempt}-{mark.seq}"
    # One line: JSON holds no bare line ends.
    return f"id: {position}\nevent: {followed.kind}\ndata: {followed.text}\n\n".encode()


def _possible(mark: Mark, reply: Reply) -> bool:
    if mark.revision > reply.revision or mark.attempt > reply.attempt:
        return False
    # Of a reply that was ended in its worker's place less may be stored than was told.
    whole = reply.status == ReplyStatus.COMPLETED and mark.attempt == reply.attempt
    return not whole or mark.seq <= reply.last_seq
