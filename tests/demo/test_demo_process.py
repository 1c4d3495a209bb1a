"""How the process starts and ends."""

import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support.drivers.demo_driver import MOST_SECONDS, Demo, launch, request


def test_it_says_where_it_listens(demo: Demo) -> None:
    assert re.fullmatch(r"demo model on http://127\.0\.0\.1:[1-9]\d*/v1\n", demo.line)


Start = Callable[..., Demo]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes that end with the test, also when it fails."""
    with ExitStack() as started:

        def start(*flags: str, pass_fds: tuple[int, ...] = ()) -> Demo:
            demo = Demo(*flags, pass_fds=pass_fds)
            started.callback(demo.process.kill)
            return demo

        yield start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_with_streams_open(start: Start, number: signal.Signals) -> None:
    demo = start("--port", "0", "--fault", "stall")
    with demo.open("POST", "/v1/chat/completions", request("How?", stream=True)):
        started_at = time.monotonic()
        demo.process.send_signal(number)
        assert demo.process.wait(MOST_SECONDS) == 0
    assert time.monotonic() - started_at < 3
    assert demo.process.stderr is not None
    assert demo.process.stderr.read() == ""


def test_flags_are_the_settings(start: Start) -> None:
    demo = start("--models", "a, b", "--stamp", "--fault-retry-after", "2", "--tokens", "7")
    changed = {"models": ["a", "b"], "stamp": True, "fault_retry_after": 2, "tokens": 7}
    assert demo.defaults | changed == demo.defaults
    assert demo.defaults["first_token_ms"] == 250
    assert demo.defaults["tokens_per_second"] == 40
    demo.end()


@pytest.mark.parametrize(
    "flags",
    [
        ("--fault", "explode"),
        ("--tokens", "x"),
        ("--stamp", "maybe"),
        ("--port", "70000"),
        ("--unknown",),
    ],
)
def test_a_bad_flag_is_named(flags: tuple[str, ...]) -> None:
    process = launch(*flags)
    _, said = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 2
    assert flags[0].strip("-") in said.splitlines()[-1]


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = launch("--port", str(port))
        printed, said = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 1
    assert printed == ""
    assert said.count("\n") == 1
    assert str(port) in said


def test_it_serves_on_an_inherited_socket(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fd = listening.fileno()
        demo = start("--fd", str(fd), pass_fds=(fd,))
        assert demo.address.endswith(f":{listening.getsockname()[1]}")
        assert demo.chat("hi").status == 200
        assert demo.end() == 0


def test_a_descriptor_that_is_no_socket_is_one_sentence() -> None:
    process = launch("--fd", "97")
    _, said = process.communicate(timeout=MOST_SECONDS)
    assert (process.returncode, said.count("\n")) == (1, 1)
