"""Many members at once, each with a socket, and what must be true of all their replies."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Self

from . import invariants
from .patience import persistently
from .person import Person
from .recorder import Recorder
from .stack import Stack

# Hashing passwords takes its time on purpose, so members are kept from test to test.
_signed_up: dict[str, list[dict[str, Any]]] = {}


class Crowd:
    """Use it as an async context manager: signed up, connected, and gone in the end."""

    def __init__(self, stack: Stack, *, size: int = 30) -> None:
        self.stack = stack
        known = _signed_up.setdefault(stack.url, [])
        self.people = [
            Person(stack.url, known[number] if number < len(known) else None)
            for number in range(size)
        ]
        self.sockets: list[Recorder] = []
        self.replies: list[dict[str, Any]] = []
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(self._exits.enter_async_context(p) for p in self.people))
        _signed_up[self.stack.url] = [person.tokens for person in self.people]
        entering = (self._exits.enter_async_context(p.recorder()) for p in self.people)
        self.sockets = list(await asyncio.gather(*entering))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._exits.aclose()

    async def ask(self, message: str, **config: Any) -> None:
        """One question each, numbered, in a new conversation; all of them are accepted."""
        asking = (
            person.ask_until_accepted(numbered(message, number), config=config)
            for number, person in enumerate(self.people)
        )
        self.replies = list(await asyncio.gather(*asking))

    async def until_all(self, condition: Any, *, seconds: float = 30, what: str = "") -> None:
        """`condition(socket, reply id)` for each of them."""
        await asyncio.gather(
            *(
                socket.until(lambda s, r=reply: condition(s, r["id"]), seconds=seconds, what=what)
                for socket, reply in zip(self.sockets, self.replies, strict=True)
            )
        )

    async def until_words(self, words: int) -> None:
        """Every socket was shown so many words of its answer (a delta may carry several)."""
        await self.until_all(
            lambda s, r: r in s.ended or len(s.texts[r].get(0, "").split()) >= words,
            what=f"{words} words each",
        )

    async def until_ended(self, *, seconds: float = 90) -> None:
        await self.until_all(lambda s, r: r in s.ended, seconds=seconds, what="all replies ended")

    async def check(self, *, statuses: frozenset[str] = frozenset({"completed"})) -> None:
        """Nothing lost, nothing doubled, nothing shown that is not stored, no slot off."""
        stored = await asyncio.gather(
            *(
                persistently(partial(person.reply, reply["id"]))
                for person, reply in zip(self.people, self.replies, strict=True)
            )
        )
        complaints = [c for socket in self.sockets for c in socket.complaints]
        assert complaints == [], complaints[:3]
        for socket, reply in zip(self.sockets, stored, strict=True):
            assert reply["status"] in statuses, reply
            assert socket.ended[reply["id"]] == reply
        ids = [reply["id"] for reply in stored]
        invariants.check(self.stack, ids)
        invariants.check_one_each(self.stack, ids)


def numbered(message: str, number: int) -> str:
    return f"{message} (question {number})"
