"""PostgreSQL: reachable, new enough, migrated, and of the same time as this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import env
from config.embedded import paths
from config.launcher.errors import LaunchError
from config.launcher.prerequisites import reachability

from .findings import Finding, ok, problem, warning

OLDEST_VERSION = 14  # Django 5.2 takes no older one
# Tokens end by this machine's clock and replies by the database's.
MOST_SECONDS_APART = 2.0


def examine() -> list[Finding]:
    """Without a database only the first finding."""
    unreachable = _unreachable()
    return [unreachable] if unreachable else [*_version(), *_migrations(), *_clock()]


def _unreachable() -> Finding | None:
    # Not over Django's pool, which would try again for some seconds and then tell less.
    url = env.text("DATABASE_URL", paths.database_url(settings.DATA_DIR))
    try:
        reachability.check_database(url)
    except LaunchError as error:
        if env.text("DATABASE_URL"):
            return problem("database", str(error))
        return problem(
            "database",
            "DATABASE_URL is not set, and the built-in PostgreSQL does not run: start `make run`,"
            f" or set DATA_DIR to the folder of the one that runs (here: {settings.DATA_DIR}).",
        )
    return None


def _version() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version: str = cursor.fetchone()[0]
    if int(version.split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz")) < OLDEST_VERSION:
        yield problem("database", f"PostgreSQL is {version}: {OLDEST_VERSION} or newer is needed.")
    else:
        yield ok("database", f"PostgreSQL {version} answers.")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = [str(step) for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        yield problem(
            "migrations", f"{len(missing)} are not applied: run `python manage.py migrate`."
        )
    else:
        yield ok("migrations", "All are applied.")


def _clock() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        before = datetime.now(UTC)
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
        after = datetime.now(UTC)
    yield judge_clock((there - (before + (after - before) / 2)).total_seconds())


def judge_clock(apart_seconds: float) -> Finding:
    """`apart_seconds`: how much the database's clock is ahead of this machine's."""
    if abs(apart_seconds) <= MOST_SECONDS_APART:
        return ok("clock", f"This machine and the database are {abs(apart_seconds):.3f} s apart.")
    which = "ahead of" if apart_seconds > 0 else "behind"
    return warning(
        "clock",
        f"The database's clock is {abs(apart_seconds):.1f} s {which} this machine's: tokens end too"
        " early or too late. Let both machines follow NTP.",
    )
