"""A name server as an engine brings along: each service's name leads to all its replicas.

Answers questions for IPv4 addresses over UDP (RFC 1035), with nothing for names it does not know.
"""

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

_HEADER = struct.Struct("!6H")
_QUESTION = struct.Struct("!2H")
_RECORD = struct.Struct("!3HIH")
_A, _IN = 1, 1
_ANSWER = 0x8580  # a response, with authority, recursion available, no error
_NAME_OF_QUESTION = 0xC00C


class NameServer:
    """`addresses` may be changed at any time. Use it as a context manager."""

    def __init__(self) -> None:
        self.addresses: dict[str, list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                asked, client = self._socket.recvfrom(512)
                self._socket.sendto(self._answer(asked), client)

    def _answer(self, asked: bytes) -> bytes:
        number, *_ = _HEADER.unpack_from(asked)
        name, end = _name(asked, _HEADER.size)
        kind, _ = _QUESTION.unpack_from(asked, end)
        found = self.addresses.get(name, []) if kind == _A else []
        records = b"".join(
            _RECORD.pack(_NAME_OF_QUESTION, _A, _IN, 0, 4) + socket.inet_aton(address)
            for address in found
        )
        question = asked[_HEADER.size : end + _QUESTION.size]
        return _HEADER.pack(number, _ANSWER, 1, len(found), 0, 0) + question + records


def _name(message: bytes, start: int) -> tuple[str, int]:
    """And where it ends."""
    labels = []
    while length := message[start]:
        labels.append(message[start + 1 : start + 1 + length].decode())
        start += 1 + length
    return ".".join(labels).lower(), start + 1
