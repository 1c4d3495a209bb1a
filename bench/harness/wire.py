"""The bench's own client: HTTP and WebSocket as raw bytes, so that it costs the machine little.

It reads what it measures and no more: of a frame its type and the text, of an answer its status.
Tokens are stamps: the moment at which the model sent them, in microseconds since the epoch.
"""

import asyncio
import base64
import os
import re
import time
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STAMP = re.compile(rb"\d{16}")
# Ids are made of digits, too.
_CONTENT = re.compile(rb'"content":" ?(\d{16})')
_PING, _CLOSE = 0x9, 0x8


def stamps(data: bytes) -> list[int]:
    return [int(stamp) for stamp in _STAMP.findall(data)]


class Refused(Exception):
    def __init__(self, status: int, head: bytes, body: bytes) -> None:
        super().__init__(f"{status}: {body[:300].decode(errors='replace')}")
        self.status = status
        self.head = head
        self.body = body


class Http(asyncio.Protocol):
    """One connection, for one request at a time; opened anew when the server has closed it."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._received = bytearray()
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    async def call(
        self, method: str, path: str, body: bytes = b"", *, token: str = "", headers: str = ""
    ) -> bytes:
        """The body of the answer. Raises Refused for one that is not 2xx."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            host, port = self._address.hostname or "", self._address.port or 80
            await loop.create_connection(lambda: self, host, port)
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n{authorization}{headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._answer = loop.create_future()
        assert self._transport is not None
        self._transport.write(head.encode() + body)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._received.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        found = _LENGTH.search(head)
        until = end + 4 + (int(found[1]) if found else 0)
        if len(self._received) < until:
            return
        body = bytes(self._received[end + 4 : until])
        del self._received[:until]
        status = int(head[9:12])
        if self._answer is not None and not self._answer.done():
            if status < 300:
                self._answer.set_result(body)
            else:
                self._answer.set_exception(Refused(status, head, body))


class Completion(asyncio.Protocol):
    """One streamed answer straight from the model, on a connection of its own."""

    def __init__(self) -> None:
        self.tokens: list[tuple[float, int]] = []  # (when it came, when it was sent), microseconds
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""

    def ask(self, transport: asyncio.Transport, body: bytes) -> None:
        self._transport = transport
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: model\r\nAuthorization: Bearer bench\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        now = time.time() * 1e6
        whole, _, self._rest = (self._rest + data).rpartition(b"\n\n")
        self.tokens += [(now, int(stamp)) for stamp in _CONTENT.findall(whole)]
        if b"[DONE]" in whole and not self.ended.done():
            self.ended.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(ConnectionError("The model closed the connection."))


Heard = Callable[[bytes, float], None]


class Socket(asyncio.Protocol):
    """A member's WebSocket. `heard` gets each text frame and when it came, in microseconds."""

    def __init__(self, heard: Heard) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard = heard
        self._received = bytearray()

    @classmethod
    async def open(cls, url: str, ticket: str, heard: Heard) -> "Socket":
        """Returns when the server has said `ready`."""
        address = urlsplit(url)
        loop = asyncio.get_running_loop()
        host, port = address.hostname or "", address.port or 80
        _, socket = await loop.create_connection(lambda: cls(heard), host, port)
        key = base64.b64encode(os.urandom(16)).decode()
        socket._transport.write(
            f"GET /ws/v1 HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: malgil.v1, ticket.{ticket}\r\n\r\n".encode()
        )
        await asyncio.wait_for(socket.ready, 60)
        return socket

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("The server did not take the socket."))

    def data_received(self, data: bytes) -> None:
        now = time.time() * 1e6
        self._received += data
        if not self.opened.done():
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._received.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(ConnectionError(bytes(self._received[:end]).decode()))
                return
            del self._received[: end + 4]
            self.opened.set_result(None)
        self._read_frames(now)

    def _read_frames(self, now: float) -> None:
        received, at = self._received, 0
        while len(received) - at >= 2:
            code, length, start = received[at] & 0xF, received[at + 1] & 0x7F, at + 2
            if length == 126:
                length, start = int.from_bytes(received[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, start = int.from_bytes(received[at + 2 : at + 10]), at + 10
            if len(received) < start + length:
                break
            at = start + length
            self._take(code, bytes(received[start:at]), now)
        del received[:at]

    def _take(self, code: int, frame: bytes, now: float) -> None:
        if code == _PING:
            self._transport.write(bytes([0x8A, 0x80 | len(frame), 0, 0, 0, 0]) + frame)
        elif code == _CLOSE:
            self._transport.close()
        elif not self.ready.done() and frame.startswith(b'{"type":"ready"'):
            self.ready.set_result(None)
        else:
            self._heard(frame, now)


async def direct(host: str, port: int, body: bytes) -> tuple[float, Completion]:
    """Asks the model past Malgil: when, in microseconds, and what came."""
    loop = asyncio.get_running_loop()
    transport, completion = await loop.create_connection(Completion, host, port)
    began = time.time() * 1e6
    completion.ask(transport, body)
    await completion.ended
    return began, completion
