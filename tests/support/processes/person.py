"""A member with an API client and a socket that believes nothing it is told.

The recorder checks every frame against the protocol as it comes: what it finds wrong is kept in
`complaints`, which a test expects to be empty.
"""

import asyncio
import contextlib
import itertools
import json
import ssl
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Self

import httpx2
import websockets

TERMINAL = {"completed", "failed", "cancelled"}
_numbers = itertools.count(1)


class Recorder:
    """One member's socket: opened again when it breaks, as a client would."""

    def __init__(self, person: "Person", *, reconnect: bool = True) -> None:
        self._person = person
        self._reconnect = reconnect
        self.frames: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        self.texts: dict[str, dict[int, str]] = defaultdict(dict)
        self.ended: dict[str, dict[str, Any]] = {}
        self.attempts: dict[str, int] = {}
        # When an attempt after the first was seen to run, by time.monotonic().
        self.restarts: dict[str, list[float]] = defaultdict(list)
        self.close_code: int | None = None
        # For how long there was no socket, each time, in seconds.
        self.gaps: list[float] = []
        self.connections = 0
        self._position: dict[str, tuple[int, int]] = {}
        # By a frame: who asks for the reply may know of its end before.
        self._told_ended: set[str] = set()
        self._ready = asyncio.Event()
        self._again = asyncio.Event()  # this connection is ready
        self._news = asyncio.Condition()
        self.socket: Any = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._run())
        async with asyncio.timeout(15):
            await self._ready.wait()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._reconnect = False
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, condition: Any, *, seconds: float = 30, what: str = "a frame") -> None:
        """Waits until `condition(self)` holds; looked at after each frame."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: condition(self))
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what}") from None

    async def until_ended(self, reply: str, *, seconds: float = 30) -> dict[str, Any]:
        await self.until(lambda r: reply in r.ended, seconds=seconds, what=f"the end of {reply}")
        return self.ended[reply]

    def of(self, kind: str, reply: str | None = None) -> list[dict[str, Any]]:
        return [
            frame
            for frame in self.frames
            if frame["type"] == kind and reply in (None, _reply_id(frame))
        ]

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError, httpx2.HTTPError, websockets.InvalidHandshake):
                await self._listen()
            if not self._reconnect:
                return
            await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        ticket = await self._person.ticket()
        protocols = ["malgil.v1", f"ticket.{ticket}"]
        url = self._person.base_url.replace("http", "ws") + "/ws/v1"
        trust = self._person.context()
        async with websockets.connect(
            url, subprotocols=protocols, max_size=None, ssl=trust
        ) as self.socket:
            assert self.socket.subprotocol == "malgil.v1"
            self.connections += 1
            self._position.clear()
            self._again.clear()
            if self.connections > 1:
                self._catching_up = asyncio.ensure_future(self._catch_up())
            try:
                async for text in self.socket:
                    await self._take(json.loads(text))
            except websockets.ConnectionClosed:
                pass
            self.close_code = self.socket.close_code
            self._lost_at = time.monotonic()

    async def _catch_up(self) -> None:
        """What ended while there was no socket is not told again: a client asks for it."""
        await self._again.wait()
        for reply in self._person.following - set(self.ended):
            stored = await self._person.reply(reply)
            if stored["status"] in TERMINAL and reply not in self.ended:
                async with self._news:
                    self.ended[reply] = stored
                    self._news.notify_all()

    async def _take(self, frame: dict[str, Any]) -> None:
        async with self._news:
            self.frames.append(frame)
            handler = getattr(self, "_on_" + frame["type"].replace(".", "_"), None)
            if handler:
                handler(frame)
            self._news.notify_all()

    def _on_ready(self, frame: dict[str, Any]) -> None:
        if not self._again.is_set() and self.connections > 1:
            self.gaps.append(time.monotonic() - self._lost_at)
        self._ready.set()
        self._again.set()

    def _on_reply_delta(self, frame: dict[str, Any]) -> None:
        reply, position = frame["reply"], (frame["attempt"], frame["seq"])
        known = self._position.get(reply, (0, 0))
        expected = known[1] + 1 if position[0] == known[0] else 1
        if reply in self._told_ended:
            self.complaints.append(f"a delta after the end: {frame}")
        if position <= known or position[1] != expected:
            self.complaints.append(f"{position} came after {known} in {reply}")
        if position[0] > self.attempts.get(reply, 0):
            self.texts[reply] = {}
        self.attempts[reply] = position[0]
        self._position[reply] = position
        texts = self.texts[reply]
        texts[frame["choice"]] = texts.get(frame["choice"], "") + frame["text"]

    def _on_reply_snapshot(self, frame: dict[str, Any]) -> None:
        reply, position = frame["reply"], (frame["attempt"], frame["seq"])
        if position < self._position.get(reply, (0, 0)):
            self.complaints.append(f"a snapshot went back to {position} in {reply}")
        self.attempts[reply] = position[0]
        self._position[reply] = position
        self.texts[reply] = {c["index"]: c["content"] for c in frame["choices"]}

    def _on_reply_updated(self, frame: dict[str, Any]) -> None:
        reply = frame["reply"]
        if reply["id"] in self.ended and self.ended[reply["id"]] != reply:
            self.complaints.append(f"two ends of {reply['id']}")
        if reply["status"] == "in_progress" and reply["attempt"] > 1:
            self.restarts[reply["id"]].append(time.monotonic())
        if reply["status"] in TERMINAL:
            self._told_ended.add(reply["id"])
            self.ended[reply["id"]] = reply
            self._compare(reply)

    def _compare(self, reply: dict[str, Any]) -> None:
        stored = {c["index"]: c["content"] for c in reply["choices"] if c["content"]}
        seen = {index: text for index, text in self.texts[reply["id"]].items() if text}
        if seen != stored:
            self.complaints.append(f"{reply['id']} ({reply['status']}): {seen} is not {stored}")


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
        assert answer.status_code == 201, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def recorder(self, *, reconnect: bool = True) -> Recorder:
        return Recorder(self, reconnect=reconnect)

    async def ticket(self) -> str:
        answer = await self.http.post("/auth/ws-ticket")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket"])

    async def begin(self, **body: Any) -> str:
        answer = await self.http.post("/conversations", json={"intake": False, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ask(
        self, conversation: str, message: str | None = None, *, key: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """Expects 202; the reply."""
        answer = await self.post(conversation, message, key=key, **body)
        assert answer.status_code == 202, answer.text
        reply: dict[str, Any] = answer.json()
        self.following.add(reply["id"])
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
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def quota(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get("/quota")).json()
        return found


def _reply_id(frame: dict[str, Any]) -> str:
    reply = frame.get("reply")
    return reply["id"] if isinstance(reply, dict) else str(reply)
