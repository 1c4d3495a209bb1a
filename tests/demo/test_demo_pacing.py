"""Tokens come when they are due."""

import signal
import time

from support.drivers.demo_driver import Demo, contents, events, request, wait_for


def stamps(stream: list[str]) -> list[int]:
    """Microseconds since the epoch."""
    return [int(stamp) for stamp in contents(stream)[0].split()]


def test_tokens_are_spread_over_time(demo: Demo) -> None:
    demo.set(tokens=25, tokens_per_second=50, first_token_ms=200, stamp=True)
    asked_at = time.time_ns() // 1000
    sent_at = stamps(demo.stream("How?"))
    assert len(sent_at) == 25
    assert sent_at[0] - asked_at >= 195_000
    assert sent_at[-1] - sent_at[0] >= 24 / 50 * 1e6 * 0.9
    assert len(set(sent_at)) > 5


def test_a_late_stream_catches_up_in_one_piece(demo: Demo) -> None:
    demo.set(tokens=50, tokens_per_second=50)
    with demo.open("POST", "/v1/chat/completions", request("How?", stream=True)) as response:
        writes = [response.read1()]
        demo.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)  # as long as the process is held up
        demo.process.send_signal(signal.SIGCONT)
        # Each read gives one chunk of the HTTP body at most, and the server makes one per write.
        writes += iter(response.read1, b"")
    assert len(contents(events(b"".join(writes)))[0].split()) == 50
    assert max(len(events(write)) for write in writes) >= 15


def test_without_pacing_everything_comes_at_once(demo: Demo) -> None:
    demo.set(tokens=2000, stamp=True)
    sent_at = stamps(demo.stream("How?"))
    assert len(sent_at) == 2000
    assert sent_at[-1] - sent_at[0] < 2_000_000


def test_an_answer_without_stream_takes_as_long_as_its_tokens(demo: Demo) -> None:
    demo.set(tokens=10, tokens_per_second=50, first_token_ms=100)
    started_at = time.monotonic()
    demo.chat("How?")
    assert time.monotonic() - started_at >= 0.29


def test_a_client_that_reads_late_gets_everything(demo: Demo) -> None:
    demo.set(tokens=100_000)
    with demo.open("POST", "/v1/chat/completions", request("How?", stream=True)) as response:
        ahead = wait_for(lambda: at_rest(demo))
        assert ahead < 100_000
        stream = events(response.read())
    assert len(contents(stream)[0].split()) == 100_000


def at_rest(demo: Demo) -> int | None:
    """How many tokens are sent, once that no longer grows."""
    before = sent(demo)
    time.sleep(0.1)
    return before if sent(demo) == before else None


def sent(demo: Demo) -> int:
    tokens = demo.call("GET", "/control/requests").json()[0]["tokens"]
    assert isinstance(tokens, int)
    return tokens
