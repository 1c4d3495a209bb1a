"""What one socket has been sent, and so what it may be sent next.

Pure rules, so that they can be tested alone: on one socket (attempt, seq) never repeats or goes
back, a status never gives way to an older one, and a reply's end comes after its whole text and
before nothing.
"""

from dataclasses import dataclass, field
from enum import Enum

from chat.events.event import Event

# How many ended replies are remembered, so that late events of theirs are known as such.
REMEMBERED = 100


class Verdict(Enum):
    SEND = "send"
    DROP = "drop"  # the socket has it already, or something newer
    SNAPSHOT = "snapshot"  # text is missing before this one


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far a listener has come with one reply."""

    revision: int
    attempt: int
    seq: int


@dataclass(slots=True)
class _Sent:
    position: tuple[int, int] = (0, 0)  # (attempt, seq)
    revision: int = 0
    ended: bool = False
    lacking: bool = False  # text is missing, and no snapshot has brought it yet
    asked: bool = False  # the client wants a snapshot, and there was none yet


@dataclass
class Order:
    _sent: dict[str, _Sent] = field(default_factory=dict)

    def in_flight(self) -> set[str]:
        """The replies that have not ended, as far as the socket knows."""
        return {reply for reply, sent in self._sent.items() if not sent.ended}

    def wants(self, reply: str, revision: int) -> bool:
        """Whether a reply that has come so far may be news."""
        sent = self._sent.get(reply)
        if sent is None:
            return True
        return not sent.ended and (revision > sent.revision or sent.lacking or sent.asked)

    def delta(self, event: Event) -> Verdict:
        sent = self._of(event.reply)
        position = (event.attempt, event.seq)
        if sent.ended or position <= sent.position:
            return Verdict.DROP
        attempt, seq = sent.position
        expected = seq + 1 if event.attempt == attempt else 1
        if event.seq != expected:
            sent.lacking = True
            return Verdict.SNAPSHOT
        sent.position, sent.lacking = position, False
        return Verdict.SEND

    def snapshot(
        self, reply: str, position: tuple[int, int], *, whole: bool = True, asked: bool = False
    ) -> bool:
        """Whether it may be sent; one that the client asked for may repeat the position.

        `whole` says that all of the text up to the position is in it; an empty one that stands in
        for text which cannot be had leaves the reply lacking.
        """
        sent = self._of(reply)
        if sent.ended:
            return False
        sent.asked, asked = False, asked or sent.asked
        if position < sent.position or (position == sent.position and not asked):
            sent.lacking = sent.lacking and not whole
            sent.asked = asked and not whole
            return False
        sent.position, sent.lacking = position, not whole
        return True

    def update(self, event: Event) -> Verdict:
        """SNAPSHOT asks for the final text, at the position of `final`, before the update.

        Only judges: what was sent is noted by `updated`.
        """
        sent = self._of(event.reply)
        if sent.ended or event.revision <= sent.revision:
            return Verdict.DROP
        nothing_shown = sent.position[1] == 0 and event.seq == 0
        whole = sent.position == (event.attempt, event.seq)
        if not event.terminal or whole or nothing_shown:
            return Verdict.SEND
        return Verdict.SNAPSHOT

    def updated(self, event: Event) -> None:
        sent = self._of(event.reply)
        sent.revision = max(sent.revision, event.revision)
        if event.terminal and not sent.ended:
            sent.ended = True
            self._forget_oldest()

    def final(self, event: Event) -> tuple[int, int]:
        """Where the final text stands: never behind what was sent."""
        return max((event.attempt, event.seq), self._of(event.reply).position)

    def position(self, reply: str) -> StreamPosition:
        sent = self._of(reply)
        attempt, seq = sent.position
        return StreamPosition(sent.revision, attempt, seq)

    def resume(self, reply: str, position: StreamPosition) -> None:
        """A listener that has come so far before."""
        sent = self._of(reply)
        sent.revision = position.revision
        sent.position = (position.attempt, position.seq)

    def forget(self, reply: str) -> None:
        self._sent.pop(reply, None)

    def _of(self, reply: str) -> _Sent:
        sent = self._sent.get(reply)
        if sent is None:
            sent = self._sent[reply] = _Sent()
        return sent

    def _forget_oldest(self) -> None:
        ended = [reply for reply, sent in self._sent.items() if sent.ended]
        for reply in ended[:-REMEMBERED]:
            del self._sent[reply]
