"""Members who ask in a closed loop while processes come and go.

Each tries again what the documents say may be tried again: a connection that broke, 502 and 503,
with the same Idempotency-Key. Each question is followed in one of the three ways that there are.
"""

import asyncio
import json
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

from support.processes.patience import AGAIN
from support.processes.person import Person
from support.processes.recorder import TERMINAL, Recorder

_PAUSE_SECONDS = 0.2
_PATIENCE_SECONDS = 30


class Member:
    """`errors` are what a client that tries again still sees."""

    def __init__(self, url: str, trust: Path, number: int) -> None:
        self.person = Person(url, trust=trust)
        self.socket: Recorder = self.person.recorder()
        self.number = number
        self.accepted: list[str] = []
        self.tried_again: Counter[str] = Counter()
        self.errors: list[str] = []
        self.accept_seconds: list[float] = []
        self.answer_seconds: list[float] = []

    async def live(self, over: asyncio.Event) -> None:
        """Asks one question after another; the last one is waited for, too."""
        created = await self._call("POST", "/conversations", json={"intake": False})
        while not over.is_set():
            began, before = time.monotonic(), self._disturbances()
            asked = await self._call(
                "POST",
                f"/conversations/{created['id']}/replies",
                json={"message": f"Question {len(self.accepted)} of member {self.number}"},
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )
            self.accept_seconds.append(time.monotonic() - began)
            self.accepted.append(asked["id"])
            self.person.following.add(asked["id"])
            if self._disturbances() != before:
                # It may have ended before this answer told its id, while there was no socket.
                await self.socket.resync(asked["id"])
            ways = (self._by_socket, self._by_socket, self._by_waiting, self._by_events)
            ended = await ways[len(self.accepted) % len(ways)](asked["id"])
            self.answer_seconds.append(time.monotonic() - began)
            if ended["status"] != "completed":
                self.errors.append(f"{ended['id']}: {ended['status']} {ended['error']}")

    def _disturbances(self) -> int:
        return self.tried_again.total() + self.socket.connections

    async def _by_socket(self, reply: str) -> dict[str, Any]:
        return await self.socket.until_ended(reply, seconds=_PATIENCE_SECONDS)

    async def _by_waiting(self, reply: str) -> dict[str, Any]:
        while True:
            seen = await self._call("GET", f"/replies/{reply}", headers={"Prefer": "wait=20"})
            if seen["status"] in TERMINAL:
                return seen

    async def _by_events(self, reply: str) -> dict[str, Any]:
        last, ended = "", None
        while ended is None:
            try:
                async for name, value in self._events(reply, last):
                    if name == "id":
                        last = value
                    elif name == "data":
                        ended = _end(json.loads(value)) or ended
            except httpx2.HTTPError as error:
                self.tried_again[type(error).__name__] += 1
            await asyncio.sleep(0 if ended else _PAUSE_SECONDS)
        return ended

    async def _events(self, reply: str, last: str) -> Any:
        headers = {"Last-Event-ID": last} if last else {}
        path = f"/replies/{reply}/events"
        async with self.person.http.stream("GET", path, headers=headers) as answer:
            if answer.status_code in AGAIN:
                self.tried_again[f"{answer.status_code} of events"] += 1
                return
            assert answer.status_code == 200, f"{answer.status_code} of {path}"
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                yield name, value

    async def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """What the recipe in docs/api.md does. Fails when it was refused or patience is over."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = await self.person.http.request(method, path, timeout=60, **more)
            except httpx2.HTTPError as error:
                trouble = f"{type(error).__name__} of {method}"
            else:
                if answer.status_code not in AGAIN:
                    assert answer.status_code < 300, f"{answer.status_code} of {method} {path}"
                    found: dict[str, Any] = answer.json()
                    return found
                trouble = f"{answer.status_code} of {method} {path}"
            self.tried_again[trouble] += 1
            assert time.monotonic() < until, trouble
            await asyncio.sleep(_PAUSE_SECONDS)


def _end(frame: dict[str, Any]) -> dict[str, Any] | None:
    if frame["type"] != "reply.updated" or frame["reply"]["status"] not in TERMINAL:
        return None
    reply: dict[str, Any] = frame["reply"]
    return reply
