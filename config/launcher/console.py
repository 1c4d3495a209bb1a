"""What `make run` says: a line for each slow step, with its duration, and what needs attention."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Console:
    def __init__(self) -> None:
        self._open_step: str | None = None

    def say(self, line: str) -> None:
        """A line of its own, also in the middle of a step."""
        if self._open_step is None:
            _write(f"{line}\n")
        else:
            _write(f"\n{line}\n{self._open_step} …")

    @contextmanager
    def step(self, text: str, *, silent_seconds: float = 0.0) -> Iterator[Callable[[], None]]:
        """`Starting PostgreSQL … 0.8 s`; without the duration when the step fails.

        A step shorter than `silent_seconds` is not shown; the function that the caller is given is
        to be called now and then to see whether it is time.
        """
        began_at = time.monotonic()

        def show_when_due() -> None:
            if self._open_step is None and time.monotonic() - began_at >= silent_seconds:
                self._open_step = text
                _write(f"{text} …")

        show_when_due()
        duration = ""
        try:
            yield show_when_due
            duration = f" {time.monotonic() - began_at:.1f} s"
        finally:
            if self._open_step is not None:
                _write(f"{duration}\n")
            self._open_step = None


def _write(text: str) -> None:
    # The terminal may be gone; the children must be stopped in order all the same.
    with suppress(OSError):
        print(text, end="", flush=True)
