"""Children end with their parent: by the kernel on Linux, elsewhere by a process that watches."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.eventually import wait_for
from support.launcher.running import is_running

from config.embedded import tether

ROOT = Path(__file__).resolve().parents[2]
# Starts its own arguments tied to itself, says the child's number, and waits.
PARENT = """
import signal, subprocess, sys
from config.embedded import tether
from support.launcher import other_platform
make = other_platform.argv if sys.argv[1] == "elsewhere" else tether.argv
child = subprocess.Popen(make(sys.argv[2:], death_signal=signal.SIGTERM))
print(child.pid, flush=True)
child.wait()
sys.stdin.read()
"""
PLACES = ["linux", "elsewhere"]


class Parent:
    def __init__(self, place: str, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, place, *command],
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.child = int(self.process.stdout.readline())

    def end(self) -> None:
        """Until it was waited for, a process that has ended counts as there."""
        self.process.kill()
        self.process.wait()
        self.process.communicate()  # to the end of what the child says, too


@pytest.fixture(params=PLACES)
def parent(request: pytest.FixtureRequest) -> Iterator[Parent]:
    started = Parent(request.param, sys.executable, "-c", "import time; time.sleep(60)")
    yield started
    started.end()
    with suppress(ProcessLookupError):
        os.kill(started.child, signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    with suppress(OSError):
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    return []


def is_program(pid: int) -> bool:
    """Whether the tether has replaced itself."""
    said = Path(f"/proc/{pid}/cmdline").read_bytes()
    return said.startswith(f"{sys.executable}\0-c\0import time;".encode())


def test_a_child_ends_with_its_parent(parent: Parent) -> None:
    wait_for(lambda: is_program(parent.child))

    parent.end()

    wait_for(lambda: not is_running(parent.child))


@pytest.mark.parametrize("parent", ["elsewhere"], indirect=True)
def test_a_child_that_is_watched_runs_as_long_as_its_parent(parent: Parent) -> None:
    wait_for(lambda: is_program(parent.child))
    (watcher,) = wait_for(lambda: children_of(parent.child))

    # It survives what ends the program's whole group in order.
    os.kill(watcher, signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        parent.process.wait(timeout=2 * tether.WATCH_SECONDS)

    assert is_running(watcher)
    assert is_running(parent.child)


@pytest.mark.parametrize("parent", ["elsewhere"], indirect=True)
def test_who_watches_a_child_ends_with_it(parent: Parent) -> None:
    wait_for(lambda: is_program(parent.child))
    (watcher,) = wait_for(lambda: children_of(parent.child))

    os.kill(parent.child, signal.SIGKILL)

    wait_for(lambda: not is_running(watcher))


def test_who_watches_holds_no_pipe_of_the_program() -> None:
    from support.launcher import other_platform

    done = subprocess.run(
        other_platform.argv([sys.executable, "-c", "print(1)"], death_signal=signal.SIGTERM),
        capture_output=True,
        text=True,
        timeout=tether.WATCH_SECONDS * 40,
        check=True,
    )
    assert done.stdout == "1\n"
