"""Who asks in `bench.load`: members with a socket each, and people who ask the model directly."""

import asyncio
import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from . import wire
from .stack import BenchMember, Stack
from .wire import Http, Socket, stamps

TOKENS, FIRST_TOKEN_MS, TOKENS_PER_SECOND = 64, 100, 50
# Of a conversation, before the member begins another one.
TURNS = 5
_REPLY = re.compile(rb'"reply":"([0-9a-f-]{36})"')
_UPDATED = re.compile(rb'"reply":\{"id":"([0-9a-f-]{36})".*?"status":"(\w+)"')
_ID = re.compile(rb'"id":"([0-9a-f-]{36})"')
_DIRECT_BODY = orjson.dumps(
    {
        "model": "malgil-demo",
        "messages": [{"role": "user", "content": "What time is it?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
)


@dataclass(slots=True)
class Answer:
    """Moments in microseconds; `delays` of each token, from the model to here."""

    asked: float
    accepted: float = 0.0
    first: float = 0.0
    ended: float = 0.0
    delays: list[float] = field(default_factory=list)
    frames: int = 0
    error: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Person:
    """A member at a keyboard."""

    def __init__(self, member: BenchMember) -> None:
        self.member = member
        self._answers: dict[bytes, Answer] = {}
        self._early: dict[bytes, list[tuple[bytes, float]]] = {}
        self._turns = self._places()

    async def arrive(self, stack: Stack) -> None:
        self._http = Http(stack.api)
        given = await self._http.call("POST", "/api/v1/auth/ws-ticket", token=self.member.access)
        self._socket = await Socket.open(stack.ws, orjson.loads(given)["ticket"], self._hear)

    def leave(self) -> None:
        self._socket.close()
        self._http.close()

    async def ask(self) -> Answer:
        path = f"/api/v1/conversations/{next(self._turns)}/replies"
        answer = Answer(asked=time.time() * 1e6)
        try:
            body = b'{"message":"What time is it?"}'
            accepted = await self._http.call("POST", path, body, token=self.member.access)
        except (wire.Refused, ConnectionError) as error:
            answer.error, answer.ended = str(error), time.time() * 1e6
            return answer
        answer.accepted = time.time() * 1e6
        found = _ID.search(accepted)
        assert found is not None
        self._answers[found[1]] = answer
        for frame, moment in self._early.pop(found[1], ()):
            self._hear(frame, moment)
        try:
            await asyncio.wait_for(answer.done.wait(), 60)
        except TimeoutError:
            answer.error, answer.ended = "no end within 60 s", time.time() * 1e6
        del self._answers[found[1]]
        return answer

    def _places(self) -> Iterator[str]:
        for conversation in self.member.conversations:
            yield from itertools.repeat(conversation, TURNS)
        raise SystemExit("The members have run out of conversations.")

    def _hear(self, frame: bytes, now: float) -> None:
        if frame.startswith(b'{"type":"reply.delta"'):
            self._take(_REPLY.search(frame), frame, now)
        elif frame.startswith(b'{"type":"reply.updated"'):
            self._take(_UPDATED.search(frame), frame, now)

    def _take(self, found: re.Match[bytes] | None, frame: bytes, now: float) -> None:
        assert found is not None
        answer = self._answers.get(found[1])
        if answer is None:
            # A frame may come before the answer to the request that caused it.
            self._early.setdefault(found[1], []).append((frame, now))
        elif frame.startswith(b'{"type":"reply.delta"'):
            answer.first = answer.first or now
            answer.frames += 1
            text = frame[frame.index(b'"text":') :]
            answer.delays += [now - stamp for stamp in stamps(text)]
        elif found[2] in (b"completed", b"failed", b"cancelled"):
            answer.ended = now
            if found[2] != b"completed" or len(stamps(frame)) != TOKENS:
                answer.error = frame.decode()[:500]
            answer.done.set()


class DirectPerson:
    """Asks the model, past Malgil."""

    def __init__(self, model: str) -> None:
        address = urlsplit(model)
        self._host, self._port = address.hostname or "", address.port or 0

    async def ask(self) -> Answer:
        asked, completion = await wire.direct(self._host, self._port, _DIRECT_BODY)
        answer = Answer(asked=asked, ended=time.time() * 1e6)
        answer.first = completion.tokens[0][0]
        answer.delays = [now - stamp for now, stamp in completion.tokens]
        answer.error = "" if len(completion.tokens) == TOKENS else "tokens are missing"
        return answer
