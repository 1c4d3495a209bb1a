"""Whether a process runs that is not a child of the test."""

from contextlib import suppress
from pathlib import Path


def is_running(pid: int) -> bool:
    """Not so for one that has ended and that nobody has asked about."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
