"""Whether DATA_DIR has room for what is about to be made there."""

import shutil
from pathlib import Path

from config.launcher.errors import LaunchError

# A new PostgreSQL takes 60 MB, and as much again of write-ahead log when it works.
TO_BEGIN = 200
# PostgreSQL ends when it cannot write its log.
TO_GO_ON = 32
_MEGABYTE = 2**20


def check(data_dir: Path, *, begins: bool) -> None:
    """Raises LaunchError with what is free and what is needed, in MB."""
    free = shutil.disk_usage(data_dir).free // _MEGABYTE
    needed = TO_BEGIN if begins else TO_GO_ON
    if free < needed:
        raise LaunchError(
            f"DATA_DIR {data_dir} has {free} MB of room and {needed} are needed: "
            "free some, or set DATA_DIR to a folder on another disk."
        )
