"""A member with one socket who is strict about what comes on it."""

from typing import Any

import orjson

from .member import Watched
from .stack import BenchMember, Stack
from .wire import Heard, Http, Socket


async def open_socket(stack: Stack, http: Http, member: BenchMember, heard: Heard) -> Socket:
    given = await http.call("POST", "/api/v1/auth/ws-ticket", token=member.access)
    return await Socket.open(stack.ws, orjson.loads(given)["ticket"], heard)


class Watcher:
    def __init__(self, stack: Stack, member: BenchMember) -> None:
        self.member = member
        self._stack = stack
        self._http = Http(stack.api)
        self._watched: dict[str, Watched] = {}

    async def arrive(self) -> None:
        self._socket = await open_socket(self._stack, self._http, self.member, self._hear)

    def leave(self) -> None:
        self._socket.close()
        self._http.close()

    async def ask(self, conversation: str, message: str = "What time is it?") -> Watched:
        """Returns when the request is accepted. Raises Refused."""
        path = f"/api/v1/conversations/{conversation}/replies"
        body = orjson.dumps({"message": message})
        accepted = await self._http.call("POST", path, body, token=self.member.access)
        return self._of(orjson.loads(accepted)["id"])

    async def stored(self, watched: Watched) -> dict[str, Any]:
        """The reply as it can be read."""
        path = f"/api/v1/replies/{watched.reply}"
        read: dict[str, Any] = orjson.loads(
            await self._http.call("GET", path, token=self.member.access)
        )
        return read

    def _hear(self, data: bytes, now: float) -> None:
        frame = orjson.loads(data)
        match frame["type"]:
            case "reply.delta":
                self._of(frame["reply"]).take_delta(frame, now / 1e6)
            case "reply.snapshot":
                self._of(frame["reply"]).take_snapshot(frame)
            case "reply.updated":
                self._of(frame["reply"]["id"]).take_update(frame["reply"], now / 1e6)

    def _of(self, reply: str) -> Watched:
        # A frame may come before the answer to the request that caused it.
        return self._watched.setdefault(reply, Watched(reply))
