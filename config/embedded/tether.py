"""Runs a program that ends with its parent, if wanted as another user.

A script of its own, run as `python -I -S tether.py …`, and not a `preexec_fn`: it works in a
process that has threads, and a failure is a sentence on the child's standard error. It replaces
itself with the program, so the process that remains is the program and nothing else.

On Linux the kernel ties the program to its parent. Elsewhere, on macOS say, a small process beside
the program looks whether both are alive, so a `kill -9` of the launcher ends the program a moment
later (WATCH_SECONDS).
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

# <linux/prctl.h>, <linux/securebits.h> and <linux/capability.h>
_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
WATCH_SECONDS = 0.25
# Of the files that a child may have been given; sockets that it listens on are among them.
_MOST_FILES = 1024


@dataclass(frozen=True)
class Identity:
    """A user to become, and one Linux capability to keep (its number) where one is needed."""

    uid: int
    gid: int
    capability: int | None = None


def argv(
    command: Sequence[str], *, death_signal: signal.Signals, identity: Identity | None = None
) -> list[str]:
    """The command line that runs `command` tied to the calling process.

    `death_signal` is what the kernel sends to it when the calling *thread* ends, so start children
    from a thread that lives as long as the process, which the main thread does.
    """
    who = [-1, -1, -1]
    if identity:
        kept = -1 if identity.capability is None else identity.capability
        who = [identity.uid, identity.gid, kept]
    numbers = [str(number) for number in (os.getpid(), int(death_signal), *who)]
    return [sys.executable, "-I", "-S", __file__, *numbers, *command]


def main(arguments: Sequence[str]) -> None:
    parent, death_signal, uid, gid, capability = map(int, arguments[:5])
    command = list(arguments[5:])
    # Python ignores these two at its start, and an ignored signal outlives exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        # Loaded before the change of user, who may not be allowed to read Python's own folders.
        linux = _Linux() if sys.platform == "linux" else None
        if uid >= 0:
            _become(uid=uid, gid=gid, capability=capability, linux=linux)
        if linux:
            linux.die_with_parent(death_signal)
        else:
            _fork_watcher(parent, death_signal)
        if os.getppid() != parent:
            sys.exit("The parent ended before its child had started.")
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error}")


class _Linux:
    """The system calls that Python's standard library does not offer."""

    def __init__(self) -> None:
        import ctypes

        self._ctypes = ctypes
        self._libc = ctypes.CDLL(None, use_errno=True)

    def die_with_parent(self, death_signal: int) -> None:
        """After a change of user only: that clears it."""
        self._prctl(_PR_SET_PDEATHSIG, death_signal)

    def keep_capabilities_across_setuid(self) -> None:
        """With PR_SET_KEEPCAPS instead, access(), which initdb asks, would ignore them."""
        self._prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)

    def keep_only(self, capability: int) -> None:
        """Leaves one capability, and makes it ambient, so that it outlives exec."""
        header = (self._ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        low = 1 << capability
        # Effective, permitted, inheritable; then the same for capabilities from 32 on.
        data = (self._ctypes.c_uint32 * 6)(low, low, low, 0, 0, 0)
        self._check("capset", self._libc.capset(header, data))
        self._prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)

    def _prctl(self, option: int, *values: int) -> None:
        padded = [self._ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
        self._check(f"prctl {option}", self._libc.prctl(option, *padded))

    def _check(self, call: str, result: int) -> None:
        if result != 0:
            number = self._ctypes.get_errno()
            raise OSError(number, f"{call}: {os.strerror(number)}")


def _fork_watcher(parent: int, death_signal: int) -> None:
    """Leaves a child behind that sends `death_signal` to this process once `parent` is gone."""
    watched = os.getpid()
    if os.fork() == 0:
        _watch(watched, parent=parent, death_signal=death_signal)


def _watch(watched: int, *, parent: int, death_signal: int) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, _MOST_FILES)  # with the pipes that the program is read by
    try:
        while os.getppid() == watched:
            if not is_alive(parent):
                os.kill(watched, death_signal)
                break
            time.sleep(WATCH_SECONDS)
    finally:
        os._exit(0)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _become(*, uid: int, gid: int, capability: int, linux: _Linux | None) -> None:
    if linux and capability >= 0:
        linux.keep_capabilities_across_setuid()
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if linux and capability >= 0:
        linux.keep_only(capability)


if __name__ == "__main__":
    main(sys.argv[1:])
