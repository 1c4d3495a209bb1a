"""The launcher's smaller parts: lock, port, secret key, pace of restarts, console."""

import errno
import fcntl
import os
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.launcher.console import Console
from config.launcher.errors import LaunchError
from config.launcher.prerequisites import disk_space, listener, lock, secret_key
from config.launcher.supervision import readiness
from config.launcher.supervision.restarts import Restarts
from config.launcher.supervision.signals import Signals


def test_a_data_dir_in_use_is_refused_with_the_process_that_uses_it(tmp_path: Path) -> None:
    with (
        lock.hold(tmp_path),
        pytest.raises(LaunchError, match=rf"process {os.getpid()}\).*DATA_DIR"),
        lock.hold(tmp_path),
    ):
        pass


def test_a_lock_file_that_was_left_behind_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1\n")
    with lock.hold(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_the_children_of_a_run_do_not_hold_its_lock(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        child = subprocess.Popen(["sleep", "60"])
    try:
        with (tmp_path / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        child.kill()
        child.wait()


def test_a_data_dir_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match="set DATA_DIR"), lock.hold(tmp_path / "file" / "data"):
        pass


def test_a_data_dir_that_cannot_be_locked_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", no_locks)

    with pytest.raises(LaunchError, match="set DATA_DIR to a folder on a local disk"):
        lock.hold(tmp_path).__enter__()


@pytest.mark.parametrize(
    ("free", "begins", "said"),
    [(199, True, "199 MB of room and 200"), (31, False, "31 MB of room and 32")],
)
def test_a_disk_without_room_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, begins: bool, said: str
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free * 2**20)
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda folder: usage)

    with pytest.raises(LaunchError, match=said):
        disk_space.check(tmp_path, begins=begins)

    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda f: usage._replace(free=2**30))
    disk_space.check(tmp_path, begins=begins)


def test_a_taken_port_is_one_sentence_that_names_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LaunchError, match=rf"Port {port} is taken.*PORT={port + 1}"):
            listener.listen(host="127.0.0.1", port=port)


def test_a_foreign_address_is_one_sentence_that_names_host() -> None:
    with pytest.raises(LaunchError, match=r"HOST 192\.0\.2\.1 is no address"):
        listener.listen(host="192.0.2.1", port=0)


def test_accepted_connections_send_small_frames_at_once() -> None:
    with (
        listener.listen(host="127.0.0.1", port=0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_every_interface_is_announced_as_this_machine() -> None:
    with listener.listen(host="0.0.0.0", port=0) as listening:
        port = listening.getsockname()[1]
        assert listener.url(listening) == f"http://127.0.0.1:{port}"


def test_a_socket_that_nobody_serves_is_not_ready() -> None:
    with listener.listen(host="127.0.0.1", port=0) as listening:
        assert readiness.checks(listener.url(listening)) is None


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + b'{"checks": {"workers": "none"}}', {"workers": "none"}),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n" + b'{"checks": {}}', None),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b'{"che', None),
        (b"", None),
    ],
)
def test_readiness_is_what_the_server_says_of_each_part(
    answer: bytes, found: dict[str, str] | None
) -> None:
    with listener.listen(host="127.0.0.1", port=0) as listening, ThreadPoolExecutor() as pool:
        asking = pool.submit(readiness.checks, listener.url(listening))
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(1024).startswith(b"GET /readyz ")
            connection.sendall(answer)
        assert asking.result() == found


def test_only_what_is_not_ok_is_missing() -> None:
    assert readiness.missing({"database": "ok", "workers": "none"}) == {"workers": "none"}
    assert readiness.missing({"database": "ok"}) == {}


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    key = secret_key.ensure(tmp_path)
    assert len(key) >= 32
    assert secret_key.ensure(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_signal_that_make_passes_on_too_is_one_request() -> None:
    signals = Signals()
    signals.note_request(now=10.0)
    signals.note_request(now=10.1)
    assert signals.requests == 1
    signals.note_request(now=11.0)
    assert signals.requests == 2


def test_restarts_begin_at_once_and_slow_down_to_less_than_two_seconds() -> None:
    restarts = Restarts()
    delays = [restarts.delay_seconds(ran_seconds=0.1) for _ in range(5)]
    assert delays == [0.0, 0.5, 1.0, 1.5, 1.5]
    assert restarts.delay_seconds(ran_seconds=60) == 0.0


def test_a_step_is_one_line_also_when_something_is_said_in_between(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console()
    with console.step("Working"):
        console.say("worker ended")
    assert capsys.readouterr().out == "Working …\nworker ended\nWorking … 0.0 s\n"


def test_a_quick_end_is_not_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().step("Stopping web", silent_seconds=60) as show_when_due:
        show_when_due()
    assert capsys.readouterr().out == ""
