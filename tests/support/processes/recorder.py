"""A member's socket that believes nothing it is told.

Every frame is checked against docs/protocol.md as it comes: what breaks a promise is kept in
`complaints`, which a test expects to be empty. What the protocol allows is answered as clients are
told to: a closed socket with a new ticket and a new socket, a gap with `resync`.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

import httpx2
import websockets

from .patience import Unavailable, reconnect_pause

if TYPE_CHECKING:
    from .person import Person

TERMINAL = {"completed", "failed", "cancelled"}
BAD_MESSAGE, TOO_MANY_SOCKETS = 4400, 4429


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
        # How often text was missing in the deltas, and `resync` was sent for it.
        self.missed = 0
        self._failures = 0  # sockets in a row that did not become ready
        self._lost_at = 0.0
        self._told: dict[str, tuple[int, int]] = {}  # the position of the last text, by reply
        self._incomplete: set[str] = set()  # their deltas do not count before the next snapshot
        self._to_resync: list[str] = []
        # By a frame: who asks for the reply may know of its end before.
        self._told_ended: set[str] = set()
        self._again = asyncio.Event()  # this connection is ready
        self._news = asyncio.Condition()
        self._error: BaseException | None = None
        self.socket: Any = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._run())
        await self.until(lambda s: s._again.is_set(), what="ready")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._reconnect = False
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if self._error and exc_info[0] is None:
            raise self._error

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def resync(self, reply: str) -> None:
        """Asks for a reply whose frames may have come and gone before this client knew of it."""
        if self._again.is_set():  # else it is asked for when the next socket is ready
            with contextlib.suppress(websockets.ConnectionClosed):
                await self.send(type="resync", reply=reply)

    async def until(self, condition: Any, *, seconds: float = 30, what: str = "a frame") -> None:
        """Waits until `condition(self)` holds; looked at after each frame."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self._error or condition(self))
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what}") from None
        if self._error:
            raise self._error

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
        try:
            await self._keep_open()
        except Exception as error:
            async with self._news:
                self._error = error
                self._news.notify_all()

    async def _keep_open(self) -> None:
        """Through as many sockets as it takes; fails where a client is told to give up."""
        while True:
            self._failures += 1
            try:
                await self._listen()
            except websockets.InvalidStatus as error:
                if error.response.status_code < 500:
                    raise
            except (OSError, httpx2.TransportError, websockets.WebSocketException, Unavailable):
                pass
            if not self._reconnect:
                return
            assert self.close_code != BAD_MESSAGE, "the server did not understand a frame"
            limited = self.close_code == TOO_MANY_SOCKETS
            await asyncio.sleep(60 if limited else reconnect_pause(self._failures))

    async def _listen(self) -> None:
        self.close_code = None
        ticket = await self._person.ticket()
        protocols = ["malgil.v1", f"ticket.{ticket}"]
        url = self._person.base_url.replace("http", "ws") + "/ws/v1"
        trust = self._person.context()
        async with websockets.connect(
            url, subprotocols=protocols, max_size=None, ssl=trust
        ) as self.socket:
            assert self.socket.subprotocol == "malgil.v1"
            self.connections += 1
            self._told.clear()
            try:
                async for text in self.socket:
                    await self._take(json.loads(text))
            except websockets.ConnectionClosed:
                pass
            finally:
                self._again.clear()
                self.close_code = self.socket.close_code
                self._lost_at = time.monotonic()

    async def _take(self, frame: dict[str, Any]) -> None:
        async with self._news:
            self.frames.append(frame)
            handler = getattr(self, "_on_" + frame["type"].replace(".", "_"), None)
            if handler:
                handler(frame)
            self._news.notify_all()
        while self._to_resync:
            await self.send(type="resync", reply=self._to_resync.pop())

    def _on_ready(self, frame: dict[str, Any]) -> None:
        if not self._again.is_set() and self.connections > 1:
            self.gaps.append(time.monotonic() - self._lost_at)
            # What ended while there was no socket does not come by itself.
            self._to_resync = list((self._person.following - set(self.ended)) | self._incomplete)
        self._failures = 0
        self._again.set()

    def _on_error(self, frame: dict[str, Any]) -> None:
        self.complaints.append(f"{frame['code']}: {frame['detail']}")

    def _on_reply_delta(self, frame: dict[str, Any]) -> None:
        reply, position = frame["reply"], (frame["attempt"], frame["seq"])
        told = self._told.get(reply, (0, 0))
        if reply in self._told_ended:
            self.complaints.append(f"a delta after the end: {frame}")
        if position <= told:
            self.complaints.append(f"{position} came after {told} in {reply}")
        self._told[reply] = position
        if position != _following(told, position) and reply not in self._incomplete:
            self.missed += 1
            self._incomplete.add(reply)
            self._to_resync.append(reply)
        if reply in self._incomplete:
            return
        if position[1] == 1:
            self.texts[reply] = {}
        self.attempts[reply] = position[0]
        texts = self.texts[reply]
        texts[frame["choice"]] = texts.get(frame["choice"], "") + frame["text"]

    def _on_reply_snapshot(self, frame: dict[str, Any]) -> None:
        reply, position = frame["reply"], (frame["attempt"], frame["seq"])
        if position < self._told.get(reply, (0, 0)):
            self.complaints.append(f"a snapshot went back to {position} in {reply}")
        self.attempts[reply] = position[0]
        self._told[reply] = position
        self._incomplete.discard(reply)
        self.texts[reply] = {c["index"]: c["content"] for c in frame["choices"]}

    def _on_reply_updated(self, frame: dict[str, Any]) -> None:
        reply = frame["reply"]
        if reply["id"] in self.ended and self.ended[reply["id"]] != reply:
            self.complaints.append(f"two ends of {reply['id']}")
        if reply["status"] == "in_progress" and reply["attempt"] > 1:
            self.restarts[reply["id"]].append(time.monotonic())
        if reply["status"] in TERMINAL and reply["id"] not in self._incomplete:
            self._told_ended.add(reply["id"])
            self.ended[reply["id"]] = reply
            self._compare(reply)

    def _compare(self, reply: dict[str, Any]) -> None:
        stored = {c["index"]: c["content"] for c in reply["choices"] if c["content"]}
        seen = {index: text for index, text in self.texts[reply["id"]].items() if text}
        if seen != stored:
            self.complaints.append(f"{reply['id']} ({reply['status']}): {seen} is not {stored}")


def _following(told: tuple[int, int], position: tuple[int, int]) -> tuple[int, int]:
    """Where the next text of a reply belongs: after the last one, or first in a new attempt."""
    return (position[0], told[1] + 1 if position[0] == told[0] else 1)


def _reply_id(frame: dict[str, Any]) -> str:
    reply = frame.get("reply")
    return reply["id"] if isinstance(reply, dict) else str(reply)
