"""Runs the demo model as its own process and talks to it over plain HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[3]
MODEL = "malgil-demo"
MOST_SECONDS = 10.0
T = TypeVar("T")
Said = str | list[dict[str, str]]
"""The last user message, or all messages."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Demo:
    """One process. `defaults` are its settings at the start."""

    def __init__(self, *flags: str, pass_fds: tuple[int, ...] = ()) -> None:
        self.process = launch(*flags, pass_fds=pass_fds)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.base_url = self.line.split()[-1]
        self.address = self.base_url.removeprefix("http://").removesuffix("/v1")
        self.defaults = self.control()

    def reset(self) -> None:
        self.set(**self.defaults)
        self.call("DELETE", "/control/script")
        self.call("DELETE", "/control/requests")

    def end(self) -> int:
        """Its exit code. Whatever it had to complain about fails the test."""
        self.process.send_signal(signal.SIGTERM)
        _, complaints = self.process.communicate(timeout=MOST_SECONDS)
        assert complaints == ""
        return self.process.returncode

    def call(
        self, method: str, path: str, body: object = None, *, key: str | None = None
    ) -> Answer:
        with self.open(method, path, body, key=key) as response:
            return Answer(response.status, response.headers, response.read())

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        timeout: float = MOST_SECONDS,
    ) -> Iterator[http.client.HTTPResponse]:
        """Leaving the block closes the connection."""
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        try:
            connection.request(method, path, data, headers)
            yield connection.getresponse()
        finally:
            connection.close()

    def chat(self, said: Said, *, key: str | None = None, **fields: Any) -> Answer:
        return self.call("POST", "/v1/chat/completions", request(said, **fields), key=key)

    def text(self, said: Said, **fields: Any) -> str:
        content = self.chat(said, **fields).json()["choices"][0]["message"]["content"]
        assert isinstance(content, str)
        return content

    def stream(self, said: Said, **fields: Any) -> list[str]:
        """What stands behind `data: `, event by event."""
        return events(self.chat(said, stream=True, **fields).body)

    def control(self) -> dict[str, Any]:
        settings = self.call("GET", "/control").json()
        assert isinstance(settings, dict)
        return settings

    def set(self, **settings: object) -> None:
        answer = self.call("PATCH", "/control", settings)
        assert answer.status == 200, answer.body

    def script(self, *entries: object) -> None:
        answer = self.call("POST", "/control/script", list(entries))
        assert answer.status == 200, answer.body

    def requests(self, match: str = "") -> list[dict[str, Any]]:
        found = self.call("GET", f"/control/requests?match={quote(match)}").json()
        assert isinstance(found, list)
        return found

    def stats(self) -> dict[str, int]:
        stats = self.call("GET", "/control/stats").json()
        assert isinstance(stats, dict)
        return stats

    def wait_for_outcome(self, outcome: str) -> dict[str, Any]:
        """Of the last request."""
        return wait_for(
            lambda: next((r for r in self.requests()[-1:] if r["outcome"] == outcome), None)
        )


def launch(*flags: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo", *flags],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
    )


def request(said: Said, **fields: object) -> dict[str, object]:
    messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
    return {"model": MODEL, "messages": messages, **fields}


def turns(*texts: str, first: str = "user") -> list[dict[str, str]]:
    """Messages of user and assistant in turn."""
    roles = ("user", "assistant") if first == "user" else ("assistant", "user")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]


def read_until_silent(response: http.client.HTTPResponse) -> bytes:
    """What comes until nothing comes for the connection's timeout; fails when it ends."""
    received = b""
    while True:
        try:
            part = response.read1()
        except TimeoutError:
            return received
        assert part, "The body has ended."
        received += part


def events(body: bytes) -> list[str]:
    lines = body.decode().split("\n\n")
    assert lines.pop() == ""
    assert all(line.startswith("data: ") for line in lines)
    return [line.removeprefix("data: ") for line in lines]


def chunks(stream: list[str]) -> list[dict[str, Any]]:
    return [json.loads(event) for event in stream if event != "[DONE]"]


def contents(stream: list[str]) -> dict[int, str]:
    """The text of each choice that the chunks add up to."""
    texts: dict[int, str] = {}
    for chunk in chunks(stream):
        for choice in chunk["choices"]:
            text = choice["delta"].get("content", "")
            texts[choice["index"]] = texts.get(choice["index"], "") + text
    return texts


def wait_for(condition: Callable[[], T | None]) -> T:
    """The first value of the condition that is true; fails after MOST_SECONDS."""
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError("The condition did not come true in time.")
