"""The messages that processes send each other through the channel layer.

A message is a dict, as Channels wants it: `type` says which one it is and `version` how the rest is
written. The layer packs `to_wire(message)` with msgpack, and gives what it unpacks to `from_wire`,
which checks it: what it returns has all required fields, each of its type. Anything else raises
Unreadable, and the listeners look into the tables instead.

The release before this one sent `member.events` with the same fields and no `version`, and reads no
more of a message than its `events`. So during a rolling restart each understands the other. Fields
may be added within a version, since unknown ones are ignored; whatever else changes needs the next
number, and leads older processes to the tables.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Literal, TypedDict, get_type_hints
from uuid import UUID

from .event import Event

VERSION = 1
_TYPES = tuple(get_type_hints(Event).values())
_values_of = itemgetter(*Event._fields)


class Unreadable(ValueError):
    """A message that this release does not know."""


class MemberEvents(TypedDict):
    """Events of one member, in their order. To the member's group."""

    type: Literal["member.events"]
    version: int
    events: list[Event]


class CancelReplies(TypedDict):
    """Whoever runs one of the replies stops it. To CANCEL_GROUP."""

    type: Literal["replies.cancel"]
    version: int
    replies: list[UUID]


Message = MemberEvents | CancelReplies

# Every worker listens to it.
CANCEL_GROUP = "replies.cancel"


def member_group(member_id: UUID | str) -> str:
    """The group that all listeners of a member join."""
    return f"member.{member_id}"


def member_events(events: Iterable[Event]) -> MemberEvents:
    return {"type": "member.events", "version": VERSION, "events": list(events)}


def cancel_replies(reply_ids: Iterable[UUID]) -> CancelReplies:
    return {"type": "replies.cancel", "version": VERSION, "replies": list(reply_ids)}


def to_wire(message: Message) -> dict[str, Any]:
    """What msgpack can pack."""
    if message["type"] == "member.events":
        return {**message, "events": [one._asdict() for one in message["events"]]}
    return {**message, "replies": [str(reply_id) for reply_id in message["replies"]]}


def from_wire(wire: Any) -> Message:
    """Raises Unreadable."""
    try:
        if wire.get("version", VERSION) != VERSION:
            raise Unreadable("another version")
        return _READERS[wire["type"]](wire)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _read_events(wire: dict[str, Any]) -> MemberEvents:
    events = [_read_event(fields) for fields in wire["events"]]
    return {"type": "member.events", "version": VERSION, "events": events}


def _read_event(fields: dict[str, Any]) -> Event:
    values = _values_of(fields)
    if tuple(map(type, values)) != _TYPES:
        raise Unreadable("a field of another type")
    return Event._make(values)


def _read_cancel(wire: dict[str, Any]) -> CancelReplies:
    try:
        return cancel_replies(UUID(reply_id) for reply_id in wire["replies"])
    except ValueError as error:
        raise Unreadable("not a UUID") from error


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "member.events": _read_events,
    "replies.cancel": _read_cancel,
}
