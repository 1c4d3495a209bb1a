"""The demo model and the whole of Malgil as processes, in a folder that is thrown away."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_URL = re.compile(r"https?://\S+")


@contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="malgil-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


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


@dataclass(frozen=True)
class Malgil:
    url: str
    launcher: int

    def pid(self, word: str) -> int:
        """The process that the launcher started with this word in its command line."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and self._started(entry) and word in _command(entry):
                return int(entry.name)
        raise SystemExit(f"There is no process with {word!r} in its command line.")

    def _started(self, entry: Path) -> bool:
        try:
            return int(_status(entry)["PPid"]) == self.launcher
        except (OSError, KeyError):
            return False


@contextmanager
def malgil(data_dir: Path, *, model_url: str, **settings: str) -> Iterator[Malgil]:
    """One server and one worker, talking to the model at `model_url`."""
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
    with announced(command, says="Malgil is ready", env=env) as (url, pid):
        yield Malgil(url=url, launcher=pid)


def used(pid: int) -> dict[str, float]:
    """What a process has cost so far: memory at its peak, and time on a processor."""
    entry = Path("/proc") / str(pid)
    fields = (entry / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return {
        "peak_rss_mb": round(int(_status(entry)["VmHWM"].split()[0]) / 1024, 1),
        "cpu_seconds": round(ticks / os.sysconf("SC_CLK_TCK"), 2),
    }


def _status(entry: Path) -> dict[str, str]:
    lines = (entry / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _command(entry: Path) -> str:
    return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
