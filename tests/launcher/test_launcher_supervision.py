"""What the supervisor promises, with real processes and real signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.eventually import wait_for

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """A supervisor in a process of its own, with stand-in services."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.launcher.stand_in_run", folder, *flags],
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdout=(folder / "console").open("wb"),
            # Under nohup, say, SIGHUP is ignored, which a launcher respects.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )

    def events(self) -> list[str]:
        file = self.folder / "events"
        return file.read_text().splitlines() if file.exists() else []

    def started(self, name: str) -> list[int]:
        lines = [line.split() for line in self.events()]
        return [int(line[2]) for line in lines if line[:2] == [name, "started"]]

    def wait_until_started(self) -> None:
        wait_for(lambda: all(self.started(name) for name in ("store", "worker", "web")))

    def console(self) -> str:
        return (self.folder / "console").read_text()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    made: list[Run] = []
    yield made
    for run in made:
        run.process.kill()
        run.process.wait()


def start(runs: list[Run], folder: Path, *flags: str) -> Run:
    run = Run(folder, *flags)
    runs.append(run)
    run.wait_until_started()
    return run


def is_gone(pid: int) -> bool:
    """Also true for a zombie that nobody has collected yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_killed_service_is_started_again_within_two_seconds(
    runs: list[Run], tmp_path: Path
) -> None:
    run = start(runs, tmp_path)
    for times in (1, 2, 3):
        os.kill(run.started("web")[-1], signal.SIGKILL)
        wait_for(lambda times=times: len(run.started("web")) == times + 1, seconds=2)
    assert "web ended (signal 9)" in run.console()
    assert len(run.started("store")) == len(run.started("worker")) == 1


def test_a_service_that_keeps_ending_is_slowed_down_and_said_once(
    runs: list[Run], tmp_path: Path
) -> None:
    run = start(runs, tmp_path, "--ends")
    wait_for(lambda: len(run.started("worker")) == 5)
    began_at = time.monotonic()
    wait_for(lambda: len(run.started("worker")) == 6)
    assert 1.0 < time.monotonic() - began_at < 2.0
    assert run.console().count("worker keeps ending (exit status 3)") == 1
    assert f"{tmp_path}/worker.log" in run.console()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_the_reverse_order(
    runs: list[Run], tmp_path: Path, number: signal.Signals
) -> None:
    run = start(runs, tmp_path)
    run.process.send_signal(number)
    assert run.process.wait(timeout=10) == 0
    stopped = [line.split()[0] for line in run.events() if line.endswith(" stopped")]
    assert stopped == ["web", "worker", "store"]


def test_the_store_is_started_again_while_the_worker_still_drains(
    runs: list[Run], tmp_path: Path
) -> None:
    run = start(runs, tmp_path, "--drain", "2")
    run.process.terminate()
    wait_for(lambda: "worker told to stop" in run.events())
    os.kill(run.started("store")[0], signal.SIGKILL)
    wait_for(lambda: len(run.started("store")) == 2, seconds=2)
    assert run.process.wait(timeout=10) == 0
    assert "worker stopped" in run.events()


def test_a_second_signal_skips_the_drain_and_still_stops_the_store_in_order(
    runs: list[Run], tmp_path: Path
) -> None:
    run = start(runs, tmp_path, "--drain", "60")
    run.process.send_signal(signal.SIGINT)
    wait_for(lambda: "Stopping worker" in run.console())
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=10) == 0
    assert is_gone(run.started("worker")[0])
    assert "worker stopped" not in run.events()
    assert "store stopped" in run.events()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_no_service_outlives_a_launcher_that_is_killed(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path, "--drain", "60")
    pids = [run.started(name)[0] for name in ("store", "worker", "web")]
    run.process.kill()
    wait_for(lambda: all(is_gone(pid) for pid in pids), seconds=2)


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_services(
    runs: list[Run], tmp_path: Path
) -> None:
    run = start(runs, tmp_path)
    groups = {os.getpgid(run.started(name)[0]) for name in ("store", "worker", "web")}
    assert len(groups) == 3
    assert os.getpgid(run.process.pid) not in groups
