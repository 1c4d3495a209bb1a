"""Writing a frame to a WebSocket's transport, past ASGI.

A server that offers the extension (config/http/direct_frames) takes a frame's bytes as they are, so
that they are made once for all sockets of a member, and tells whether it would hold them back.
"""

from typing import Protocol

EXTENSION = "malgil.direct"
_TEXT = 0x81  # the only and last frame of a text message


class Direct(Protocol):
    def is_free(self) -> bool:
        """Whether what is written now goes out without waiting for the client."""

    def write(self, frame: bytes) -> None: ...


def encode(text: str) -> bytes:
    """A server's frame: RFC 6455, 5.2."""
    data = text.encode()
    length = len(data)
    if length < 126:
        return bytes((_TEXT, length)) + data
    if length < 2**16:
        return bytes((_TEXT, 126)) + length.to_bytes(2) + data
    return bytes((_TEXT, 127)) + length.to_bytes(8) + data
