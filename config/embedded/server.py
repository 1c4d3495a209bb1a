"""One embedded server as a child of this process: start, stop, kill, start again."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Self

from .errors import EmbeddedError

_START_SECONDS = 30.0
_POLL_SECONDS = 0.02


class EmbeddedServer(ABC):
    """Used by the launcher for `prepare`, `command`, `is_ready`, and by tests as a context manager.

    `durable=False` leaves out what only matters after a power failure, which makes tests faster.
    Start it from the main thread: the server ends with the thread that started it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    # Sent in this order, each with the seconds to wait for the end; SIGKILL comes after the last.
    stop_signals: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.resolve()
        self.durable = durable
        self.folder = self.data_dir / self.name
        self.log = self.data_dir / "logs" / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What clients connect to."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes the folders, and the data where there is none. Safe to repeat.

        Raises EmbeddedError. Call it before every start: it also clears what a killed server left.
        """

    @abstractmethod
    def command(self) -> list[str]:
        """The command line of the server in the foreground, tied to the life of this process."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it serves clients now. Answers within two seconds."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process, None while it is stopped."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    def start(self) -> None:
        """Returns once clients are served. Raises EmbeddedError with the end of the log."""
        if self.pid is not None:
            return
        self.prepare()
        self._spawn()
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if time.monotonic() > deadline or self.pid is None:
                self.kill()
                raise EmbeddedError(
                    f"{self.name} did not start. The end of {self.log}:\n{self._tail()}"
                )
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Ends it in order, everything written; killed if that takes too long."""
        for number, seconds in self.stop_signals:
            if self._process is None:
                return
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=seconds)
                self._process = None
        self.kill()

    def kill(self) -> None:
        """As a power failure would: SIGKILL, nothing written any more."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A server that runs as another user may not enter our working directory.
                cwd="/",
                start_new_session=True,
            )

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
