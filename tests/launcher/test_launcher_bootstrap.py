"""The virtual environment that `make run` makes: once, again when needed, and repaired."""

import subprocess
import sys
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).resolve().parents[2] / "config" / "launcher" / "bootstrap.py"


def bootstrap(venv: Path, *requirements: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", str(BOOTSTRAP), str(venv), *map(str, requirements)],
        capture_output=True,
        text=True,
        check=False,
    )


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
