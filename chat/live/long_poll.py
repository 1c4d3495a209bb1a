"""Long polling: a reply as it is, or as it is once something has changed or it has ended."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from accounts.credentials.authentication import require_living
from accounts.credentials.credential import Credential
from api import threads
from api.renderers import to_json
from chat.models import Reply
from chat.resources import queries, render
from chat.states import TERMINAL

from . import reply_follower
from .reply_follower import StreamedEvent

MOST_SECONDS = 60


@dataclass(frozen=True)
class ReplyView:
    """`resource` is the JSON that GET gives; `revision` counts its changes of status."""

    resource: bytes
    revision: int
    terminal: bool

    @property
    def etag(self) -> str:
        """Weak: it covers the status and the attempt, not the place in the queue (RFC 9110, 8.8.1).

        A revision is never used for two of them.
        """
        return f'W/"{self.revision}"'


def render_reply(reply: Reply) -> ReplyView:
    """One query while the reply waits for a worker."""
    return of_resource(reply, to_json(render.reply(reply)))


def of_resource(reply: Reply, resource: bytes) -> ReplyView:
    """The same for a reply whose resource was rendered before."""
    return ReplyView(resource, reply.revision, reply.status in TERMINAL)


async def wait(
    *, credential: Credential, reply_id: UUID, enough: Callable[[ReplyView], bool], seconds: float
) -> ReplyView:
    """The reply as soon as it is `enough`, and at the latest after so many seconds.

    Raises Reply.DoesNotExist, AuthenticationFailed.
    """
    latest = await threads.run(_read, credential, reply_id)
    if enough(latest) or seconds <= 0:
        return latest
    until = asyncio.get_running_loop().time() + min(
        seconds, reply_follower.seconds_left(credential)
    )
    with suppress(TimeoutError):
        async with reply_follower.follow(
            reply_id=reply_id, credential=credential, texts=False
        ) as follower:
            async with asyncio.timeout_at(until):
                async for streamed in follower:
                    latest = _of(streamed)
                    if enough(latest):
                        return latest
            return await threads.run(_left, credential, reply_id)
    return latest


def _read(credential: Credential, reply_id: UUID) -> ReplyView:
    return render_reply(queries.get_reply(member=credential.member, reply_id=reply_id))


def _left(credential: Credential, reply_id: UUID) -> ReplyView:
    """It was deleted, or whoever waits was signed out. Raises what it is, if it is so."""
    require_living(credential)
    return _read(credential, reply_id)


def _of(streamed: StreamedEvent) -> ReplyView:
    """Of a `reply.updated`, which holds the resource."""
    resource = to_json(streamed.body["reply"])
    return ReplyView(resource, streamed.position.revision, streamed.terminal)
