"""How the release before messages had a version packs and reads them, for rolling restarts."""

from dataclasses import dataclass

import msgpack


@dataclass(frozen=True, kw_only=True)
class FormerEvent:
    member: str
    kind: str
    frame: str
    reply: str = ""
    attempt: int = 0
    seq: int = 0
    revision: int = 0
    terminal: bool = False


def former(event) -> FormerEvent:
    return FormerEvent(**event._asdict())


def former_pack(events) -> bytes:
    listed = [vars(former(event)) for event in events]
    return msgpack.packb({"type": "member.events", "events": listed})


def former_read(data: bytes) -> list[FormerEvent]:
    read = []
    for fields in msgpack.unpackb(data)["events"]:
        event = object.__new__(FormerEvent)
        event.__dict__.update(fields)
        read.append(event)
    return read
