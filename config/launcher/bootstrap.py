"""Makes the virtual environment and installs what a lock file pins, if that has not been done.

Run by make with the system's Python: `python bootstrap.py VENV REQUIREMENTS…`. Standard library
only. A stamp in the environment, written last, holds a hash of the files: an installation that was
interrupted, or a lock file that changed, is noticed at the next run.
"""

import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_STAMP = "malgil-installed"
_NO_VENV = (
    "Python's venv module cannot make a virtual environment here: "
    "install it (on Debian and Ubuntu: `apt install python3-venv`) and run make again."
)


def main(arguments: Sequence[str]) -> None:
    venv = Path(arguments[0])
    requirements = [Path(name) for name in arguments[1:]]
    # Two first runs at once would install over each other.
    with requirements[0].open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_usable(venv):
            _make(venv)
        if not _is_installed(venv, requirements):
            for stamp in venv.glob(f"{_STAMP}-*"):
                stamp.unlink()
            _install(venv, requirements)
            # With the larger set the smaller one, its beginning, is installed too.
            for end in range(1, len(requirements) + 1):
                _stamp(venv, requirements[:end]).write_text(_fingerprint(requirements[:end]))


def _is_usable(venv: Path) -> bool:
    """Whether it works, has pip, and is of this Python's version."""
    version = "{}.{}".format(*sys.version_info[:2])
    question = f"import pip, sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    try:
        asked = subprocess.run([venv / "bin/python", "-c", question], capture_output=True)
    except OSError:
        return False
    return asked.returncode == 0


def _make(venv: Path) -> None:
    if venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        sys.exit(f"{venv} is in the way: it is no virtual environment. Move it, or set VENV=….")
    for command in _ways_to_make(venv):
        shutil.rmtree(venv, ignore_errors=True)
        done = subprocess.run(command, capture_output=True)
        if done.returncode == 0 and (_is_usable(venv) or _add_pip(venv)):
            return
    shutil.rmtree(venv, ignore_errors=True)
    sys.exit(_NO_VENV)


def _ways_to_make(venv: Path) -> list[list[str]]:
    ways = [[sys.executable, "-m", "venv", str(venv)]]
    if importlib.util.find_spec("virtualenv"):
        ways.append([sys.executable, "-m", "virtualenv", "-q", str(venv)])
    if program := shutil.which("virtualenv"):
        ways.append([program, "-q", "-p", sys.executable, str(venv)])
    # Debian ships venv without ensurepip: a system's pip can fill the gap.
    ways.append([sys.executable, "-m", "venv", "--without-pip", str(venv)])
    return ways


def _add_pip(venv: Path) -> bool:
    command = [sys.executable, "-m", "pip", "--python", str(venv / "bin/python")]
    added = subprocess.run([*command, "install", "-q", "pip"], capture_output=True)
    return added.returncode == 0 and _is_usable(venv)


def _is_installed(venv: Path, requirements: Sequence[Path]) -> bool:
    stamp = _stamp(venv, requirements)
    return stamp.is_file() and stamp.read_text() == _fingerprint(requirements)


def _stamp(venv: Path, requirements: Sequence[Path]) -> Path:
    return venv / f"{_STAMP}-{requirements[-1].stem}"


def _fingerprint(requirements: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in requirements)).hexdigest()


def _install(venv: Path, requirements: Sequence[Path]) -> None:
    files = [part for file in requirements for part in ("-r", str(file))]
    # Twice: errors only.
    quiet = ("-qq", "--disable-pip-version-check", "--no-input")
    began_at = time.monotonic()
    print("Installing Python packages …", end="", flush=True)
    installed = subprocess.run([venv / "bin/python", "-m", "pip", "install", *quiet, *files])
    if installed.returncode != 0:
        names = " and ".join(str(file) for file in requirements)
        sys.exit(
            f"pip could not install {names} (its reason is above): "
            "check the network or the package index, and run make again."
        )
    print(f" {time.monotonic() - began_at:.1f} s", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Interrupted: the next run goes on from here.")
