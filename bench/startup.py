"""From a clone to the first answer, what that takes of the disk, and how fast a second start is.

Clones the repository into a new folder and does there what a newcomer does. Packages may come from
the caches of uv, pip and npm: run it twice to measure with warm ones.
"""

import argparse
import asyncio
import subprocess
import time
from pathlib import Path
from typing import Any

import aiohttp

from .harness import processes
from .harness.figures import report
from .harness.member import Member


def clone(source: Path, target: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", str(source), str(target)], check=True)


def start(clone: Path, *, answer: bool) -> dict[str, float]:
    """Seconds from `make run` to the line with the address and, if wanted, to an answer."""
    # Not the virtual environment of the process that measures.
    env = {"PORT": "0", "VENV": ".venv", "MAKEFLAGS": "", "MAKELEVEL": "0"}
    began = time.monotonic()
    with processes.announced(["make", "run"], says="Malgil is ready", cwd=clone, env=env) as (
        url,
        _,
    ):
        figures = {"ready_seconds": round(time.monotonic() - began, 1)}
        if answer:
            asyncio.run(_first_answer(url))
            figures["answered_seconds"] = round(time.monotonic() - began, 1)
    return figures


async def _first_answer(url: str) -> None:
    async with aiohttp.ClientSession() as http, Member(url, http) as member:
        watched = await member.ask(await member.begin(), "Hello!")
        await asyncio.wait_for(watched.news.wait(), 120)
    if complaints := watched.complaints():
        raise SystemExit(f"The first answer went wrong: {complaints}")


def megabytes(folder: Path) -> int:
    """What is allocated, as `du` counts it; a file of several names counts once."""
    allocated = {
        (found := path.lstat()).st_ino: found.st_blocks * 512 for path in folder.rglob("*")
    }
    return round(sum(allocated.values()) / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description=__doc__)
    parser.add_argument("--source", type=Path, default=processes.ROOT, help="what is cloned")
    asked = parser.parse_args()
    with processes.folder() as folder:
        cloned = folder / "말길 사본"  # no plain name, as some people's folders have
        clone(asked.source, cloned)
        figures: dict[str, Any] = {"first": start(cloned, answer=True)}
        figures["megabytes"] = megabytes(cloned)
        figures["second"] = [start(cloned, answer=False)["ready_seconds"] for _ in range(3)]
    report("startup", figures)


if __name__ == "__main__":
    main()
