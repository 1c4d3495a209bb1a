"""The embedded Redis or Valkey: broker, live events, the day's counters."""

import shutil
import signal
import socket
from pathlib import Path

from . import paths, redis_binary, sockets, tether
from .redis_binary import RedisBinary
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
        self._set_aside_what_cannot_be_read(redis_binary.find())
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._writer.write_text(str(redis_binary.find()))

    def command(self) -> list[str]:
        # SIGKILL loses nothing: what Redis acknowledged is in the kernel's hands. And two servers
        # must never append to one file, as they would while an older one still said goodbye.
        return tether.argv(
            [redis_binary.find().path, *self._options()], death_signal=signal.SIGKILL
        )

    def is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(paths.redis_socket(self.data_dir)))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    @property
    def _writer(self) -> Path:
        """Says which server wrote the data."""
        return self.folder / "server"

    def _set_aside_what_cannot_be_read(self, binary: RedisBinary) -> None:
        """Another server's data stays beside ours; what counts of it stands in the tables, too."""
        wrote = self._writer.read_text() if self._writer.is_file() else ""
        if wrote and not binary.reads_data_of(wrote):
            aside = self.folder.with_name(f"{self.name}.{wrote.replace(' ', '-')}")
            shutil.rmtree(aside, ignore_errors=True)
            self.folder.rename(aside)

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
