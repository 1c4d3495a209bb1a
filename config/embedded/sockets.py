"""The private folder of the Unix sockets."""

import os
from pathlib import Path

from . import paths
from .errors import EmbeddedError
from .tether import Identity


def make_dir(data_dir: Path, *, owner: Identity | None = None) -> Path:
    """Makes it for us or for `owner`, closed to everyone else. Safe to repeat.

    Raises EmbeddedError if somebody else has put something in its place: below /tmp anyone may.
    """
    folder = paths.socket_dir(data_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    # Root may take over what an ordinary user's run has left; nobody else can.
    if folder.is_symlink() or os.geteuid() not in (0, found.st_uid):
        raise EmbeddedError(
            f"{folder} belongs to another user: remove it, or set DATA_DIR to another folder."
        )
    if owner:
        os.chown(folder, owner.uid, owner.gid)
    folder.chmod(0o700)
    return folder
