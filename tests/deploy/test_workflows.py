"""GitHub's workflows, as far as they can be judged without GitHub: linted, not run."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
PROGRAMS = Path(sys.executable).parent
# Both are in the check-jsonschema package.
SCHEMAS = ("vendor.github-workflows", "custom.github-workflows-require-timeout")


def read(name: str) -> dict:
    return yaml.safe_load((FOLDER / name).read_text())


def actionlint(*files: Path) -> subprocess.CompletedProcess[str]:
    # Without shellcheck and pyflakes: whether they are on PATH differs from machine to machine.
    command = [PROGRAMS / "actionlint", "-no-color", "-shellcheck=", "-pyflakes=", *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def zizmor(*files: Path) -> subprocess.CompletedProcess[str]:
    """What an attacker could make of a workflow; only what can be seen without the network."""
    command = [PROGRAMS / "zizmor", "--offline", "--no-progress", "--color=never"]
    command += ["--config", ROOT / ".github/zizmor.yml", *files]
    return subprocess.run(command, capture_output=True, text=True)


def test_actionlint_finds_nothing() -> None:
    done = actionlint(*WORKFLOWS)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("macos-15", "macos-51"),
        ("matrix.machine", "matrix.machines"),
        ("steps.python.outputs.python-path", "steps.python.outputs.path-of-python"),
        ("node-version:", "nodes-version:"),
    ],
)
def test_actionlint_would_find_a_mistake(tmp_path, right, wrong) -> None:
    copy = tmp_path / "ci.yml"
    copy.write_text((FOLDER / "ci.yml").read_text().replace(right, wrong))

    done = actionlint(copy)

    assert done.returncode != 0
    assert wrong.strip(":").rpartition(".")[2] in done.stdout


def test_zizmor_finds_nothing() -> None:
    done = zizmor(*WORKFLOWS)

    assert done.returncode == 0, done.stdout


def test_zizmor_would_find_a_tag_that_is_run_as_code(tmp_path) -> None:
    written = (FOLDER / "release.yml").read_text()
    copy = tmp_path / "release.yml"
    copy.write_text(written.replace('"$GITHUB_REF_NAME" assets', "${{ github.ref_name }} assets"))

    done = zizmor(copy)

    assert done.returncode != 0
    assert "template-injection" in done.stdout


@pytest.mark.parametrize("schema", SCHEMAS)
def test_they_are_as_the_schemas_say_and_every_job_has_a_timeout(schema) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *WORKFLOWS]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_named_by_a_release_or_a_commit(workflow) -> None:
    actions = re.findall(r"uses: (?!\$/)(\S+)", workflow.read_text())

    assert actions
    assert [name for name in actions if not re.search(r"@(v\d+|[0-9a-f]{40})$", name)] == []


def test_ci_runs_on_every_python_that_the_readme_promises() -> None:
    readme = (ROOT / "README.md").read_text()
    [(oldest, newest)] = re.findall(r"Python 3\.(\d+) to 3\.(\d+)", readme)

    tried = read("ci.yml")["jobs"]["run"]["strategy"]["matrix"]["python"]

    assert tried == [f"3.{minor}" for minor in range(int(oldest), int(newest) + 1)]


def test_ci_runs_what_is_run_before_a_change_lands() -> None:
    steps = read("ci.yml")["jobs"]["run"]["steps"]

    assert ".ci/run" in [step.get("run") for step in steps]
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_nothing_is_published_before_the_tests_have_passed() -> None:
    jobs = read("release.yml")["jobs"]

    assert jobs["ci"]["uses"] == "$/.github/workflows/ci.yml"
    assert jobs["ci"]["needs"] == "version"
    assert {jobs[name]["needs"] for name in ("image", "client")} == {"ci"}
    assert jobs["release"]["needs"] == ["image", "client"]


def test_the_image_is_for_both_architectures_and_says_what_is_in_it() -> None:
    steps = read("release.yml")["jobs"]["image"]["steps"]
    [build] = [step["with"] for step in steps if "build-push-action" in step.get("uses", "")]

    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert (build["sbom"], build["provenance"]) == (True, "mode=max")
    # What only a release knows; the Dockerfile has a default for each.
    wanted = re.findall(r"^ARG (\w+)=", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    given = [line.partition("=")[0] for line in build["build-args"].splitlines()]
    assert given == wanted


def versions() -> tuple[str, str]:
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return backend, json.loads((ROOT / "frontend/package.json").read_text())["version"]


def compared_with(tag: str) -> subprocess.CompletedProcess[str]:
    """Runs the release's first step, with our Python as the runner's python3."""
    [script] = [
        step["run"] for step in read("release.yml")["jobs"]["version"]["steps"] if "run" in step
    ]
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"GITHUB_REF_NAME": tag, "PATH": path}
    command = ["bash", "-e", "-c", script]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_a_tag_of_another_version_is_refused() -> None:
    done = compared_with("v99.0.0")

    assert done.returncode == 1
    assert "The tag is v99.0.0, but pyproject.toml says" in done.stdout


def test_the_tag_of_this_version_is_taken() -> None:
    backend, client = versions()

    assert backend == client
    assert compared_with(f"v{backend}").returncode == 0
