"""Where the embedded servers listen: a pure function of DATA_DIR.

So `manage.py shell` finds the servers of a running `make run` without being told. Standard library
only, because settings.py imports this.
"""

import hashlib
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

DATABASE = "malgil"
POSTGRES_USER = "malgil"
REDIS_SOCKET = "redis.sock"
_LONGEST_SOCKET = ".s.PGSQL.5432"
# sun_path holds 104 bytes on macOS and 108 on Linux, each with a closing NUL.
_SOCKET_PATH_BYTES = 103


def socket_dir(data_dir: Path) -> Path:
    """The folder of both sockets: inside DATA_DIR, or below /tmp where that path is too long.

    /tmp and not TMPDIR: two shells with different TMPDIR must find the same servers.
    """
    resolved = data_dir.resolve()
    inside = resolved / "sockets"
    if _can_hold_sockets(inside):
        return inside
    digest = hashlib.sha256(bytes(resolved)).hexdigest()[:16]
    return Path("/tmp") / f"malgil-{digest}"


def database_url(data_dir: Path) -> str:
    """The embedded PostgreSQL's database, for libpq and dj-database-url alike."""
    host = quote(bytes(socket_dir(data_dir)), safe="")
    return f"postgresql://{POSTGRES_USER}@/{DATABASE}?host={host}"


def redis_url(data_dir: Path) -> str:
    """The embedded Redis, for redis-py's `from_url`."""
    return f"unix://{quote(bytes(redis_socket(data_dir)))}?db=0"


def redis_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / REDIS_SOCKET


def broker_url(redis_url: str) -> str:
    """The same Redis under the name that kombu knows: it takes a socket file as `redis+socket`."""
    url = urlsplit(redis_url)
    if url.scheme != "unix":
        return redis_url
    db = dict(parse_qsl(url.query)).get("db", "0")
    return f"redis+socket://{url.path}?virtual_host={db}"


def _can_hold_sockets(folder: Path) -> bool:
    # libpq reads a comma in a host as a list of hosts.
    return len(bytes(folder / _LONGEST_SOCKET)) <= _SOCKET_PATH_BYTES and "," not in str(folder)
