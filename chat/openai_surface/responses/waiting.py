"""Waiting for a reply, for as long as its caller does; the reply does not depend on that."""

import asyncio
from collections.abc import AsyncGenerator

from accounts.credentials.credential import Credential
from api import threads
from chat.live import reply_follower
from chat.live.reply_follower import Follower, StreamedEvent
from chat.live.sse import TooManyStreams
from chat.models import Reply
from chat.openai_surface.errors import Unanswered
from chat.resources import queries
from chat.states import TERMINAL


def refuse_without_room(credential: Credential) -> None:
    """To be asked before a request is accepted that will be waited for. Raises TooManyStreams."""
    if not reply_follower.has_room(credential):
        raise TooManyStreams()


async def until_ended(*, credential: Credential, reply: Reply) -> Reply:
    """The reply as it is stored at its end, with its choices.

    Raises Reply.DoesNotExist, and Unanswered when the session or key ends before.
    """
    async with reply_follower.follow(
        reply_id=reply.id, credential=credential, texts=False, resumable=False
    ) as follower:
        async for _ in follower:
            pass
    ended = await threads.run(queries.get_reply, member=credential.member, reply_id=reply.id)
    if ended.status not in TERMINAL:
        raise Unanswered.given_up(reply.id)
    return ended


async def with_pauses(
    follower: Follower, seconds: float
) -> AsyncGenerator[StreamedEvent | None, None]:
    """What the follower is told, and None for each so many seconds of silence."""
    while True:
        try:
            async with asyncio.timeout(seconds):
                told = await anext(follower, None)
        except TimeoutError:
            yield None
        else:
            if told is None:
                return
            yield told
