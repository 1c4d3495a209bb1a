"""What `python -m config.launcher` refuses: one sentence, exit code not 0, nothing started."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def launch(data_dir: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "config.launcher"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir), "PORT": "0", **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("WEB_PROCESSES", "0"),
        ("WORKER_PROCESSES", "many"),
        ("WORKER_CONCURRENCY", "-1"),
        ("WORKER_DRAIN_SECONDS", "soon"),
        ("DATABASE_URL", "sqlite:///db"),
        ("REDIS_URL", "localhost:6379"),
        ("CHAT_DAILY_LIMIT", "five"),  # which only the programs read that it starts
        ("CHAT_QUOTA_TIMEZONE", "Seoul"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_bad_value_names_its_variable_before_anything_is_made(
    tmp_path: Path, name: str, value: str
) -> None:
    done = launch(tmp_path / "data", **{name: value})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} is not usable")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_taken_port_is_refused_before_servers_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = launch(tmp_path, PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken" in done.stderr
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("name", "scheme"), [("DATABASE_URL", "postgresql"), ("REDIS_URL", "redis")]
)
def test_a_server_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, name: str, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    done = launch(tmp_path, **{name: f"{scheme}://me:s3cr%25t@127.0.0.1:{port}/0"})
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name}: ")
    assert f"127.0.0.1:{port}" in done.stderr
    assert "s3cr" not in done.stderr
    assert done.stderr.count("\n") == 1
