"""Builds the web client if its sources changed: `python -m config.launcher.client`.

With the names of npm scripts it runs those instead: `python -m config.launcher.client check test`.
Node.js comes from PATH where it is new enough, else from a package (`node`). Stamps hold hashes of
what was installed and built, so that a step that was interrupted is done again.

A build alone installs what it needs, without the tests' packages, and takes it away again.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import node
from .console import Console
from .errors import LaunchError

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
_NOT_SOURCES = ("node_modules", "dist", "e2e", "bench")
_STAGED = ".packages-"
_PACKAGES = FRONTEND / "node_modules"
_INSTALLED = _PACKAGES / ".installed"
_FOR_BUILD_ONLY = ".for-build-only"
_NPMJS = "https://registry.npmjs.org"


def build(console: Console) -> None:
    """Raises LaunchError with the end of what npm said."""
    built = FRONTEND / "dist" / ".built"
    sources = _hash(_sources())
    if _reads(built) == sources:
        return
    with console.step("Building the web client"), node.environment(stays=False) as environment:
        if _is_developed():
            if not _is_installed():
                _install(environment)
            _npm(environment, "run", "build")
        else:
            _build_alone(environment)
        built.write_text(sources)


def run(console: Console, scripts: Sequence[str], **variables: str) -> None:
    """Runs npm scripts, which print for themselves. Raises LaunchError."""
    with node.environment(stays=True) as found:
        environment = found | variables
        if not _is_installed():
            with console.step("Installing the web client's packages"):
                _install(environment)
        for script in scripts:
            command = ["npm", "run", "--silent", script]
            if subprocess.run(command, cwd=FRONTEND, env=environment).returncode != 0:
                raise LaunchError(f"`npm run {script}` failed in frontend/; see above.")


def _is_developed() -> bool:
    """Whether node_modules are a developer's, by make or by hand, and so not ours to remove."""
    whole = _PACKAGES / ".package-lock.json"  # npm writes it last
    return whole.exists() and not (_PACKAGES / _FOR_BUILD_ONLY).exists()


def _is_installed() -> bool:
    """Whether node_modules hold what package-lock.json pins, with the tests' packages."""
    return _reads(_INSTALLED) == _lock()


def _install(environment: Mapping[str, str]) -> None:
    _npm_ci(environment)
    _INSTALLED.write_text(_lock())


def _build_alone(environment: Mapping[str, str]) -> None:
    _npm_ci(environment, "--omit=dev", mark=_FOR_BUILD_ONLY)
    _npm(environment, "run", "build")
    shutil.rmtree(_PACKAGES, ignore_errors=True)


def _npm_ci(environment: Mapping[str, str], *flags: str, mark: str | None = None) -> None:
    """`npm ci`; the file `mark` tells where the packages come from.

    The lock file has no addresses, so npm would read for each package the list of all its versions,
    which takes longer than to install it. It is given a copy with the addresses that registries
    have by convention; where that fails, the lock as it is.
    """
    # Of runs that were killed. Their npm may be at work still, so each run has a folder of its own.
    for left in FRONTEND.glob(f"{_STAGED}*"):
        shutil.rmtree(left, ignore_errors=True)
    staged = Path(tempfile.mkdtemp(prefix=_STAGED, dir=FRONTEND))
    command = ("ci", *flags, "--no-audit", "--no-fund")
    try:
        for file in (FRONTEND / name for name in ("package.json", ".npmrc")):
            if file.exists():
                shutil.copy(file, staged)
        (staged / "package-lock.json").write_text(_lock_with_addresses())
        _npm(environment, *command, cwd=staged)
        _mark(staged / "node_modules", mark)
        shutil.rmtree(_PACKAGES, ignore_errors=True)
        (staged / "node_modules").rename(_PACKAGES)
    except LaunchError:
        _npm(environment, *command)
        _mark(_PACKAGES, mark)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _mark(packages: Path, name: str | None) -> None:
    if name:
        (packages / name).touch()


def _lock_with_addresses() -> str:
    """npm takes the configured registry in the place of npmjs'; the hashes are checked as ever."""
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    for place, package in lock.get("packages", {}).items():
        if place and "version" in package:
            name = package.get("name") or place.rpartition("node_modules/")[2]
            file = f"{name.rpartition('/')[2]}-{package['version']}.tgz"
            package.setdefault("resolved", f"{_NPMJS}/{name}/-/{file}")
    return json.dumps(lock)


def _npm(environment: Mapping[str, str], *arguments: str, cwd: Path | None = None) -> None:
    done = subprocess.run(
        ["npm", *arguments],
        cwd=cwd or FRONTEND,
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
    tops = [top for top in FRONTEND.iterdir() if not _is_made(top.name)]
    files = [top for top in tops if top.is_file()]
    folders = (path for top in tops if top.is_dir() for path in top.rglob("*"))
    return sorted([*files, *(path for path in folders if path.is_file())])


def _is_made(name: str) -> bool:
    return name in _NOT_SOURCES or name.startswith(_STAGED)


def _lock() -> str:
    return _hash([FRONTEND / "package-lock.json"])


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(FRONTEND)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _reads(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.is_file() else None


def main(arguments: Sequence[str]) -> None:
    if arguments:
        run(Console(), arguments)
    else:
        build(Console())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LaunchError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: the next run goes on from here.")
