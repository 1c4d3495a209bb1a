"""A dump of the database is a whole backup: the commands of docs/operations.md."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from support.chat.reply_rows import make_running
from support.people import make_member

from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle
from config.embedded import paths, postgres

ROOT = Path(__file__).resolve().parents[2]
SOCKETS = str(paths.socket_dir(settings.DATA_DIR))


def run(program: str, *arguments: str, **options) -> bytes:
    """One of PostgreSQL's, as it is shipped with the built-in server."""
    command = [str(postgres._bin_dir() / program), "-h", SOCKETS, "-U", "malgil", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def everything_in(name: str) -> list[str]:
    """Tables, rows, indexes, functions and triggers, as SQL.

    Without casts and brackets, since PostgreSQL writes them down in another way each time.
    """
    lines = run("pg_dump", name).decode().splitlines()
    kept = [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]
    return [re.sub(r"[()]|::text|::character varying|\[\]", "", line) for line in kept]


@pytest.fixture
def empty_database(embedded_servers):
    name = "restored"
    run("createdb", name)
    yield name
    run("dropdb", name)


@pytest.mark.django_db(transaction=True)
def test_a_dump_restores_into_an_empty_database(empty_database) -> None:
    member = make_member()
    ended = make_running(member, counted=True, message="안녕, what is kept?")
    lifecycle.complete(ended, Outcome(choices=[ChoiceParts(index=0, content="All of it.")]))
    make_running(member, counted=True)
    original = settings.DATABASES["default"]["NAME"]

    dump = run("pg_dump", "--format=custom", original)
    run(
        *("pg_restore", "--dbname", empty_database, "--single-transaction", "--no-owner"),
        input=dump,
    )

    assert everything_in(empty_database) == everything_in(original)
    assert any("안녕, what is kept?" in line for line in everything_in(empty_database))
    url = paths.database_url(settings.DATA_DIR).replace("/malgil?", f"/{empty_database}?")
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
    )
    assert migrated.returncode == 0, migrated.stderr.decode()
