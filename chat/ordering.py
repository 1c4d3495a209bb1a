"""What one socket has been sent, and so what it may be sent next.

Pure rules, so that they can be tested alone: on one socket (attempt, seq) never repeats or goes
back, a status never gives way to an older one, and a reply's end comes after its whole text and
before nothing.
"""

from dataclasses import dataclass, field
from enum import Enum

from .events import Event

# How many ended replies are remembered, so that late events of theirs are known as such.
REMEMBERED = 100


class Verdict(Enum):
    SEND = "send"
    DROP = "drop"  # the socket has it already, or something newer
    SNAPSHOT = "snapshot"  # text is missing before this one


@dataclass
class _Sent:
    position: tuple[int, int] = (0, 0)  # (attempt, seq)
    revision: int = 0
    ended: bool = False
    lacking: bool = False  # text is missing, and no snapshot has brought it yet


@dataclass
class Order:
    _sent: dict[str, _Sent] = field(default_factory=dict)

    def in_flight(self) -> dict[str, int]:
        """The revision that was last told, by reply that has not ended."""
        return {reply: sent.revision for reply, sent in self._sent.items() if not sent.ended}

    def lacking(self) -> set[str]:
        return {reply for reply, sent in self._sent.items() if sent.lacking and not sent.ended}

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
        sent.position = position
        return Verdict.SEND

    def snapshot(self, reply: str, position: tuple[int, int], *, asked: bool = False) -> bool:
        """Whether it may be sent; one that the client asked for may repeat the position."""
        sent = self._of(reply)
        if sent.ended or position < sent.position or (position == sent.position and not asked):
            return False
        sent.position, sent.lacking = position, False
        return True

    def update(self, event: Event) -> Verdict:
        """SNAPSHOT asks for the final text, at the position of `final`, before the update."""
        sent = self._of(event.reply)
        if sent.ended or event.revision <= sent.revision:
            return Verdict.DROP
        sent.revision = event.revision
        if not event.terminal:
            return Verdict.SEND
        sent.ended = True
        self._forget_oldest()
        nothing_shown = sent.position[1] == 0 and event.seq == 0
        whole = sent.position == (event.attempt, event.seq)
        return Verdict.SEND if whole or nothing_shown else Verdict.SNAPSHOT

    def final(self, event: Event) -> tuple[int, int]:
        """Where the final text stands: never behind what was sent."""
        return max((event.attempt, event.seq), self._of(event.reply).position)

    def forget(self, reply: str) -> None:
        self._sent.pop(reply, None)

    def _of(self, reply: str) -> _Sent:
        return self._sent.setdefault(reply, _Sent())

    def _forget_oldest(self) -> None:
        ended = [reply for reply, sent in self._sent.items() if sent.ended]
        for reply in ended[:-REMEMBERED]:
            del self._sent[reply]
