"""The virtual environment that `make run` makes: once, again when needed, and repaired."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).resolve().parents[2] / "config" / "launcher" / "bootstrap.py"


def bootstrap(
    venv: Path, *requirements: Path, path: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """`path` comes before the rest of PATH, in which uv is not looked for."""
    places = [str(path)] if path else []
    places += [place for place in os.environ["PATH"].split(":") if not Path(place, "uv").exists()]
    return subprocess.run(
        [sys.executable, "-I", str(BOOTSTRAP), str(venv), *map(str, requirements)],
        env={**os.environ, "PATH": ":".join(places)},
        capture_output=True,
        text=True,
        check=False,
    )


def put_uv(folder: Path, script: str) -> Path:
    """A uv that makes no environments; how it was called stands in uv.calls."""
    folder.mkdir()
    uv = folder / "uv"
    uv.write_text(f'#!/bin/sh\ntest "$1" = venv && exit 1\necho "$*" >> "$0.calls"\n{script}\n')
    uv.chmod(0o755)
    return folder


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock file that pins nothing, so that no test needs a network."""
    file = tmp_path / "requirements.txt"
    file.write_text("# nothing\n")
    return file


def test_it_installs_once_and_again_when_the_lock_file_changed(tmp_path: Path, lock: Path) -> None:
    venv = tmp_path / "venv"
    assert "Installing" in bootstrap(venv, lock).stdout
    assert bootstrap(venv, lock).stdout == ""
    lock.write_text("# nothing more\n")
    assert "Installing" in bootstrap(venv, lock).stdout
    assert bootstrap(venv, lock).stdout == ""


def test_a_larger_set_includes_the_smaller_one(tmp_path: Path, lock: Path) -> None:
    more = tmp_path / "requirements-dev.txt"
    more.write_text("# nothing either\n")
    assert "Installing" in bootstrap(tmp_path / "venv", lock, more).stdout
    assert bootstrap(tmp_path / "venv", lock).stdout == ""


def test_a_half_made_environment_is_made_anew(tmp_path: Path, lock: Path) -> None:
    venv = tmp_path / "venv"
    bootstrap(venv, lock)
    (venv / "bin" / "python").unlink()
    done = bootstrap(venv, lock)
    assert done.returncode == 0
    assert "Installing" in done.stdout


def test_an_installation_that_failed_is_tried_again(tmp_path: Path, lock: Path) -> None:
    lock.write_text("./no-such-package\n")
    failed = bootstrap(tmp_path / "venv", lock)
    assert failed.returncode == 1
    assert "pip could not install" in failed.stderr
    assert "pip could not install" in bootstrap(tmp_path / "venv", lock).stderr


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, lock: Path) -> None:
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "thesis.txt").write_text("do not delete")
    done = bootstrap(venv, lock)
    assert done.returncode == 1
    assert "is in the way" in done.stderr
    assert (venv / "thesis.txt").exists()


def test_uv_installs_where_there_is_one(tmp_path: Path, lock: Path) -> None:
    path = put_uv(tmp_path / "bin", "exit 0")
    lock.write_text("./no-such-package\n")  # which pip could not install

    assert bootstrap(tmp_path / "venv", lock, path=path).returncode == 0

    python = tmp_path / "venv/bin/python"
    expected = f"pip install --quiet --python {python} --require-hashes -r {lock}"
    assert (path / "uv.calls").read_text().splitlines() == [expected]


def test_what_tests_run_with_is_compiled(tmp_path: Path, lock: Path) -> None:
    path = put_uv(tmp_path / "bin", "exit 0")
    dev = tmp_path / "requirements-dev.txt"
    dev.write_text("# nothing either\n")

    bootstrap(tmp_path / "venv", lock, dev, path=path)

    assert "--compile-bytecode" in (path / "uv.calls").read_text()


def test_where_uv_fails_pip_is_asked(tmp_path: Path, lock: Path) -> None:
    path = put_uv(tmp_path / "bin", "exit 2")

    assert bootstrap(tmp_path / "venv", lock, path=path).returncode == 0
    assert (path / "uv.calls").exists()


def test_a_package_without_a_hash_is_not_installed(tmp_path: Path, lock: Path) -> None:
    lock.write_text("malgil-is-no-such-package==1.0\n")

    done = bootstrap(tmp_path / "venv", lock)
    assert done.returncode == 1
    assert "hash" in done.stderr.lower()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, lock: Path) -> None:
    (tmp_path / "file").touch()

    done = bootstrap(tmp_path / "file" / "venv", lock)
    assert done.returncode == 1
    assert "clone Malgil into a folder that you may write to" in done.stderr
    assert "Traceback" not in done.stderr
