"""Migrations are left out only where nothing changed since they were last run."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded.postgres import EmbeddedPostgres
from config.launcher.prerequisites import migrated


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("data"), durable=False) as server:
        yield server.url


@pytest.fixture
def noted(tmp_path: Path, url: str) -> str:
    """A database whose migrations were run."""
    run(url, "DROP TABLE IF EXISTS django_migrations")
    run(
        url,
        "CREATE TABLE django_migrations"
        " (id serial, app text, name text, applied timestamptz DEFAULT now())",
    )
    run(url, "INSERT INTO django_migrations (app, name) VALUES ('chat', '0001_initial')")
    migrated.note(tmp_path, url)
    return url


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_without_a_stamp_they_are_run(tmp_path: Path, url: str) -> None:
    assert not migrated.is_current(tmp_path, url)


def test_where_nothing_changed_they_are_not_run(tmp_path: Path, noted: str) -> None:
    assert migrated.is_current(tmp_path, noted)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO django_migrations (app, name) VALUES ('chat', '0002_more')",
        "DELETE FROM django_migrations",
        "UPDATE django_migrations SET applied = applied - interval '1 day'",
        "DROP TABLE django_migrations",
    ],
)
def test_where_the_database_changed_they_are_run(
    tmp_path: Path, noted: str, statement: str
) -> None:
    run(noted, statement)

    assert not migrated.is_current(tmp_path, noted)


@pytest.mark.parametrize(
    "file", ["requirements.txt", "chat/migrations/0099_new.py", "accounts/apps.py"]
)
def test_where_the_release_changed_they_are_run(
    tmp_path: Path, noted: str, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    root = tmp_path / "root"
    (root / "chat" / "migrations").mkdir(parents=True)
    (root / "accounts").mkdir()
    (root / "requirements.txt").touch()
    monkeypatch.setattr(migrated, "_ROOT", root)
    migrated.note(tmp_path, noted)
    assert migrated.is_current(tmp_path, noted)

    (root / file).write_text("changed")

    assert not migrated.is_current(tmp_path, noted)


def test_a_database_that_does_not_tell_is_migrated_each_time(tmp_path: Path, noted: str) -> None:
    run(noted, "DROP TABLE django_migrations")
    migrated.note(tmp_path, noted)

    assert not migrated.is_current(tmp_path, noted)
