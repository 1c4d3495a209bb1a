"""A member with an API client, and a socket that is checked (recorder.py)."""

import itertools
import ssl
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx2

from .patience import expect, persistently
from .recorder import Recorder

_numbers = itertools.count(1)


class Person:
    """Signs up when entered, unless given the tokens of somebody who did.

    `trust` is a file with the certificate of https, where HTTP/2 is spoken, too.
    """

    def __init__(
        self,
        base_url: str,
        tokens: dict[str, Any] | None = None,
        *,
        trust: Path | None = None,
    ) -> None:
        self.tokens = tokens
        self.trust = trust
        # Replies that were accepted, whether or not a socket was told of them.
        self.following: set[str] = set()
        self.recorders: list[Recorder] = []
        self.base_url = base_url
        self.http = httpx2.AsyncClient(
            base_url=f"{base_url}/api/v1",
            timeout=15,
            verify=self.context() or True,
            http2=trust is not None,
        )
        self.password = "a long enough passphrase 7"
        self.email = f"person{next(_numbers)}.{id(self)}@example.com"

    async def __aenter__(self) -> Self:
        if self.tokens is None:
            self.tokens = await self._sign_up()
        self.id = self.tokens["member"]["id"]
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access']}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.http.aclose()

    def context(self) -> ssl.SSLContext | None:
        """A new one: whoever connects with it says in it what is spoken."""
        return ssl.create_default_context(cafile=self.trust) if self.trust else None

    async def _sign_up(self) -> dict[str, Any]:
        body = {"email": self.email, "password": self.password, "nickname": "Person"}
        answer = await self.http.post("/auth/signup", json=body)
        expect(answer, 201)
        tokens: dict[str, Any] = answer.json()
        return tokens

    def recorder(self, *, reconnect: bool = True) -> Recorder:
        recorder = Recorder(self, reconnect=reconnect)
        self.recorders.append(recorder)
        return recorder

    async def ticket(self) -> str:
        answer = await self.http.post("/auth/ws-ticket")
        expect(answer, 201)
        return str(answer.json()["ticket"])

    async def begin(self, **body: Any) -> str:
        answer = await self.http.post("/conversations", json={"intake": False, **body})
        expect(answer, 201)
        return str(answer.json()["id"])

    async def ask(
        self, conversation: str, message: str | None = None, *, key: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """Expects 202; the reply."""
        answer = await self.post(conversation, message, key=key, **body)
        expect(answer, 202)
        reply: dict[str, Any] = answer.json()
        self.following.add(reply["id"])
        return reply

    async def ask_until_accepted(
        self, message: str, *, seconds: float = 30, config: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Asks in a new conversation, again with the same key as long as nobody answers."""
        before = self._connections()
        repeatable = partial(self.begin, config=config or {})
        conversation = await persistently(repeatable, seconds=seconds)
        attempts = itertools.count(1)

        async def attempt() -> dict[str, Any]:
            next(attempts)
            return await self.ask(conversation, message, key=conversation)

        reply = await persistently(attempt, seconds=seconds)
        if next(attempts) > 2 or self._connections() != before:
            # It may have ended before this answer told its id, while there was no socket.
            for recorder in self.recorders:
                await recorder.resync(reply["id"])
        return reply

    async def post(
        self, conversation: str, message: str | None = None, *, key: str | None = None, **body: Any
    ) -> httpx2.Response:
        if message is not None:
            body["message"] = message
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post(
            f"/conversations/{conversation}/replies", json=body, headers=headers
        )

    async def reply(self, reply_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"/replies/{reply_id}")
        expect(answer, 200)
        found: dict[str, Any] = answer.json()
        return found

    async def quota(self) -> dict[str, Any]:
        answer = await self.http.get("/quota")
        expect(answer, 200)
        found: dict[str, Any] = answer.json()
        return found

    def _connections(self) -> int:
        return sum(recorder.connections for recorder in self.recorders)
