"""Malgil as docker-compose.yml describes it, without an engine: each service's command by hand.

The command and the environment of each process are the file's own. What an engine would provide is
replaced: addresses (each replica has one of its own, found by name), the folder for data, and
PostgreSQL and Redis, which come from wheels.
"""

import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx2
import psycopg

from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from support.processes.stack import Process, free_port, until

from . import caddy, compose
from .name_server import NameServer

# What `.env` would hold: a model, and limits that do not end a test.
DOTENV = {
    "SECRET_KEY": "a-key-for-tests-that-protects-nothing",
    "POSTGRES_PASSWORD": "unused",
    "OPENAI_API_KEY": "demo",
    "CHAT_MODELS": "malgil-demo",
    "CHAT_DEFAULT_MODEL": "malgil-demo",
    "CHAT_DAILY_LIMIT": "100000",
    "ACCESS_TOKEN_SECONDS": "7200",
}
REPLICAS = {"api": 2, "ws": 2, "worker": 2}
SERVERS = ("api", "ws")
_CHECK_SECONDS = 0.5
_START_SECONDS = 40


class Replica(Process):
    """One process of a service, with the health check of its container."""

    def __init__(
        self, name: str, service: dict[str, Any], env: dict[str, str], folder: Path, at: str
    ) -> None:
        super().__init__(name, _here(service["command"], at), env, folder)
        self.at = at
        self.grace_seconds = compose.seconds(service["stop_grace_period"])
        self._check = _here(service["healthcheck"]["test"][1:], at)
        self._folder = folder

    def is_well(self) -> bool:
        done = subprocess.run(self._check, cwd=compose.ROOT, capture_output=True)
        return done.returncode == 0

    def stop(self) -> None:
        """As an engine does: SIGTERM, and SIGKILL when the grace period is over."""
        self.send(signal.SIGTERM)
        self.wait(seconds=self.grace_seconds)

    def until_well(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_well():
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            # A check is a process, which takes from what it waits for.
            time.sleep(_CHECK_SECONDS)


class Deployment:
    """Use it as a context manager. `settings` are for `.env`; `overrides` win over the file, as
    `keepalive_seconds` does over Caddy's, to make tests shorter."""

    def __init__(
        self,
        *,
        overrides: dict[str, str] | None = None,
        keepalive_seconds: float | None = None,
        **settings: str,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="malgil-deploy-"))
        self.postgres = EmbeddedPostgres(self.folder, durable=False)
        self.redis = EmbeddedRedis(self.folder)
        self.names = NameServer()
        self.model_url = f"http://127.0.0.1:{free_port()}"
        self._https, self._http, admin = free_port(), free_port(), free_port()
        self.admin_url = f"http://127.0.0.1:{admin}"
        self.url = f"https://localhost:{self._https}"
        self.http_url = f"http://localhost:{self._http}"
        self._overrides = overrides or {}
        self._keepalive_seconds = keepalive_seconds
        dotenv = DOTENV | {"OPENAI_BASE_URL": f"{self.model_url}/v1"} | settings
        self._dotenv = dotenv | {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "TRUSTED_PROXIES": "127.0.0.1/32",
        }
        self.file = compose.read(self._dotenv)
        # Two of these at once must not meet: the port is always 8000.
        self._net = f"127.{random.randint(1, 254)}.{random.randint(0, 255)}"
        self.replicas = {
            service: [self._replica(service, number) for number in range(1, count + 1)]
            for service, count in REPLICAS.items()
        }
        self.caddy = Process("caddy", self._caddy_command(), self._caddy_env(), self.folder)
        self.demo = self._model()
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as started:
            started.callback(shutil.rmtree, self.folder, ignore_errors=True)
            started.enter_context(self.postgres)
            started.enter_context(self.redis)
            started.enter_context(self.names)
            self._migrate()
            for process in self.processes:
                started.callback(process.kill)
                process.start()
            for replica in self.all_replicas:
                replica.until_well()
            self.rename()
            self._start_caddy(started)
            self._exits = started.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._exits.close()

    @property
    def all_replicas(self) -> list[Replica]:
        return [replica for replicas in self.replicas.values() for replica in replicas]

    @property
    def processes(self) -> list[Process]:
        return [self.demo, *self.all_replicas]

    @property
    def trust(self) -> Path:
        """The file with the certificate of Caddy's own authority."""
        return caddy.certificate(self.folder)

    def rename(self, *, without: Replica | None = None) -> None:
        """The names lead to all that run."""
        self.names.addresses = {
            service: [replica.at for replica in self.replicas[service] if replica is not without]
            for service in SERVERS
        }

    def model(self, **settings: Any) -> None:
        """Changes the demo model while it runs."""
        answer = httpx2.patch(f"{self.model_url}/control", json=settings)
        assert answer.status_code == 200, answer.text

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Asks the database past all of our code."""
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute(statement, values).fetchall()

    def _replica(self, service: str, number: int) -> Replica:
        described = self.file["services"][service]
        at = f"{self._net}.{list(REPLICAS).index(service) * 50 + number}"
        env = self._environment(described, at)
        return Replica(f"{service}-{number}", described, env, self.folder, at)

    def _environment(self, service: dict[str, Any], at: str) -> dict[str, str]:
        given = service["environment"]
        moved = dict(zip(given, _here(list(given.values()), at), strict=True))
        return self._dotenv | moved | {"DATA_DIR": str(self.folder)} | self._overrides

    def _migrate(self) -> None:
        migrate = self.file["services"]["migrate"]
        env = self._environment(migrate, at="127.0.0.1")
        command = _here(migrate["command"], at="127.0.0.1")
        process = Process("migrate", command, env, self.folder).start()
        assert process.wait(seconds=60) == 0, process.log.read_text()

    def _model(self) -> Process:
        port = self.model_url.rpartition(":")[2]
        pace = ["--first-token-ms", "100", "--tokens", "60", "--tokens-per-second", "40"]
        command = [sys.executable, "-m", "demo", "--port", port, *pace]
        return Process("demo", command, {}, self.folder)

    def _start_caddy(self, started: ExitStack) -> None:
        config = caddy.moved(
            caddy.adapted(DOMAIN="localhost"),
            https_port=self._https,
            http_port=self._http,
            admin=self.admin_url.removeprefix("http://"),
            name_server=self.names.address,
            keepalive_seconds=self._keepalive_seconds,
        )
        caddy.write(config, self._caddy_file)
        started.callback(self.caddy.kill)
        self.caddy.start()
        until(lambda: self.caddy.says("serving initial configuration"), seconds=20, what="Caddy")
        until(self._is_reachable, seconds=20, what="Malgil answers through Caddy")

    def _is_reachable(self) -> bool:
        try:
            context = ssl.create_default_context(cafile=self.trust)
            return bool(httpx2.get(f"{self.url}/readyz", verify=context).status_code == 200)
        except (httpx2.HTTPError, OSError):
            return False

    @property
    def _caddy_file(self) -> Path:
        return self.folder / "caddy.json"

    def _caddy_command(self) -> list[str]:
        return [caddy.program(), "run", "--config", str(self._caddy_file)]

    def _caddy_env(self) -> dict[str, str]:
        return {"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}


def _here(command: list[str], at: str) -> list[str]:
    """The words of a command as this machine runs it, for a process of that address."""
    moved = {"python": sys.executable, "0.0.0.0": at}
    return [moved.get(word, word.replace("//localhost:", f"//{at}:")) for word in command]
