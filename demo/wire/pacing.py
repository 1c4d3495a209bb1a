"""Sends a stream's steps when they are due.

One timer callback per moment at which something is due, and no task is woken: at 15,000 tokens a
second the event loop's bookkeeping would cost more than the tokens.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from demo.generation.plan import StreamPlan

# A client that does not read gets no more than this ahead of it.
MOST_UNSENT_BYTES = 256 * 1024
MOST_STEPS_AT_ONCE = 500
RETRY_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Step i is due at `first_at` + i / `per_second`, in seconds of the monotonic clock."""

    first_at: float
    per_second: float
    """0: all steps are due at `first_at`."""

    def due(self, now: float) -> int | None:
        """How many steps are due; None: all."""
        if now < self.first_at:
            return 0
        return int((now - self.first_at) * self.per_second) + 1 if self.per_second else None

    def due_at(self, step: int) -> float:
        return self.first_at + (step / self.per_second if self.per_second else 0)


class Sending:
    """One stream on its way. `write` gets all steps that are due in one piece."""

    __slots__ = (
        "_done",
        "_head",
        "_loop",
        "_pace",
        "_plan",
        "_timer",
        "_transport",
        "_write",
        "sent",
    )

    def __init__(
        self,
        *,
        plan: StreamPlan,
        pace: Pace,
        transport: asyncio.WriteTransport,
        write: Callable[[bytes], None],
    ) -> None:
        self.sent = 0
        """Steps."""
        self._plan = plan
        self._pace = pace
        self._transport = transport
        self._write = write
        self._head = plan.head
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def fault_shown(self) -> bool:
        at = self._plan.fault_at
        return at is not None and self.sent >= at and not self._head

    async def finish(self) -> None:
        """Returns when all is written. To cancel it stops the stream."""
        self._wait()
        try:
            await self._done
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _wait(self, seconds: float | None = None) -> None:
        if seconds is None:
            # The loop's timers count whole milliseconds and may be early by a part of one.
            seconds = self._pace.due_at(self.sent) - time.monotonic() + 0.0005
        self._timer = self._loop.call_later(max(seconds, 0), self._tick)

    def _tick(self) -> None:
        if self._transport.is_closing():
            return None
        if self._transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            return self._wait(RETRY_SECONDS)
        due = self._pace.due(time.monotonic())
        if due == 0 or due == self.sent < self._plan.count:
            return self._wait()
        left = self._plan.count - self.sent
        self._send(min(left if due is None else due - self.sent, left, MOST_STEPS_AT_ONCE))

    def _send(self, steps: int) -> None:
        data = b"".join(islice(self._plan.steps, steps))
        self.sent += steps
        last = self.sent == self._plan.count
        if self._head or last:
            data = self._head + data + (self._plan.tail if last else b"")
            self._head = b""
        self._write(data)
        if not last:
            self._wait()
        elif not self._done.done():
            self._done.set_result(None)
