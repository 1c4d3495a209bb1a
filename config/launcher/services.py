"""Which processes Malgil is made of."""

import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.embedded.server import EmbeddedServer

from .prerequisites import listener
from .supervision import readiness
from .supervision.service import Service, never_up, python

ROOT = Path(__file__).resolve().parents[2]
# What a worker needs beyond its drain to hand the rest back to the queue.
HAND_BACK_SECONDS = 10.0
# What a server needs beyond its patience to send sockets away.
_LEAVE_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Makes the services that run our own code, all in one environment."""

    logs: Path
    # Where processes that are asked through one port keep what they count; None: nowhere.
    counts: Path | None = None
    environment: Mapping[str, str]
    # Tells whether servers and workers are up; None: nobody asks.
    server: readiness.Readiness | None = None

    def migrate(self) -> Service:
        return self._service("migrate", "manage.py", "migrate", "--noinput")

    def demo(self, listening: socket.socket, *, models: Sequence[str]) -> Service:
        descriptor = listening.fileno()
        return self._service(
            "demo",
            *("-m", "demo", "--fd", str(descriptor), "--models", ",".join(models)),
            # It remembers requests for tests; a few are enough to look at.
            *("--record", "20"),
            pass_fds=(descriptor,),
            is_up=lambda: readiness.is_alive(listener.url(listening)),
        )

    def workers(self, count: int, *, drain_seconds: float, metrics_port: int = 0) -> list[Service]:
        """Each on a port of its own from `metrics_port` on; with 0 they count where servers do."""
        patience = drain_seconds + HAND_BACK_SECONDS
        return [
            self._service(
                name,
                *("-m", "celery", "-A", "config", "worker", "-n", f"worker{number}@%h"),
                *("--pool", "solo", "-Q", "replies"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"),
                group="worker",
                stop=((signal.SIGTERM, patience),),
                is_up=self.server.has_workers if self.server else never_up,
                more=(
                    {"WORKER_METRICS_PORT": str(metrics_port + number - 1)}
                    if metrics_port
                    else self._sharing()
                ),
            )
            for number, name in _numbered("worker", count)
        ]

    def web(self, count: int, *, listening: socket.socket, stop_seconds: float) -> list[Service]:
        descriptor = listening.fileno()
        return [
            self._service(
                name,
                *("-m", "config.uvicorn_server", "--fd", str(descriptor)),
                group="web",
                pass_fds=(descriptor,),
                stop=((signal.SIGTERM, stop_seconds + _LEAVE_SECONDS),),
                is_up=self.server.is_serving if self.server else never_up,
                more=self._sharing(),
            )
            for _, name in _numbered("web", count)
        ]

    def _sharing(self) -> dict[str, str]:
        return {"PROMETHEUS_MULTIPROC_DIR": str(self.counts)} if self.counts else {}

    def _service(
        self,
        name: str,
        *arguments: str,
        group: str | None = None,
        pass_fds: tuple[int, ...] = (),
        stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 5.0),),
        more: Mapping[str, str] | None = None,
        is_up: Callable[[], bool] = never_up,
    ) -> Service:
        return Service(
            name=name,
            group=group or name,
            command=python(*arguments),
            log=self.logs / f"{name}.log",
            cwd=ROOT,
            environment={**self.environment, **(more or {})},
            pass_fds=pass_fds,
            stop=stop,
            is_up=is_up,
        )


def embedded(server: EmbeddedServer) -> Service:
    return Service(
        name=server.name,
        group=server.name,
        command=server.command,
        log=server.log,
        # Another user's server may not be able to enter our folder.
        cwd=Path("/"),
        prepare=server.prepare,
        is_up=server.is_ready,
        stop=server.stop_signals,
        may_be_killed=False,
    )


def _numbered(name: str, count: int) -> list[tuple[int, str]]:
    """A number in the name only where it tells something."""
    return [(n, name if count == 1 else f"{name}-{n}") for n in range(1, count + 1)]
