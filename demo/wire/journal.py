"""What was asked and what was sent, remembered for tests to look at."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    RUNNING = "running"
    """The answer is on its way, or withheld by a stall or hang."""
    COMPLETED = "completed"
    """A whole answer was sent, be it a refusal."""
    DISCONNECTED = "disconnected"
    """The client left before the end."""
    FAULTED = "faulted"
    """A fault was sent on purpose."""


@dataclass(slots=True, kw_only=True, eq=False)
class Exchange:
    """One request and what became of it."""

    id: str
    path: str
    received_at: float
    """Seconds since the epoch."""
    authorization_present: bool
    body: bytes
    asked: str
    """The last user message."""
    kept: bool
    """False: what is sent is not remembered."""
    status: int | None = None
    """The HTTP status sent; null: none yet."""
    response: bytes | None = None
    """The body sent at once; null: none yet, or a stream."""
    events: list[bytes] | None = None
    """The parts of a stream, each some server-sent events."""
    tokens: int = 0
    """Sent so far, of all choices."""
    fault_shown: bool = False
    """Whether a fault is on the wire; a withheld answer is none."""
    outcome: Outcome = Outcome.RUNNING

    def answer(self, *, status: int, body: bytes | None = None) -> None:
        """Notes what is being sent; without a body, a stream."""
        self.status = status
        if not self.kept:
            return
        self.response = body
        self.events = [] if body is None else None


@dataclass(slots=True, kw_only=True)
class Stats:
    """received = running + completed + disconnected + faulted."""

    received: int = 0
    running: int = 0
    completed: int = 0
    disconnected: int = 0
    faulted: int = 0
    peak_running: int = 0


@dataclass(slots=True)
class Journal:
    capacity: int
    exchanges: deque[Exchange] = field(default_factory=deque)
    stats: Stats = field(default_factory=Stats)
    _count: int = 0

    @contextmanager
    def open(self, *, path: str, authorized: bool, body: bytes, asked: str) -> Iterator[Exchange]:
        """An exchange that ends with the block: cancelled means that the client has left."""
        self._count += 1
        exchange = Exchange(
            id=f"req_{self._count:06}",
            path=path,
            received_at=time.time(),
            authorization_present=authorized,
            body=body,
            asked=asked,
            kept=self.capacity > 0,
        )
        self._begin(exchange)
        outcome = Outcome.COMPLETED
        try:
            yield exchange
        except (asyncio.CancelledError, ConnectionError):
            outcome = Outcome.DISCONNECTED
            raise
        finally:
            self._end(exchange, Outcome.FAULTED if exchange.fault_shown else outcome)

    def resize(self, capacity: int) -> None:
        self.capacity = capacity
        while len(self.exchanges) > capacity:
            self.exchanges.popleft()

    def clear(self) -> None:
        """Forgets all, except that what is running counts as received just now."""
        self.exchanges.clear()
        running = self.stats.running
        self.stats = Stats(received=running, running=running, peak_running=running)

    def _begin(self, exchange: Exchange) -> None:
        self.stats.received += 1
        self.stats.running += 1
        self.stats.peak_running = max(self.stats.peak_running, self.stats.running)
        self.exchanges.append(exchange)
        self.resize(self.capacity)

    def _end(self, exchange: Exchange, outcome: Outcome) -> None:
        exchange.outcome = outcome
        self.stats.running -= 1
        setattr(self.stats, outcome, getattr(self.stats, outcome) + 1)
