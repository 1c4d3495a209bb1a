"""Which user PostgreSQL runs as: it refuses to be root."""

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from .errors import EmbeddedError
from .tether import Identity

# <linux/capability.h>: the narrower one first. Docker's default set holds only the second.
_CAP_DAC_READ_SEARCH = 2
_CAP_DAC_OVERRIDE = 1
# Needed to hand a capability on to an ordinary user, see `tether`.
_CAP_SETPCAP = 8
_OTHERS_MAY_SEARCH = 0o001


def for_postgres(folder: Path, *, reaches: Iterable[Path]) -> Identity | None:
    """None (stay who you are) unless we are root; then the folder's owner, or else `nobody`.

    `reaches` are the paths that PostgreSQL opens. Their parents may be closed to others (a clone
    below /root, a mkdtemp folder): instead of opening them to everyone, PostgreSQL alone is given
    the capability to search them. Raises EmbeddedError where that is not possible.
    """
    if os.geteuid() != 0:
        return None
    account = _account(folder)
    closed = _first_closed_parent(reaches)
    capability = None if closed is None else _search_capability(closed)
    return Identity(uid=account.pw_uid, gid=account.pw_gid, capability=capability)


def _account(folder: Path) -> pwd.struct_passwd:
    owner = folder.stat().st_uid if folder.exists() else 0
    try:
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        who = f"user {owner}, who owns {folder}," if owner else "the user `nobody`"
        raise EmbeddedError(
            f"PostgreSQL cannot run as root and {who} does not exist here: "
            "run this as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None


def _first_closed_parent(paths: Iterable[Path]) -> Path | None:
    parents = (parent for path in paths for parent in reversed(path.resolve().parents))
    return next((p for p in parents if not p.stat().st_mode & _OTHERS_MAY_SEARCH), None)


def _search_capability(closed: Path) -> int:
    permitted = _permitted_capabilities()
    for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if permitted >> capability & permitted >> _CAP_SETPCAP & 1:
            return capability
    raise EmbeddedError(
        f"PostgreSQL cannot run as root, and other users may not enter {closed}: "
        f"allow that with `chmod o+x {closed}`, move the project elsewhere, "
        "or run this as an ordinary user."
    )


def _permitted_capabilities() -> int:
    """The kernel's CapPrm bits; none where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:")), 0)
