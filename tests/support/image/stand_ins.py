"""Base images that cannot be pulled, made under their names from a bare Debian (stand_ins/)."""

import hashlib
import subprocess
from pathlib import Path

_FOLDER = Path(__file__).parent / "stand_ins"
_DEBIAN = "malgil-image-test/debian"
# The targets of stand_ins/Dockerfile.
IMAGES = {
    "python": "python:3.13-slim",
    "node": "node:24-slim",
    "caddy": "caddy:2.11-alpine",
    "postgres": "postgres:18-alpine",
    "valkey": "valkey/valkey:8",
}


def make(client: Path, *, debian: Path) -> None:
    """Those that the engine has not made before."""
    with debian.open("rb") as layer:
        digest = hashlib.file_digest(layer, "sha256").hexdigest()
    if _docker(client, "images", "--quiet", f"{_DEBIAN}:{digest[:12]}") == "":
        _docker(client, "import", "-", f"{_DEBIAN}:{digest[:12]}", given=debian)
    _docker(client, "tag", f"{_DEBIAN}:{digest[:12]}", _DEBIAN)
    # A context of its own, since the engine does not see the checkout.
    context = subprocess.run(
        ["tar", "--create", "--directory", _FOLDER, "."], capture_output=True, check=True
    ).stdout
    for target, name in IMAGES.items():
        build = ("build", "--network", "host", "--target", target, "--tag", name, "-")
        _docker(client, *build, given=context)


def _docker(client: Path, *arguments: str, given: Path | bytes = b"") -> str:
    content = given.read_bytes() if isinstance(given, Path) else given
    done = subprocess.run([client, *arguments], cwd="/", input=content, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout.decode()
