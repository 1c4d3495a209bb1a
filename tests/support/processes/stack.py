"""The whole of Malgil as real processes with servers of their own, to be killed at will."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx2
import psycopg
import redis

from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[3]
# Short, so that a crash is noticed in about a second; the proportions are those of production.
TIMINGS = {
    "WORKER_TICK_SECONDS": "0.2",
    "WORKER_LEASE_SECONDS": "1.0",
    "WORKER_WAKE_GRACE_SECONDS": "0.6",
    "WORKER_DRAIN_SECONDS": "1",
    "WEB_STOP_SECONDS": "2",
    "MODEL_STALL_SECONDS": "2.5",
    "MODEL_ANSWER_SECONDS": "4",
    "MODEL_BACKOFF_SECONDS": "0.2",
    "SOCKET_SWEEP_SECONDS": "0.5",
    "REDIS_TIMEOUT_SECONDS": "0.3",
}


class Process:
    """One of ours, restarted by hand and looked at through its log."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self._env = env
        self._pass_fds: tuple[int, ...] = ()
        self._popen: subprocess.Popen[bytes] | None = None

    def inherits(self, listening: socket.socket) -> Self:
        self._pass_fds = (listening.fileno(),)
        return self

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=os.environ | self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self._pass_fds,
                start_new_session=True,
            )
        return self

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    def threads(self) -> int:
        """How many it has; Linux only."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    def send(self, number: signal.Signals) -> None:
        assert self._popen is not None
        self._popen.send_signal(number)

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        if self.running:
            self.send(signal.SIGKILL)
        self.wait()

    def terminate(self, *, seconds: float = 30) -> int:
        """SIGTERM; the exit code."""
        if self.running:
            self.send(signal.SIGTERM)
        return self.wait(seconds=seconds)

    def wait(self, *, seconds: float = 30) -> int:
        assert self._popen is not None
        return self._popen.wait(timeout=seconds)

    def says(self, text: str, *, after: int = 0) -> bool:
        return self.log.exists() and text in self.log.read_text(errors="replace")[after:]


class Stack:
    """PostgreSQL, Redis, the demo model, web and workers. Use it as a context manager."""

    def __init__(self, *, workers: int = 2, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="malgil-stack-"))
        self.postgres = EmbeddedPostgres(self.folder, durable=False)
        self.redis = EmbeddedRedis(self.folder)
        self._sockets = [_listening(), _listening()]
        self.url, self.model_url = (f"http://127.0.0.1:{_port(s)}" for s in self._sockets)
        self.env = self._environment(settings)
        self.demo = self._process("demo", "-m", "demo", *self._fd(1), "--record", "5000")
        self.demo.inherits(self._sockets[1])
        self.web = self._process(
            "web",
            *("-m", "config.uvicorn_server", *self._fd(0)),
        ).inherits(self._sockets[0])
        self.workers = [self._worker(number) for number in range(1, workers + 1)]

    def __enter__(self) -> Self:
        self.postgres.start()
        self.redis.start()
        migrate = self._process("migrate", "manage.py", "migrate", "--noinput").start()
        assert migrate.wait(seconds=60) == 0, migrate.log.read_text()
        for process in self.processes:
            process.start()
        self.wait_until_ready()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for process in self.processes:
            if process.running:
                process.send(signal.SIGCONT)
                process.kill()
        self.redis.stop()
        self.postgres.stop()
        for listening in self._sockets:
            listening.close()
        if not os.environ.get("KEEP_STACK"):
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def processes(self) -> list[Process]:
        return [self.demo, *self.workers, self.web]

    def wait_until_ready(self) -> None:
        until(self._is_ready, seconds=90, what="the stack is ready")

    def model(self, **settings: Any) -> None:
        """Changes the demo model while it runs."""
        answer = httpx2.patch(f"{self.model_url}/control", json=settings, timeout=30)
        assert answer.status_code == 200, answer.text

    def script(self, *entries: dict[str, Any]) -> None:
        """What happens to the coming requests to the model, one entry each."""
        answer = httpx2.post(f"{self.model_url}/control/script", json=list(entries), timeout=30)
        assert answer.status_code < 300, answer.text

    def model_requests(self, match: str = "") -> list[dict[str, Any]]:
        params = {"match": match} if match else {}
        found: Any = httpx2.get(
            f"{self.model_url}/control/requests", params=params, timeout=30
        ).json()
        return found["requests"] if isinstance(found, dict) else found

    def model_stats(self) -> dict[str, int]:
        stats: dict[str, int] = httpx2.get(f"{self.model_url}/control/stats", timeout=30).json()
        return stats

    def reset_model(self) -> None:
        httpx2.delete(f"{self.model_url}/control/requests")
        httpx2.delete(f"{self.model_url}/control/script")
        self.model(fault="none", first_token_ms=250, tokens_per_second=40, tokens=0, refuse=[])

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Asks the database past all of our code."""
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute(statement, values).fetchall()

    def redis_channels(self, part: str) -> list[str]:
        """Those with the part in their name that somebody is subscribed to."""
        with redis.Redis.from_url(self.redis.url, decode_responses=True) as client:
            found: Any = client.pubsub_channels(f"*{part}*")
        return list(found)

    def _is_ready(self) -> bool:
        try:
            checks = httpx2.get(f"{self.url}/readyz", timeout=5).json()["checks"]
            return set(checks.values()) == {"ok"} and self._all_beat()
        except (httpx2.HTTPError, psycopg.OperationalError):
            return False

    def _all_beat(self) -> bool:
        """Each that runs, by its pid: the one before it may have beaten a moment ago."""
        pids = [worker.pid for worker in self.workers if worker.running]
        fresh = (
            "SELECT count(*) FROM workers_worker"
            " WHERE pid = ANY(%s) AND beat_at > now() - interval '1 second'"
        )
        return bool(self.rows(fresh, pids)[0][0] == len(pids))

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        return TIMINGS | {
            "DATA_DIR": str(self.folder),
            "SECRET_KEY": "a-key-for-tests-that-protects-nothing",
            "OPENAI_BASE_URL": f"{self.model_url}/v1",
            "OPENAI_API_KEY": "demo",
            "CHAT_MODELS": "malgil-demo",
            "CHAT_DEFAULT_MODEL": "malgil-demo",
            "CHAT_DAILY_LIMIT": "1000",
            # A zone in which the day does not end during the tests.
            "CHAT_QUOTA_TIMEZONE": "UTC" if 6 < _utc_hour() < 20 else "Etc/GMT+12",
            "ACCESS_TOKEN_SECONDS": "7200",
            "AUTH_THROTTLES": "off",
            **settings,
        }

    def _worker(self, number: int) -> Process:
        return self._process(
            f"worker{number}",
            *("-m", "celery", "-A", "config", "worker", "-n", f"worker{number}@test"),
            *("--pool", "solo", "-Q", "replies"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    def _process(self, name: str, *arguments: str) -> Process:
        return Process(name, [sys.executable, *arguments], self.env, self.folder)

    def _fd(self, number: int) -> tuple[str, str]:
        return "--fd", str(self._sockets[number].fileno())


def until(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Waits for a condition, looking often. Fails with `what` when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def _utc_hour() -> int:
    return datetime.now(UTC).hour


def _listening() -> socket.socket:
    # Kept open here, so that a process which is killed and started again keeps its address and
    # refuses nobody in between.
    return socket.create_server(("127.0.0.1", 0), backlog=512)


def _port(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


def free_port() -> int:
    with _listening() as found:
        return _port(found)
