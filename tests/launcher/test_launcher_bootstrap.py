"""The virtual environment that `make run` makes: once, again when needed, and repaired."""

import hashlib
import os
import re
import subprocess
import sys
import zipfile
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


def test_where_uv_does_not_run_pip_is_asked(tmp_path: Path, lock: Path) -> None:
    path = put_uv(tmp_path / "bin", "")
    (path / "uv").write_text("#!/no/such/interpreter\n")

    done = bootstrap(tmp_path / "venv", lock, path=path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def uv_lock(lock: Path) -> Path:
    """Beside the lock, pins a wheel of a uv that notes where it is and how it was called."""
    wheel = lock.with_name("uv-0-py3-none-any.whl")
    info = {"METADATA": "Metadata-Version: 2.1\nName: uv\nVersion: 0\n"}
    info["WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    info["RECORD"] = ""
    with zipfile.ZipFile(wheel, "w") as made:
        program = zipfile.ZipInfo("uv-0.data/scripts/uv")
        program.external_attr = 0o100755 << 16  # a file that may be run
        made.writestr(program, f'#!/bin/sh\necho "$0 $*" >> {lock.parent}/calls\n')
        for name, text in info.items():
            made.writestr(f"uv-0.dist-info/{name}", text)
    file = lock.with_name("requirements-uv.txt")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    file.write_text(f"uv @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    return file


def test_pip_brings_uv_for_as_long_as_it_takes(tmp_path: Path, lock: Path, uv_lock: Path) -> None:
    lock.write_text("./no-such-package\n")  # which pip could not install

    assert bootstrap(tmp_path / "venv", lock).returncode == 0

    uv, *arguments = (tmp_path / "calls").read_text().split()
    assert arguments[:2] == ["pip", "install"]
    assert Path(uv).is_relative_to(tmp_path / "venv")
    assert not Path(uv).exists()


def test_a_uv_of_another_hash_is_not_run(tmp_path: Path, lock: Path, uv_lock: Path) -> None:
    text = uv_lock.read_text()
    uv_lock.write_text(re.sub("sha256:.*", f"sha256:{'0' * 64}", text))

    assert bootstrap(tmp_path / "venv", lock).returncode == 0
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize(
    "told", [{"PIP_INDEX_URL": "https://mirror.invalid/"}, {"PIP_PROXY": "http://proxy.invalid"}]
)
def test_where_pip_was_told_another_index_or_a_proxy_it_installs(
    tmp_path: Path, lock: Path, uv_lock: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str]
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert bootstrap(tmp_path / "venv", lock).returncode == 0
    assert not (tmp_path / "calls").exists()


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
