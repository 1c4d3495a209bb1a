"""Which Python `make` takes, and what it says where none will do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make install` reads; its name is not plain. It installs nothing."""
    folder = tmp_path / "말길 사본"
    (folder / "config/launcher").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "config/launcher/bootstrap.py", folder / "config/launcher")
    for lock in ("requirements.txt", "requirements-servers.txt"):
        (folder / lock).write_text("# nothing\n")
    return folder


def python_of(folder: Path, version: str) -> Path:
    """A Python that says it is another one."""
    program = folder / f"python{version}"
    told = f"import sys; sys.version_info = ({version.replace('.', ', ')}, 0); "
    real = sys.executable
    program.write_text(
        f'#!/bin/sh\ntest "$1" = -c || exec {real} "$@"\nexec {real} -c "{told}$2"\n'
    )
    program.chmod(0o755)
    return program


def install(clone: Path, python: Path | str, **more: str) -> "subprocess.CompletedProcess[str]":
    # Not as part of the `make test` that may run this.
    of_make = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VENV", "PYTHON"}
    return subprocess.run(
        ["make", "install", f"PYTHON={python}", "VENV=.venv"],
        cwd=clone,
        env={name: value for name, value in os.environ.items() if name not in of_make} | more,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", ["3.10", "3.15", "2.7"])
def test_a_python_that_is_too_old_or_too_new_is_refused(
    clone: Path, tmp_path: Path, version: str
) -> None:
    done = install(clone, python_of(tmp_path, version))

    assert done.returncode != 0
    assert "Malgil needs Python 3.11, 3.12, 3.13 or 3.14" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_shim_that_runs_nothing_is_passed_over(clone: Path, tmp_path: Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    shim.chmod(0o755)

    assert "Malgil needs Python" in install(clone, shim).stderr


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_each_python_that_malgil_is_for_is_taken(clone: Path, tmp_path: Path, version: str) -> None:
    done = install(clone, python_of(tmp_path, version))

    assert done.returncode == 0, done.stderr
    assert (clone / ".venv/bin/python").exists()
    # No network is asked for what is there already.
    assert install(clone, python_of(tmp_path, version)).stdout == ""


def test_where_all_is_installed_no_other_python_is_asked(clone: Path, tmp_path: Path) -> None:
    assert install(clone, sys.executable).returncode == 0
    programs = tmp_path / "bin"
    programs.mkdir()
    for version in ("", ".11", ".12", ".13", ".14"):
        program = programs / f"python3{version}"
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
        program.chmod(0o755)
    path = f"{programs}:/usr/bin:/bin"

    assert install(clone, "", PATH=path).returncode == 0
    assert not (tmp_path / "asked").exists()

    (clone / "requirements.txt").write_text("# nothing more\n")
    assert "Malgil needs Python" in install(clone, "", PATH=path).stderr
    assert (tmp_path / "asked").exists()
