"""Malgil as it is deployed, one process of each service, and what each costs.

No Caddy stands in front: it would be measured too. PostgreSQL is as durable as in production.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config.embedded import paths
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis

from . import processes
from .processes import ROOT

# The commands of docker-compose.yml.
_SERVER = ("-m", "config.uvicorn_server")
_WORKER = (
    *("-m", "celery", "-A", "config", "worker", "--pool", "solo", "-Q", "replies"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"),
)
_START_SECONDS = 60


@dataclass(frozen=True)
class BenchMember:
    id: str
    access: str
    conversations: list[str]


@dataclass
class Stack:
    folder: Path
    model: str
    env: dict[str, str]
    api: str = ""
    ws: str = ""
    pids: dict[str, int] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | self.env, stdout=subprocess.PIPE, text=True
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed.")
        return done.stdout

    def members(self, count: int, *, conversations: int = 1) -> list[BenchMember]:
        lines = self.manage("bench_members", str(count), "--conversations", str(conversations))
        return [BenchMember(**json.loads(line)) for line in lines.splitlines()]

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time by service since it started, with its children's."""
        children = _children()
        return {name: sum(_ticks(children, pid)) for name, pid in self.pids.items()}

    def rss(self, name: str) -> int:
        """Bytes in memory now."""
        pages = int(Path(f"/proc/{self.pids[name]}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def peak_rss(self, name: str) -> int:
        """Bytes in memory when it had most of them."""
        lines = Path(f"/proc/{self.pids[name]}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def database(self) -> psycopg.Connection:
        return psycopg.connect(paths.database_url(self.folder), autocommit=True)


@contextmanager
def running(*flags: str, worker: bool = True, **settings: str) -> Iterator[Stack]:
    """`flags` are the demo model's. Without a worker requests are accepted and wait."""
    processes.allow_many_files()
    with ExitStack() as stack:
        folder = stack.enter_context(processes.folder())
        postgres = stack.enter_context(EmbeddedPostgres(folder))
        redis = stack.enter_context(EmbeddedRedis(folder))
        model_url, model_pid = stack.enter_context(model(*flags))
        made = Stack(folder, model_url, _environment(folder, model_url) | settings)
        made.manage("migrate", "--noinput", "-v", "0")
        for name in ("api", "ws"):
            port = free_port()
            setattr(made, name, f"http://127.0.0.1:{port}")
            stack.enter_context(started(made, name, *_SERVER, "--port", str(port)))
        if worker:
            stack.enter_context(started_worker(made))
        for name, pid in (("postgres", postgres.pid), ("redis", redis.pid), ("model", model_pid)):
            made.pids[name] = pid or 0
        made.pids["client"] = os.getpid()
        for url in (made.api, made.ws):
            _await_ready(url, check="workers" if worker else "database")
        yield made


def started_worker(
    stack: Stack, name: str = "worker"
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return started(stack, name, *_WORKER, "-n", f"{name}@%h")


@contextmanager
def started(stack: Stack, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with (stack.folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | stack.env,
            stdout=log,
            stderr=log,
        )
    stack.pids[name] = process.pid
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def model(*flags: str) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "demo", *flags]
    with processes.announced(command, says="demo model on") as (url, pid):
        yield url.removesuffix("/v1"), pid


def _environment(folder: Path, model: str) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "a-key-for-benchmarks-that-protects-nothing",
        "OPENAI_BASE_URL": f"{model}/v1",
        "OPENAI_API_KEY": "bench",
        "CHAT_MODELS": "malgil-demo",
        "CHAT_DAILY_LIMIT": "1000000",
        "AUTH_THROTTLES": "off",
        "WORKER_CONCURRENCY": "1000",
        "WORKER_DRAIN_SECONDS": "1",
    }


def _await_ready(url: str, *, check: str) -> None:
    await_answer(f"{url}/readyz", lambda body: json.loads(body)["checks"][check] == "ok")


def await_answer(url: str, enough: Callable[[bytes], bool] = lambda body: True) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if enough(answer.read()):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} did not become ready.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found.setdefault(int(fields[1]), []).append(int(entry.name))
    return found


def tree_cpu(pid: int | None) -> float:
    """Seconds of processor time of a process and its children."""
    return sum(_ticks(_children(), pid)) if pid else 0.0


def _ticks(children: dict[int, list[int]], pid: int) -> Iterator[float]:
    """Of the process, of its children that live, and of those that ended."""
    ended = 4 if pid != os.getpid() else 2  # the client's children are measured by themselves
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return
    yield sum(int(ticks) for ticks in fields[11 : 11 + ended]) / os.sysconf("SC_CLK_TCK")
    if pid != os.getpid():
        for child in children.get(pid, ()):
            yield from _ticks(children, child)
