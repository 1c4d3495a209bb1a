"""A server that speaks as Malgil does, and misbehaves as it is told: for tests of the checker."""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

API = "/api/v1"
TEXT = "An answer."


class FakeServer:
    """`trouble` holds for each step what its coming requests meet: "drop" (the connection breaks
    before anything is done), "lost" (it breaks afterwards), or the status of an answer."""

    def __init__(self) -> None:
        self.trouble: dict[str, list[str]] = defaultdict(list)
        self.retry_after = "0"
        self.asked: list[tuple[str, float]] = []  # step, time.monotonic()
        self.replies: dict[str, dict[str, Any]] = {}
        self.answers_at_once = True
        self.url = ""
        self._by_key: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._sockets: set[web.WebSocketResponse] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeServer"]:
        runner = web.AppRunner(self._app(), shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await self.close_sockets(1012)
            await runner.cleanup()

    async def say(self, **frame: Any) -> None:
        for socket in list(self._sockets):
            await socket.send_str(json.dumps(frame))

    async def delta(self, reply: str, seq: int, text: str) -> None:
        await self.say(type="reply.delta", reply=reply, attempt=1, seq=seq, choice=0, text=text)

    async def end(self, reply: str, text: str = TEXT) -> None:
        """Stores the answer, and tells the sockets."""
        self.replies[reply] |= {
            "status": "completed",
            "attempt": 1,
            "choices": [{"index": 0, "content": text}],
        }
        await self.say(type="reply.updated", reply=self.replies[reply])

    async def close_sockets(self, code: int) -> None:
        for socket in list(self._sockets):
            await socket.close(code=code)

    def times(self, step: str) -> list[float]:
        return [when for name, when in self.asked if name == step]

    def _app(self) -> web.Application:
        app = web.Application()
        for step, method, path, handler in (
            ("sign up", "POST", f"{API}/auth/signup", self._sign_up),
            ("ticket", "POST", f"{API}/auth/ws-ticket", self._ticket),
            ("begin", "POST", f"{API}/conversations", self._begin),
            ("ask", "POST", f"{API}/conversations/{{id}}/replies", self._ask),
            ("cancel", "POST", f"{API}/replies/{{id}}/cancel", self._read),
            ("read", "GET", f"{API}/replies/{{id}}", self._read),
            ("socket", "GET", "/ws/v1", self._socket),
        ):
            app.router.add_route(method, path, self._troubled(step, handler))
        return app

    def _troubled(self, step: str, handler: Any) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.asked.append((step, time.monotonic()))
            trouble = self.trouble[step].pop(0) if self.trouble[step] else None
            if trouble in (None, "lost"):
                answer: web.StreamResponse = await handler(request)
            else:
                status = int(trouble) if trouble.isdigit() else 200
                answer = web.Response(status=status, headers={"Retry-After": self.retry_after})
            if trouble in ("drop", "lost"):
                assert request.transport is not None
                request.transport.abort()
            return answer

        return handle

    async def _sign_up(self, request: web.Request) -> web.Response:
        return web.json_response({"access": "token", "member": {"id": "member"}}, status=201)

    async def _ticket(self, request: web.Request) -> web.Response:
        return web.json_response({"ticket": "ticket"}, status=201)

    async def _begin(self, request: web.Request) -> web.Response:
        return web.json_response({"id": f"conversation{next(self._numbers)}"}, status=201)

    async def _ask(self, request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        if key not in self._by_key:
            await self._accept(key)
        return web.json_response(self.replies[self._by_key[key]], status=202)

    async def _accept(self, key: str) -> None:
        reply = self._by_key[key] = f"reply{next(self._numbers)}"
        self.replies[reply] = {"id": reply, "status": "queued", "attempt": 0, "choices": []}
        if self.answers_at_once:
            await self.delta(reply, 1, TEXT)
            await self.end(reply)

    async def _read(self, request: web.Request) -> web.Response:
        if (reply := self.replies.get(request.match_info["id"])) is None:
            return web.json_response({"code": "not_found"}, status=404)
        return web.json_response(reply)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["malgil.v1"])
        await socket.prepare(request)
        await socket.send_json({"type": "ready"})
        self._sockets.add(socket)
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._resync(socket, message.json()["reply"])
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._sockets.discard(socket)
        return socket

    async def _resync(self, socket: web.WebSocketResponse, reply_id: str) -> None:
        if (reply := self.replies.get(reply_id)) is None:
            await socket.send_json(
                {"type": "error", "code": "not_found", "detail": "There is no such reply."}
            )
        elif reply["status"] == "completed":
            position = {"reply": reply_id, "attempt": 1, "seq": 99}
            choices = reply["choices"]
            await socket.send_json({"type": "reply.snapshot", "choices": choices} | position)
            await socket.send_json({"type": "reply.updated", "reply": reply})
