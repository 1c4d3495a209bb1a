"""A reply as Server-Sent Events, as OpenAI sends them.

A reply may be started over, when its worker died or the model failed. Where the new attempt begins
with what was sent already, the stream goes on as if nothing had happened; else it ends with an
error. The reply itself goes on in any case, also when the client leaves.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from accounts.credentials.credential import Credential
from api import threads
from chat.live import reply_follower
from chat.live.reply_follower import StreamedEvent
from chat.models import Reply
from chat.openai_surface.errors import Unanswered
from chat.openai_surface.requests.fields import JSON
from chat.resources import queries
from chat.states import ReplyStatus

from . import waiting
from .transcript import Diverged, Transcript

PING_SECONDS = 15.0
PING = b": ping\n\n"


class Teller(Protocol):
    """Says in OpenAI's words what happens to one reply; all of it as whole events."""

    def begin(self) -> bytes: ...

    def run(self) -> bytes:
        """A worker has begun an attempt."""

    def text(self, pieces: dict[int, str]) -> bytes:
        """What is to be said of the choices, by their index."""

    def end(self, reply: Reply, pieces: dict[int, str]) -> bytes:
        """The reply was completed, with the rest of its text. Or it was not: raises Unanswered."""

    def fail(self, error: Unanswered) -> bytes: ...


async def begun(
    *, credential: Credential, reply: Reply, teller: Teller
) -> AsyncGenerator[bytes, None]:
    """The body of the response, once there is something to say: at the latest a ping.

    Raises Unanswered for what goes wrong before, so that it is still told by a status.
    """
    events = _events(credential, reply, teller)
    try:
        first = await anext(events)
    except BaseException:
        await events.aclose()
        raise
    body = _from(first, events, teller)
    await anext(body)  # from now on whoever closes the body closes the events
    return body


async def _from(
    first: bytes, events: AsyncGenerator[bytes, None], teller: Teller
) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        yield b""
        yield first
        try:
            async for event in events:
                yield event
        except Unanswered as error:
            yield teller.fail(error)


async def _events(
    credential: Credential, reply: Reply, teller: Teller
) -> AsyncGenerator[bytes, None]:
    if opening := teller.begin():
        yield opening
    transcript = Transcript()
    async with (
        reply_follower.follow(
            reply_id=reply.id, credential=credential, resumable=False
        ) as follower,
        aclosing(waiting.with_pauses(follower, PING_SECONDS)) as told,
    ):
        async for streamed in told:
            if streamed is None:
                yield PING
            elif streamed.terminal:
                break
            elif said := _said(teller, transcript, streamed):
                yield said
        else:
            raise Unanswered.given_up(reply.id)
    ended = await threads.run(queries.get_reply, member=credential.member, reply_id=reply.id)
    yield teller.end(ended, _rest(transcript, ended))


def _said(teller: Teller, transcript: Transcript, streamed: StreamedEvent) -> bytes:
    body = streamed.body
    if streamed.kind == "reply.updated":
        return teller.run() if body["reply"]["status"] == ReplyStatus.IN_PROGRESS else b""
    return teller.text(_pieces(transcript, streamed.kind, body))


def _pieces(transcript: Transcript, kind: str, body: JSON) -> dict[int, str]:
    try:
        if kind == "reply.delta":
            index = body["choice"]
            return {index: transcript.delta(body["attempt"], index, body["text"])}
        texts = {choice["index"]: choice["content"] for choice in body["choices"]}
        return transcript.whole(body["attempt"], texts)
    except Diverged as error:
        raise Unanswered.started_over(body["reply"]) from error


def _rest(transcript: Transcript, reply: Reply) -> dict[int, str]:
    """What of the stored text was not said yet."""
    texts = {choice.index: choice.content for choice in reply.choices.all()}
    try:
        return transcript.final(reply.attempt, texts)
    except Diverged as error:
        if reply.status == ReplyStatus.COMPLETED:
            raise Unanswered.started_over(reply.id) from error
        return {}  # of one that was stopped or failed less may be stored than was said
