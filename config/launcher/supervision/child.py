"""One service's process: started, looked after, ended."""

import os
import signal
import subprocess
import time
from contextlib import suppress

from .restarts import Restarts
from .service import Service

_LOG_LINES = 15
_LOG_TAIL_BYTES = 16_384


class Child:
    """Start it from the main thread only, see `tether.argv`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.restarts = Restarts()
        self.start_at: float | None = None
        # In a row, up to now: it ended before it was up, or the process could not be made.
        self.failed_starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at: float | None = None
        # Whether it was seen to do its work since its last start.
        self._was_up = False
        self._log_begins_at: int | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Raises what the service's `prepare` raises, and OSError."""
        self.start_at = None
        self._started_at = None
        self._was_up = False
        self.service.prepare()
        self.service.log.parent.mkdir(parents=True, exist_ok=True)
        with self.service.log.open("ab") as log:
            if self._log_begins_at is None:
                self._log_begins_at = log.tell()
            self._process = subprocess.Popen(
                self.service.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.service.cwd,
                env=self.service.environment,
                pass_fds=self.service.pass_fds,
                # Ctrl-C in the terminal is for the launcher alone.
                start_new_session=True,
            )
        self._started_at = time.monotonic()

    def reap(self) -> int | None:
        """The exit status if it has ended since the last look; negative for a signal."""
        status = self._process.poll() if self._process else None
        if status is not None:
            self._process = None
        return status

    @property
    def is_due(self) -> bool:
        """Whether it ended, and the pause before its next start is over."""
        return self.start_at is not None and self.start_at <= time.monotonic()

    @property
    def is_up(self) -> bool:
        """Whether `look_whether_up` saw it do its work, and its process has not ended since."""
        return self._was_up and self._process is not None and self._process.poll() is None

    def look_whether_up(self) -> None:
        if not self._was_up and self._process is not None and self.service.is_up():
            self._was_up = True
            self.failed_starts = 0

    def plan_restart(self) -> float:
        """Sets when it is due again, and returns in how many seconds that is.

        To be called once for each end, and for each start that `start` could not make.
        """
        if not self._was_up:
            self.failed_starts += 1
        now = time.monotonic()
        ran = 0.0 if self._started_at is None else now - self._started_at
        delay = self.restarts.delay_seconds(ran_seconds=ran)
        self.start_at = now + delay
        return delay

    def send(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def kill(self) -> None:
        """With everything in its session's process group. Returns when it is gone."""
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
            self._process = None

    def failure(self, what: str) -> str:
        """A sentence for a person, with the last lines that this run has logged."""
        return f"{self.service.name} {what}. The end of {self.service.log}:\n{self._log_tail()}"

    def _log_tail(self) -> str:
        if not self.service.log.exists():
            return ""
        with self.service.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_begins_at or 0, end - _LOG_TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-_LOG_LINES:])
