"""`make check WHEELS=1`: each locked package has a wheel for each Python and platform.

uv resolves the locks as it would there, without installing anything; it asks the package index.
Exit status 1, and the package's name, where a wheel is missing.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
LOCKS = tuple(f"requirements{kind}.txt" for kind in ("", "-servers", "-dev", "-node", "-uv"))
# The oldest macOS that its maker still mends.
ENVIRONMENT = {"MACOSX_DEPLOYMENT_TARGET": "14.0"}


def missing(uv: str, python: str, platform: str) -> str:
    """What uv says about a package without a wheel; empty where all have one."""
    with tempfile.TemporaryDirectory() as target:
        command = [
            *(uv, "pip", "install", "--dry-run", "--quiet", "--no-deps", "--only-binary", ":all:"),
            *("--python-version", python, "--python-platform", platform, "--target", target),
            *(part for lock in LOCKS for part in ("-r", lock)),
        ]
        done = subprocess.run(
            command, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False
        )
    return "" if done.returncode == 0 else done.stderr


def main() -> int:
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    uv = shutil.which("uv", path=os.pathsep.join(places))
    if uv is None:
        print("Looking for wheels needs uv: pip install uv", file=sys.stderr)
        return 1
    status = 0
    for python, platform in itertools.product(PYTHONS, PLATFORMS):
        said = missing(uv, python, platform)
        print(f"Python {python}, {platform}: {said or 'a wheel for each package'}", flush=True)
        status = 1 if said else status
    return status


if __name__ == "__main__":
    sys.exit(main())
