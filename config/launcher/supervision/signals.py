"""Requests to stop, and sleeping in a way that a signal or the end of a child interrupts."""

import select
import signal
import socket
import time
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A signal to the whole process group reaches us twice, because make passes SIGTERM on.
_SAME_REQUEST_SECONDS = 0.3


class Signals:
    """Install it once, in the main thread."""

    def __init__(self) -> None:
        self.requests = 0
        self._requested_at = float("-inf")
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    def install(self) -> None:
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in _STOPPING:
            # `nohup make run` goes on when the terminal closes.
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            signal.signal(number, self._handle)

    def sleep(self, seconds: float) -> None:
        """Returns earlier when a signal came or a child ended."""
        readable, _, _ = select.select([self._woken], [], [], seconds)
        if readable:
            self._woken.recv(4096)

    def note_request(self, *, now: float) -> None:
        """`now` in seconds of any clock that does not jump."""
        if now - self._requested_at > _SAME_REQUEST_SECONDS:
            self.requests += 1
            self._requested_at = now

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.note_request(now=time.monotonic())
