"""The order in which Malgil starts, and the line that says it has."""

import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from config.embedded import paths
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from config.embedded.server import EmbeddedServer

from . import program_start, services
from .client_build import ClientBuild
from .console import Console
from .errors import StopRequested
from .options import Options
from .prerequisites import disk_space, listener, migrated, reachability, secret_key
from .supervision import readiness
from .supervision.service import Service
from .supervision.signals import Signals
from .supervision.supervisor import Supervisor

_SERVER_SECONDS = 30.0
_DEMO_MODELS = ("malgil-demo", "malgil-demo-mini")


class Stack:
    """One run, from the first process to the last. Needs DATA_DIR's lock, see `lock.hold`."""

    def __init__(self, *, options: Options, console: Console, signals: Signals) -> None:
        self._options = options
        self._console = console
        self._signals = signals
        self._supervisor = Supervisor(console=console, signals=signals)

    def run(self, *, builds_client: bool = False) -> None:
        """Returns when it was told to stop and everything has ended.

        Raises LaunchError or EmbeddedError when a part does not start; what had been started has
        ended by then.
        """
        with ExitStack() as sockets, suppress(StopRequested):
            public = sockets.enter_context(
                listener.listen(host=self._options.host, port=self._options.port)
            )
            client = ClientBuild(
                log=self._options.data_dir / "logs" / "client.log",
                supervisor=self._supervisor,
                console=self._console,
            )
            sockets.callback(client.abandon)
            if builds_client:
                client.begin()
            try:
                self._start(public, sockets, client)
                self._supervisor.watch()
            finally:
                # Refused from now on, instead of waiting for servers that are about to end.
                sockets.close()
                self._supervisor.stop()

    def _start(self, public: socket.socket, sockets: ExitStack, client: ClientBuild) -> None:
        self._check_servers_of_others()
        environment = self._environment()
        demo = []
        if self._options.demo_model:
            listening = sockets.enter_context(listener.listen(host="127.0.0.1", port=0))
            environment |= _demo_environment(listener.url(listening))
            demo = [listening]
        server = readiness.Readiness(listener.url(public))
        programs = services.Programs(
            logs=self._options.data_dir / "logs",
            counts=_emptied(self._options.data_dir / "metrics"),
            environment=os.environ | environment,
            server=server,
        )
        # It needs nothing of the others.
        demos = self._supervisor.start(
            programs.demo(listening, models=_DEMO_MODELS) for listening in demo
        )
        self._start_servers_of_ours()
        self._migrate(programs, environment["DATABASE_URL"])
        client.finish()
        what = "the demo model, the worker and the server" if demo else "the worker and the server"
        program_start.start(
            self._programs(programs, public=public),
            begun=demos,
            title=f"Starting {what}",
            server=server,
            supervisor=self._supervisor,
            console=self._console,
        )
        self._say_what_to_know()
        self._console.say(f"Malgil is ready: {listener.url(public)}")

    def _migrate(self, programs: services.Programs, database_url: str) -> None:
        if migrated.is_current(self._options.data_dir, database_url):
            return
        with self._console.step("Migrating the database"):
            self._supervisor.run(programs.migrate(), within_seconds=_SERVER_SECONDS)
        migrated.note(self._options.data_dir, database_url)

    def _say_what_to_know(self) -> None:
        if folder := self._options.mail_dir:
            # They hold links that open accounts.
            folder.mkdir(mode=0o700, exist_ok=True)
            self._console.say(f"No EMAIL_URL is set: mails become files in {folder}")
        if not self._options.auth_throttles:
            self._console.say("AUTH_THROTTLES is off: passwords may be guessed without end.")

    def _check_servers_of_others(self) -> None:
        options = self._options
        if options.database_url:
            reachability.check_database(options.database_url)
        if options.redis_url:
            reachability.check_redis(options.redis_url, variable="REDIS_URL")
        if options.broker_url and options.broker_url.startswith(("redis://", "rediss://")):
            reachability.check_redis(options.broker_url, variable="CELERY_BROKER_URL")

    def _start_servers_of_ours(self) -> None:
        data_dir = self._options.data_dir
        postgres = None if self._options.database_url else EmbeddedPostgres(data_dir)
        redis = None if self._options.redis_url else EmbeddedRedis(data_dir)
        servers: list[EmbeddedServer] = [server for server in (postgres, redis) if server]
        if not servers:
            return
        begins = postgres is not None and not postgres.has_data()
        disk_space.check(data_dir, begins=begins)
        with self._console.step(f"Starting {' and '.join(server.title for server in servers)}"):
            children = self._supervisor.start([services.embedded(server) for server in servers])
            self._supervisor.wait_until_up(children, within_seconds=_SERVER_SECONDS)
            if postgres:
                self._supervisor.wait_until(
                    postgres.has_database, of=children, within_seconds=_SERVER_SECONDS
                )

    def _environment(self) -> dict[str, str]:
        """What every program of ours is told; it says the same as what we did."""
        options = self._options
        redis_url = options.redis_url or paths.redis_url(options.data_dir)
        return {
            "DATA_DIR": str(options.data_dir),
            "SECRET_KEY": options.secret_key or secret_key.ensure(options.data_dir),
            "DATABASE_URL": options.database_url or paths.database_url(options.data_dir),
            "REDIS_URL": redis_url,
            "CELERY_BROKER_URL": options.broker_url or paths.broker_url(redis_url),
            "WORKER_CONCURRENCY": str(options.worker_concurrency),
            "WORKER_DRAIN_SECONDS": f"{options.worker_drain_seconds:g}",
            # Logs are read while they are written.
            "PYTHONUNBUFFERED": "1",
        }

    def _programs(self, programs: services.Programs, *, public: socket.socket) -> list[Service]:
        """In this order, because they are stopped in the reverse one."""
        options = self._options
        return [
            *programs.workers(
                options.worker_processes,
                drain_seconds=options.worker_drain_seconds,
                metrics_port=options.worker_metrics_port,
            ),
            *programs.web(
                options.web_processes, listening=public, stop_seconds=options.web_stop_seconds
            ),
        ]


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _demo_environment(url: str) -> Mapping[str, str]:
    return {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "demo",
        "DEMO_MODEL": "on",
        # Named here, so that the first request need not wait for a worker that asks the server.
        "CHAT_MODELS": os.environ.get("CHAT_MODELS") or ",".join(_DEMO_MODELS),
    }
