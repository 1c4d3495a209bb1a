"""The WebSocket's words: what a client may send, and how a socket ends."""

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

SUBPROTOCOL = "malgil.v1"
TICKET_PREFIX = "ticket."
MAX_FRAME_CHARS = 16_384


class Close(IntEnum):
    RESTART = 1012
    BAD_MESSAGE = 4400
    NOT_AUTHENTICATED = 4401
    TOO_MANY_SOCKETS = 4429


class BadMessage(Exception):
    """The frame is not of this protocol; the socket is closed with 4400."""


@dataclass(frozen=True)
class Ping:
    pass


@dataclass(frozen=True)
class Resync:
    reply: UUID


@dataclass(frozen=True)
class Authenticate:
    access: str


ClientMessage = Ping | Resync | Authenticate


def parse(text: str | None) -> ClientMessage:
    """Raises BadMessage with a sentence for the client. Binary frames arrive as None."""
    if text is None or len(text) > MAX_FRAME_CHARS:
        raise BadMessage("Send JSON text frames of at most 16 KiB.")
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise BadMessage("The frame is not JSON.") from None
    match message:
        case {"type": "ping", **rest} if not rest:
            return Ping()
        case {"type": "resync", "reply": str(reply), **rest} if not rest:
            return Resync(_uuid(reply))
        case {"type": "authenticate", "access": str(access), **rest} if not rest:
            return Authenticate(access)
    raise BadMessage("Send ping, resync with a reply, or authenticate with an access token.")


def ticket_among(subprotocols: list[str]) -> str | None:
    tickets = [name for name in subprotocols if name.startswith(TICKET_PREFIX)]
    return tickets[0].removeprefix(TICKET_PREFIX) if tickets else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadMessage("reply is not a UUID.") from None
