"""Whether the migrations have to be run, told without Django's second of work.

A stamp in DATA_DIR is a hash of what was on disk and what stood in the database when they were last
run. So a new release, a database that was restored, or another one has them run.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg

_ROOT = Path(__file__).resolve().parents[3]
_STAMP = "migrated"
_CONNECT_SECONDS = 5
# Which cluster it is, and what was applied to this database, and when.
_APPLIED = """
    SELECT s.system_identifier, m.app, m.name, m.applied
    FROM django_migrations AS m, pg_control_system() AS s ORDER BY m.id
"""


def is_current(data_dir: Path, database_url: str) -> bool:
    stamp = data_dir / _STAMP
    return stamp.is_file() and stamp.read_text() == _state(database_url)


def note(data_dir: Path, database_url: str) -> None:
    """They have just been run."""
    stamp, state = data_dir / _STAMP, _state(database_url)
    if state is None:
        stamp.unlink(missing_ok=True)
    else:
        stamp.write_text(state)


def _state(database_url: str) -> str | None:
    """None where the database does not tell."""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(f"{file.relative_to(_ROOT)}\0".encode())
        digest.update(file.read_bytes())
    try:
        with psycopg.connect(database_url, connect_timeout=_CONNECT_SECONDS) as connection:
            for row in connection.execute(_APPLIED):
                digest.update(f"{row}\0".encode())
    except psycopg.Error:
        return None
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    """Our migrations and those of libraries, by their versions; who may listen to their end."""
    yield _ROOT / "requirements.txt"
    yield from sorted(_ROOT.glob("*/migrations/*.py"))
    yield from sorted(_ROOT.glob("*/apps.py"))
