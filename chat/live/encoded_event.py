"""An event as the listeners of a process share it: read once, and framed for sockets once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypedDict

from chat.events.event import Event

from . import websocket_frames


@dataclass(slots=True)
class Frame:
    """`text` is the JSON object, its `type` the `kind`."""

    kind: str
    text: str
    terminal: bool = False
    _encoded: bytes = b""

    def encoded(self) -> bytes:
        """As a WebSocket's frame, made once for all sockets of a member."""
        if not self._encoded:
            self._encoded = websocket_frames.encode(self.text)
        return self._encoded


class EncodedEvent(NamedTuple):
    event: Event
    frame: Frame

    @classmethod
    def of(cls, event: Event) -> "EncodedEvent":
        return cls(event, Frame(event.kind, event.frame, event.terminal))


class ReceivedEvents(TypedDict):
    """`messages.MemberEvents`, as the channel layer gives it to a member's listeners."""

    type: Literal["member.events"]
    events: Sequence[EncodedEvent]


def received(events: Sequence[EncodedEvent]) -> ReceivedEvents:
    return {"type": "member.events", "events": events}
