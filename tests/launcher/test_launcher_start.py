"""What dies while Malgil starts is started again; three failed starts in a row end it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.embedded.errors import EmbeddedError
from config.launcher import program_start
from config.launcher.console import Console
from config.launcher.errors import LaunchError
from config.launcher.supervision.child import Child
from config.launcher.supervision.readiness import Readiness
from config.launcher.supervision.service import Service
from config.launcher.supervision.signals import Signals
from config.launcher.supervision.supervisor import Supervisor

# Counts its starts in a file. Those whose numbers it is told fail; the others are up, `--slow` ones
# a second later.
SERVICE = """
import os, sys, time
folder, name, failing = sys.argv[1], sys.argv[2], sys.argv[3].split()
with open(f"{folder}/{name}.starts", "a+") as starts:
    starts.write(f"{os.getpid()}\\n")
    starts.seek(0)
    number = len(starts.readlines())
print(f"start {number}", flush=True)
if str(number) in failing:
    sys.exit(3)
if "--slow" in sys.argv:
    time.sleep(1)
open(f"{folder}/{name}.up", "w").write(str(os.getpid()))
if "--ends" not in sys.argv:
    time.sleep(600)
"""


class Stand:
    """Stand-in services in one folder, and the supervisor that keeps them running."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.supervisor = Supervisor(console=Console(), signals=Signals())

    def service(self, name: str, *flags: str, failing: str = "") -> Service:
        """`failing` are the numbers of the starts that fail."""
        argv = [sys.executable, "-c", SERVICE, str(self.folder), name, failing, *flags]
        return Service(
            name=name,
            group=name,
            command=lambda: argv,
            log=self.folder / f"{name}.log",
            cwd=self.folder,
            is_up=lambda: self.is_up(name),
        )

    def starts(self, name: str) -> list[int]:
        file = self.folder / f"{name}.starts"
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def is_up(self, name: str) -> bool:
        """Whether the process of its last start is."""
        file = self.folder / f"{name}.up"
        return file.exists() and [file.read_text()] == [str(pid) for pid in self.starts(name)[-1:]]

    def start(self, *services: Service) -> list[Child]:
        children = self.supervisor.start(services)
        self.supervisor.wait_until_up(children, within_seconds=20)
        return children


class Server(Readiness):
    """Says of itself what a function says."""

    def __init__(self, says: Callable[[], dict[str, str] | None]) -> None:
        super().__init__("http://127.0.0.1")
        self._says = says

    def checks(self) -> dict[str, str] | None:
        return self._says()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.supervisor.stop()


def test_a_service_that_ends_three_times_at_the_start_ends_it_with_its_last_lines(
    stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LaunchError) as ended:
        stand.start(stand.service("store"), stand.service("worker", failing="1 2 3"))

    assert str(ended.value).splitlines() == [
        "worker did not start, 3 times in a row (at last: exit status 3). "
        f"The end of {stand.folder}/worker.log:",
        *("start 1", "start 2", "start 3"),
    ]
    assert capsys.readouterr().out.count("worker ended (exit status 3)") == 2


def test_a_service_that_ends_twice_at_the_start_and_then_lives_is_fine(stand: Stand) -> None:
    stand.start(stand.service("worker", failing="1 2"))

    assert len(stand.starts("worker")) == 3


def test_only_failed_starts_in_a_row_count(stand: Stand) -> None:
    children = stand.start(stand.service("store", failing="1 2 4 5"))
    for starts in (3, 6, 7, 8):
        stand.supervisor.wait_until(
            lambda starts=starts: len(stand.starts("store")) == starts and children[0].is_up,
            of=children,
            within_seconds=20,
        )
        os.kill(stand.starts("store")[-1], signal.SIGKILL)


def test_a_program_that_cannot_be_made_into_a_process_is_tried_and_then_named(
    stand: Stand,
) -> None:
    service = stand.service("worker")
    missing = Service(
        name="worker",
        group="worker",
        command=lambda: [str(stand.folder / "nothing")],
        log=service.log,
        cwd=stand.folder,
    )
    with pytest.raises(LaunchError, match=r"worker did not start, 3 times.*No such file"):
        stand.start(missing)


@pytest.mark.parametrize("name", ["demo", "worker", "web"])
def test_what_is_killed_between_readiness_and_the_address_is_started_again(
    stand: Stand, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["demo", "worker", "web"]

    killed: list[int] = []

    def says() -> dict[str, str] | None:
        """The server serves, and right then one of them dies."""
        if not killed and all(map(stand.is_up, names)):
            killed.append(stand.starts(name)[0])
            os.kill(killed[0], signal.SIGKILL)
        is_back = stand.is_up(name) and stand.starts(name)[-1:] != killed
        return {"workers": "ok" if is_back else "none"} if killed else None

    program_start.start(
        [stand.service(each) for each in names],
        title="Starting",
        server=Server(says),
        supervisor=stand.supervisor,
        console=Console(),
    )

    said = capsys.readouterr().out
    assert f"{name} ended (signal 9) and is started again." in said
    assert "Not everything is up" not in said


def test_a_program_that_failed_runs_again(stand: Stand) -> None:
    stand.supervisor.run(stand.service("migrate", "--ends", failing="1 2"), within_seconds=20)

    assert len(stand.starts("migrate")) == 3


def test_a_program_that_failed_three_times_ends_the_start_with_its_last_lines(
    stand: Stand,
) -> None:
    with pytest.raises(LaunchError, match=r"migrate did not start, 3 times in a row.*\nstart 1\n"):
        stand.supervisor.run(stand.service("migrate", "--ends", failing="1 2 3"), within_seconds=20)


def test_a_program_whose_server_died_runs_again_when_that_is_up(stand: Stand) -> None:
    stand.start(stand.service("store", "--slow"))
    kills = f"""
import os, pathlib, signal, sys
print("run", flush=True)
starts = pathlib.Path({str(stand.folder)!r}, "store.starts").read_text().split()
up = pathlib.Path({str(stand.folder)!r}, "store.up").read_text()
if len(starts) == 1:
    os.kill(int(starts[0]), signal.SIGKILL)
    sys.exit(1)
sys.exit(0 if up == starts[-1] else 2)
"""
    migrate = Service(
        name="migrate",
        group="migrate",
        command=lambda: [sys.executable, "-c", kills],
        log=stand.folder / "migrate.log",
        cwd=stand.folder,
    )

    stand.supervisor.run(migrate, within_seconds=20)

    assert len(stand.starts("store")) == 2
    assert migrate.log.read_text().splitlines() == ["run", "run"]


def test_a_service_that_may_not_start_any_more_is_tried_at_a_slower_pace(stand: Stand) -> None:
    """It ran long and then its data disappeared: not a loop that takes the whole processor."""
    refused = False

    def prepare() -> None:
        if refused:
            raise EmbeddedError("The data has disappeared.")

    service = stand.service("store")
    child = Child(
        Service(
            name="store",
            group="store",
            command=service.command,
            log=service.log,
            cwd=stand.folder,
            prepare=prepare,
        )
    )
    child.start()
    child._started_at = time.monotonic() - 60
    child.kill()
    refused = True
    delays = [child.plan_restart()]
    for _ in range(3):
        with pytest.raises(EmbeddedError):
            child.start()
        delays.append(child.plan_restart())

    assert delays == [0.0, 0.5, 1.0, 1.5]
