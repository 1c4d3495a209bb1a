"""What an earlier PostgreSQL may have left: a process, or the files that say one is running."""

import os
import signal
import subprocess
import time
from pathlib import Path

from .errors import EmbeddedError
from .tether import is_alive

_POLITE_SECONDS = 10.0
_FIRM_SECONDS = 6.0


def clear(*, folder: Path, socket_dir: Path) -> None:
    """Ends a PostgreSQL that still runs on `folder`, and removes pid files that name a stranger.

    PostgreSQL clears up by itself unless the number in them has been given to a new process, as
    happens after a restart of the machine. Raises EmbeddedError if an old server does not end.
    """
    for file in (folder / "postmaster.pid", *socket_dir.glob(".s.PGSQL.*.lock")):
        pid = _pid_in(file)
        if pid is None or not is_alive(pid):
            continue
        if _is_postgres(pid, folder):
            _end(pid, folder)
        else:
            file.unlink(missing_ok=True)


def _pid_in(file: Path) -> int | None:
    try:
        return abs(int(file.read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return None


def _is_postgres(pid: int, folder: Path) -> bool:
    command = _command_line(pid)
    return "postgres" in command and str(folder) in command


def _command_line(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        shown = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(shown, capture_output=True, text=True, check=False).stdout
    return b" ".join(words).decode(errors="replace")


def _end(pid: int, folder: Path) -> None:
    for stop, seconds in ((signal.SIGINT, _POLITE_SECONDS), (signal.SIGQUIT, _FIRM_SECONDS)):
        os.kill(pid, stop)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(0.05)
    raise EmbeddedError(f"An older PostgreSQL (process {pid}) still uses {folder}: end it first.")
