"""The web client is built beside the servers' start, which waits for it before programs start."""

import sys
from pathlib import Path

import pytest
from support.eventually import wait_for
from support.launcher.running import is_running

from config.launcher.client_build import ClientBuild
from config.launcher.console import Console
from config.launcher.errors import LaunchError, StopRequested
from config.launcher.supervision.signals import Signals
from config.launcher.supervision.supervisor import Supervisor


class Build(ClientBuild):
    """Runs `script`, which is told the folder."""

    def __init__(self, folder: Path, script: str) -> None:
        argv = [sys.executable, "-c", script, str(folder)]
        self.signals = Signals()
        console = Console()
        super().__init__(
            log=folder / "logs" / "client.log",
            supervisor=Supervisor(console=console, signals=self.signals),
            console=console,
            command=lambda: argv,
        )


def test_it_has_ended_when_finish_returns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wait = "import sys, time; time.sleep(1); open(sys.argv[1] + '/built', 'w')"
    build = Build(tmp_path, wait)
    build.begin()
    build.finish()

    assert (tmp_path / "built").exists()
    assert "Building the web client" in capsys.readouterr().out


def test_where_nothing_is_to_be_done_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = Build(tmp_path, "")
    build.finish()  # not begun

    assert capsys.readouterr().out == ""
    assert not (tmp_path / "logs").exists()


def test_one_that_fails_ends_the_start_with_what_it_said(tmp_path: Path) -> None:
    build = Build(tmp_path, "print('no such module', flush=True); raise SystemExit(1)")
    build.begin()

    with pytest.raises(LaunchError) as ended:
        build.finish()
    assert "was not built (exit status 1)" in str(ended.value)
    assert "no such module" in str(ended.value)


def test_a_stop_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    # As npm does, in the same process group.
    script = (
        "import subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "open(sys.argv[1] + '/child', 'w').write(str(child.pid)); child.wait()"
    )
    build = Build(tmp_path, script)
    build.begin()
    file = tmp_path / "child"
    child = int(wait_for(lambda: file.exists() and file.read_text(), seconds=20))
    build.signals.requests = 1

    with pytest.raises(StopRequested):
        build.finish()
    build.abandon()

    wait_for(lambda: not is_running(child), seconds=20)
