"""Where the servers listen, for any DATA_DIR."""

from pathlib import Path

import psycopg.conninfo
import pytest
import redis

from config.embedded import paths

LONG = Path("/srv") / ("deep" * 30)
AWKWARD = Path("/srv/a b%20#말길")


@pytest.mark.parametrize("data_dir", [Path("/srv/malgil"), LONG, Path("/srv/a,b"), AWKWARD])
def test_both_sockets_fit_and_libpq_reads_one_host(data_dir: Path) -> None:
    folder = paths.socket_dir(data_dir)
    assert len(bytes(folder / ".s.PGSQL.5432")) <= 103
    assert "," not in str(folder)


@pytest.mark.parametrize("data_dir", [Path("/srv/malgil"), LONG, AWKWARD])
def test_the_urls_lead_their_clients_to_the_sockets(data_dir: Path) -> None:
    folder = str(paths.socket_dir(data_dir))
    known = psycopg.conninfo.conninfo_to_dict(paths.database_url(data_dir))
    assert known == {"user": "malgil", "dbname": "malgil", "host": folder}
    client = redis.Redis.from_url(paths.redis_url(data_dir))
    assert client.connection_pool.connection_kwargs["path"] == f"{folder}/redis.sock"


def test_a_relative_data_dir_is_the_same_as_its_absolute_path() -> None:
    assert paths.socket_dir(Path(".local")) == paths.socket_dir(Path.cwd() / ".local")


def test_two_long_data_dirs_do_not_share_sockets() -> None:
    assert paths.socket_dir(LONG / "one") != paths.socket_dir(LONG / "two")


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix:///s/redis.sock?db=3", "redis+socket:///s/redis.sock?virtual_host=3"),
        ("redis://:pw@host:6379/1", "redis://:pw@host:6379/1"),
    ],
)
def test_the_broker_url_is_the_one_kombu_understands(url: str, broker: str) -> None:
    assert paths.broker_url(url) == broker
