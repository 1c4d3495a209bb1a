"""The demo model and the whole of Malgil as processes, in a folder that is thrown away."""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_URL = re.compile(r"https?://\S+")


@contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="malgil-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def allow_many_files() -> None:
    """To this process and to those that it starts: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 65_536)), hard))


@contextmanager
def announced(
    command: Sequence[str],
    *,
    says: str,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    stop_seconds: float = 60,
) -> Iterator[tuple[str, int]]:
    """Runs a program until the block ends; the URL in its line with `says`, and its process id."""
    process = subprocess.Popen(
        command, cwd=cwd, env=os.environ | (env or {}), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        seen = []
        for line in process.stdout:
            seen.append(line)
            if says in line and (found := _URL.search(line)):
                yield found.group(), process.pid
                return
        raise SystemExit(f"{' '.join(command)} did not start:\n{''.join(seen)}")
    finally:
        process.terminate()
        process.wait(stop_seconds)


@contextmanager
def model(*flags: str) -> Iterator[str]:
    """The demo model; its URL, without `/v1`."""
    command = [sys.executable, "-m", "demo", *flags]
    with announced(command, says="demo model on") as (url, _):
        yield url.removesuffix("/v1")


@contextmanager
def malgil(data_dir: Path, *, model_url: str, **settings: str) -> Iterator[str]:
    """One server and one worker, talking to the model at `model_url`; the URL."""
    env = {
        "PORT": "0",
        "DATA_DIR": str(data_dir),
        "OPENAI_BASE_URL": f"{model_url}/v1",
        "OPENAI_API_KEY": "bench",
        "CHAT_MODELS": "malgil-demo",
        "CHAT_DAILY_LIMIT": "100000",
        "AUTH_THROTTLES": "off",
        "WORKER_DRAIN_SECONDS": "1",
        **settings,
    }
    command = [sys.executable, "-m", "config.launcher"]
    with announced(command, says="Malgil is ready", env=env) as (url, _):
        yield url
