"""One `make run` for each DATA_DIR: two servers on the same files would destroy them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launcher.errors import LaunchError


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Makes DATA_DIR and holds it until the end, however the process ends. Raises LaunchError."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / "lock").open("a+")
    except OSError as error:
        raise LaunchError(
            f"DATA_DIR {data_dir} cannot be written ({error.strerror}): "
            "set DATA_DIR to a folder of yours."
        ) from None
    with file:
        _lock(file.fileno(), data_dir)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _lock(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
        raise LaunchError(
            f"{data_dir} is in use by another `make run` (process {holder}): "
            "stop that one, or set DATA_DIR and PORT to others."
        ) from None
    except OSError as error:  # as on NFS without its lock server
        raise LaunchError(
            f"{data_dir} cannot be locked ({error.strerror}), as PostgreSQL's data has to be: "
            "set DATA_DIR to a folder on a local disk."
        ) from None
