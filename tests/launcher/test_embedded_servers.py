"""The embedded PostgreSQL and Redis: real servers, really killed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import paths
from config.embedded.errors import EmbeddedError
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("pg"), durable=False) as server:
        yield server


def ask(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def test_the_database_speaks_utf8_and_knows_korean(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres, "SHOW server_encoding") == "UTF8"
    assert ask(postgres, "SELECT lower('ÄÉ 말길')") == "äé 말길"


def test_nothing_listens_on_the_network(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres, "SHOW listen_addresses") == ""
    assert postgres.pid is not None
    assert paths.socket_dir(postgres.data_dir).stat().st_mode & 0o777 == 0o700


def test_what_was_committed_survives_a_kill(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    postgres.kill()
    postgres.start()
    assert ask(postgres, "SELECT value FROM kept") == 42


def test_a_pid_file_that_names_a_stranger_does_not_hinder_a_start(
    postgres: EmbeddedPostgres,
) -> None:
    file = postgres.folder / "postmaster.pid"
    lines = file.read_text().splitlines()
    postgres.kill()
    owner = postgres.folder.stat()
    # As after a power failure: the number now belongs to another process of the same user.
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid)
    try:
        file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        os.chown(file, owner.st_uid, owner.st_gid)
        postgres.start()
    finally:
        stranger.kill()
        stranger.wait()
    assert ask(postgres, "SELECT 1") == 1


def test_without_its_server_a_database_is_not_there_and_no_error(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.kill()
    assert not postgres.has_database()
    postgres.start()
    assert postgres.has_database()


def test_an_initdb_that_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert ask(server, "SELECT 1") == 1


def test_data_that_disappears_during_a_run_is_not_replaced_by_an_empty_database(
    tmp_path: Path,
) -> None:
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        server.kill()
        shutil.rmtree(server.folder)
        with pytest.raises(EmbeddedError, match="has disappeared"):
            server.start()
        assert not server.folder.exists()


def test_data_of_another_major_version_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match="was written by PostgreSQL 16"):
        EmbeddedPostgres(tmp_path).prepare()


@as_root
def test_root_can_keep_data_below_a_folder_that_is_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "data", durable=False) as server:
        assert ask(server, "SELECT 1") == 1
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_without_capabilities_a_closed_folder_is_one_sentence(tmp_path: Path) -> None:
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("needs util-linux")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = (
        "import sys; from pathlib import Path; from config.embedded.postgres import "
        "EmbeddedPostgres; EmbeddedPostgres(Path(sys.argv[1])).prepare()"
    )
    # Keeping the right to set the bounding set out of it: root without either capability.
    bounds = "--bounding-set=-dac_override,-dac_read_search"
    done = subprocess.run(
        [setpriv, bounds, sys.executable, "-c", program, str(closed)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if "EmbeddedError" not in done.stderr:
        pytest.skip("this Python itself lies in a folder that is closed to others")
    assert "chmod o+x" in done.stderr


def test_redis_keeps_what_it_acknowledged_across_a_kill(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "yes")
        server.kill()
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"yes"
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("port") == {"port": "0"}


def test_starting_twice_is_starting_once(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        first = server.pid
        server.start()
        assert server.pid == first
    assert server.pid is None
