"""Makes the virtual environment and installs what a lock file pins, if that has not been done.

Run by make with the system's Python: `python bootstrap.py VENV REQUIREMENTS…`. Standard
library only. uv installs: the one on PATH, else one that pip installs for the time being, since it
takes a fifth of pip's time. Where it can't be had or fails, pip does it; both check the hashes of
the lock. A stamp in the environment, written last, holds a hash of the files: an installation that
was interrupted, or a lock file that changed, is noticed at the next run.

`python bootstrap.py --is-installed VENV REQUIREMENTS…`, run with the environment's own Python, does
nothing: its exit status is 0 where nothing is to be done.
"""

import fcntl
import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_STAMP = "malgil-installed"
# Beside the other lock files.
_UV_LOCK = "requirements-uv.txt"
_UV_FOLDER = "uv-while-installing"
# -qq: errors only.
_PIP_INSTALL = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input")
_NO_VENV = (
    "Python's venv module cannot make a virtual environment here: install it (on Debian and Ubuntu:"
    " `apt install python3-venv`), or uv (`pipx install uv`), and run make again."
)


class InstallError(RuntimeError):
    """Packages could not be installed; what the installer said was printed."""


def main(arguments: Sequence[str]) -> None:
    asks, *rest = arguments if arguments[0] == "--is-installed" else ("", *arguments)
    venv, *requirements = map(Path, rest)
    if asks:
        sys.exit(not (_is_this_one(venv) and _is_installed(venv, requirements)))
    # Two first runs at once would install over each other.
    with requirements[0].open("rb") as lock:
        with suppress(OSError):  # as on NFS without its lock server
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


def install_packages(
    python: Path, requirements: Sequence[Path], *, uv: str | None = None, compiles: bool = False
) -> None:
    """Into the environment of `python`, which has pip. Raises InstallError.

    `compiles` makes bytecode of all of it: for tests, which start many processes. Otherwise what is
    imported is compiled then; most never is.
    """
    files = [part for file in requirements for part in ("-r", str(file))]
    if uv := uv or shutil.which("uv"):
        # Where uv was not told of a mirror that pip knows, say, pip is asked next.
        command = [uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes"]
        compiling = ["--compile-bytecode"] if compiles else []
        if _succeeds([*command, *compiling, *files]):
            return
    command = [str(python), *_PIP_INSTALL, "--require-hashes"]
    compiling = [] if compiles else ["--no-compile"]
    if subprocess.run([*command, *compiling, *files]).returncode != 0:
        raise InstallError


def remove_packages(python: Path, names: Sequence[str]) -> None:
    """What does not go stays; it only takes room."""
    _succeeds([str(python), "-m", "pip", "uninstall", "-qq", "--yes", *names])


def _is_this_one(venv: Path) -> bool:
    """Whether it is the environment of this Python, and has pip."""
    return Path(sys.prefix) == venv.resolve() and importlib.util.find_spec("pip") is not None


def _is_usable(venv: Path) -> bool:
    """Whether it works, has pip, and is of this Python's version."""
    version = "{}.{}".format(*sys.version_info[:2])
    question = (
        "import importlib.util as found, sys;"
        f"sys.exit('%d.%d' % sys.version_info[:2] != '{version}' or not found.find_spec('pip'))"
    )
    return _succeeds([str(venv / "bin/python"), "-I", "-c", question])


def _make(venv: Path) -> None:
    if venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        sys.exit(f"{venv} is in the way: it is no virtual environment. Move it, or set VENV=….")
    _refuse_what_cannot_be_written(venv)
    for command in _ways_to_make(venv):
        shutil.rmtree(venv, ignore_errors=True)
        if _succeeds(command) and (_is_usable(venv) or _add_pip(venv)):
            return
    shutil.rmtree(venv, ignore_errors=True)
    sys.exit(_NO_VENV)


def _succeeds(command: Sequence[str]) -> bool:
    """Whether the program runs here, and ends well; what it says is not shown."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _refuse_what_cannot_be_written(venv: Path) -> None:
    try:
        venv.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(
            f"{venv} cannot be made ({error.strerror}): clone Malgil into a folder that you may"
            " write to, with 500 MB of room."
        )


def _ways_to_make(venv: Path) -> list[list[str]]:
    ways = [[sys.executable, "-m", "venv", str(venv)]]
    if uv := shutil.which("uv"):
        ways.insert(0, [uv, "venv", "-q", "--seed", "--python", sys.executable, str(venv)])
    if importlib.util.find_spec("virtualenv"):
        ways.append([sys.executable, "-m", "virtualenv", "-q", str(venv)])
    if program := shutil.which("virtualenv"):
        ways.append([program, "-q", "-p", sys.executable, str(venv)])
    # Debian ships venv without ensurepip: a system's pip can fill the gap.
    ways.append([sys.executable, "-m", "venv", "--without-pip", str(venv)])
    return ways


def _add_pip(venv: Path) -> bool:
    command = [sys.executable, "-m", "pip", "--python", str(venv / "bin/python")]
    return _succeeds([*command, "install", "-q", "pip"]) and _is_usable(venv)


def _is_installed(venv: Path, requirements: Sequence[Path]) -> bool:
    stamp = _stamp(venv, requirements)
    return stamp.is_file() and stamp.read_text() == _fingerprint(requirements)


def _for_tests(requirements: Sequence[Path]) -> bool:
    return any(file.stem.endswith("-dev") for file in requirements)


def _stamp(venv: Path, requirements: Sequence[Path]) -> Path:
    return venv / f"{_STAMP}-{requirements[-1].stem}"


def _fingerprint(requirements: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in requirements)).hexdigest()


def _install(venv: Path, requirements: Sequence[Path]) -> None:
    began_at = time.monotonic()
    print("Installing Python packages …", end="", flush=True)
    python = venv / "bin/python"
    try:
        with _uv(python, venv / _UV_FOLDER, requirements[0].with_name(_UV_LOCK)) as uv:
            install_packages(python, requirements, uv=uv, compiles=_for_tests(requirements))
    except InstallError:
        names = " and ".join(str(file) for file in requirements)
        sys.exit(
            f"pip could not install {names} (its reason is above): "
            "check the network or the package index, and run make again."
        )
    print(f" {time.monotonic() - began_at:.1f} s", flush=True)


@contextmanager
def _uv(python: Path, folder: Path, lock: Path) -> Iterator[str | None]:
    """Its path; `folder` is where pip puts it until the block ends. None: it can't be had."""
    if found := shutil.which("uv"):
        yield found
        return
    if not lock.is_file() or _pip_goes_its_own_way(python):
        yield None
        return
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(python), *_PIP_INSTALL, "--require-hashes", "--no-deps", "--no-compile"]
    command += ["--retries", "1", "--target", str(folder), "-r", str(lock)]
    try:
        yield str(folder / "bin/uv") if _succeeds(command) else None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pip_goes_its_own_way(python: Path) -> bool:
    """Whether pip was told of an index or a proxy, which uv would not ask."""
    command = [str(python), "-m", "pip", "config", "list"]
    told = subprocess.run(command, capture_output=True, text=True).stdout
    return re.search(r"\.(index-url|no-index|proxy)=", told) is not None


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Interrupted: the next run goes on from here.")
