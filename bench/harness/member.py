"""A member as a benchmark needs one: quick, and strict about what the socket says."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
import websockets
from websockets.typing import Subprotocol

TERMINAL = ("completed", "failed", "cancelled")


@dataclass
class Watched:
    """One reply of one choice as its socket showed it."""

    reply: str
    deltas: list[tuple[float, str]] = field(default_factory=list)  # (when, text)
    snapshots: int = 0
    ended: dict[str, Any] | None = None
    ended_at: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _position: tuple[int, int] = (0, 0)  # (attempt, seq)
    _text: str = ""
    _disorder: list[str] = field(default_factory=list)

    def take_delta(self, frame: dict[str, Any], now: float) -> None:
        position = (frame["attempt"], frame["seq"])
        if position[0] > self._position[0]:
            self._position, self._text = (position[0], 0), ""
        if position != (position[0], self._position[1] + 1):
            self._disorder.append(f"{position} came after {self._position}")
        self._position = position
        self._text += frame["text"]
        self.deltas.append((now, frame["text"]))

    def take_snapshot(self, frame: dict[str, Any]) -> None:
        position = (frame["attempt"], frame["seq"])
        if position < self._position:
            self._disorder.append(f"a snapshot of {position} came after {self._position}")
        self._position = position
        self._text = "".join(choice["content"] for choice in frame["choices"])
        self.snapshots += 1

    def take_update(self, reply: dict[str, Any], now: float) -> None:
        if reply["status"] in TERMINAL:
            self.ended, self.ended_at = reply, now
            self.news.set()

    def complaints(self) -> list[str]:
        """What is wrong with it; nothing, one hopes."""
        if self.ended is None:
            return ["it did not end"]
        if self.ended["status"] != "completed":
            return [f"{self.ended['status']}: {self.ended['error']}"]
        if self._text != self.ended["choices"][0]["content"]:
            return [*self._disorder, "the text seen is not the text stored"]
        return self._disorder


class Member:
    """Signed up, with an open socket. `http` may be shared."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http
        self._watched: dict[str, Watched] = {}
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        email = f"{uuid.uuid4()}@example.com"
        body = {"email": email, "password": "measured in queues", "nickname": "Bench"}
        signed_up = await self.call("POST", "auth/signup", body)
        self.headers = {"Authorization": f"Bearer {signed_up['access']}"}
        ticket = (await self.call("POST", "auth/ws-ticket"))["ticket"]
        self._socket = await websockets.connect(
            self._url.replace("http", "ws", 1) + "/ws/v1",
            subprotocols=[Subprotocol("malgil.v1"), Subprotocol(f"ticket.{ticket}")],
            compression=None,
            max_size=None,
            open_timeout=120,
            ping_interval=None,
        )
        self._reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._reading.cancel()
        await self._socket.close()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json", **self.headers}
        async with self._http.request(
            method, f"{self._url}/api/v1/{path}", data=data, headers=headers
        ) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {await answer.text()}")
            return orjson.loads(await answer.read())

    async def begin(self) -> str:
        begun = await self.call("POST", "conversations", {"intake": False})
        return str(begun["id"])

    async def ask(self, conversation: str, message: str) -> Watched:
        """Returns when the request is accepted."""
        path = f"conversations/{conversation}/replies"
        reply = await self.call("POST", path, {"message": message})
        return self._of(reply["id"])

    async def _read(self) -> None:
        async for text in self._socket:
            now = time.time()
            frame = orjson.loads(text)
            match frame["type"]:
                case "reply.delta":
                    self._of(frame["reply"]).take_delta(frame, now)
                case "reply.snapshot":
                    self._of(frame["reply"]).take_snapshot(frame)
                case "reply.updated":
                    self._of(frame["reply"]["id"]).take_update(frame["reply"], now)

    def _of(self, reply: str) -> Watched:
        # A frame may come before the answer to the request that caused it.
        return self._watched.setdefault(reply, Watched(reply))
