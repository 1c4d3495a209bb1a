"""The container engine to use: the one that runs here, else one from Debian's packages."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import debian_engine

# The first with !override, and with the files that docker-compose.yml may do without.
_COMPOSE = (2, 24, 4)


class NoEngine(Exception):
    """There is none; the message is a sentence that says why."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """`environment` is what its client needs. Only what is in `folder` is seen by its daemon."""

    way: str
    environment: dict[str, str]
    folder: Path | None = None
    build_network: str = "default"

    def run(self, *command: str | Path, cwd: Path | None = None, seconds: float = 300) -> str:
        """What the command printed. Fails with it where the command fails."""
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        said = f"{done.stdout}\n{done.stderr}"[-4000:]
        assert done.returncode == 0, f"{' '.join(map(str, command))}: {said}"
        return done.stdout


@contextmanager
def found(cache: Path) -> Iterator[Engine]:
    """Raises NoEngine."""
    if running := _running():
        yield running
        return
    if lacking := debian_engine.what_is_lacking():
        raise NoEngine(f"no Docker daemon with Compose answers here, and {lacking}")
    with debian_engine.running(cache) as client:
        path = f"{client}:{os.environ['PATH']}"
        yield Engine(
            way=f"Docker from Debian's packages, kept in {cache}, with stand-ins for base images",
            environment=os.environ | {"PATH": path},
            folder=debian_engine.checkouts(cache),
            # The containers' networks lead nowhere else.
            build_network="host",
        )


def _running() -> Engine | None:
    here = Engine(
        way="the Docker daemon that runs here",
        environment=dict(os.environ),
        # `host` for a daemon whose containers cannot reach the package registries.
        build_network=os.environ.get("IMAGE_TEST_BUILD_NETWORK") or "default",
    )
    if shutil.which("docker") is None:
        return None
    try:
        here.run("docker", "info", cwd=Path("/"))
        version = here.run("docker", "compose", "version", "--short", cwd=Path("/"))
    except AssertionError:
        return None
    return here if _numbers(version) >= _COMPOSE else None


def _numbers(version: str) -> tuple[int, ...]:
    numbers = version.strip().removeprefix("v").partition("-")[0]
    return tuple(int(number) for number in numbers.split("."))
