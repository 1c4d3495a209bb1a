"""What the tools of contributors read is as those tools' schemas say, and names what is there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
FORMS = ROOT / ".github/ISSUE_TEMPLATE"
# Of the check-jsonschema package.
SCHEMAS = {
    ROOT / "renovate.json": "vendor.renovate",
    FORMS / "config.yml": "vendor.github-issue-config",
    FORMS / "bug.yml": "vendor.github-issue-forms",
    FORMS / "feature.yml": "vendor.github-issue-forms",
}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def validate(file: Path, schema: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_a_file_is_as_its_schema_says(file) -> None:
    done = validate(file, SCHEMAS[file])

    assert done.returncode == 0, done.stdout


def test_each_form_has_a_schema() -> None:
    assert set(FORMS.iterdir()) == {file for file in SCHEMAS if file.parent == FORMS}


def test_a_mistake_in_a_form_would_be_found(tmp_path) -> None:
    wrong = tmp_path / "bug.yml"
    wrong.write_text((FORMS / "bug.yml").read_text().replace("required:", "mandatory:", 1))

    assert validate(wrong, "vendor.github-issue-forms").returncode != 0


def test_renovate_knows_every_lock_file() -> None:
    settings = json.loads((ROOT / "renovate.json").read_text())
    [pattern] = settings["pip-compile"]["managerFilePatterns"]
    locks = [source.with_suffix(".txt").name for source in ROOT.glob("requirements*.in")]

    assert len(locks) >= 2
    assert [name for name in locks if not re.search(pattern.strip("/"), name)] == []


def test_pre_commit_can_read_its_hooks() -> None:
    command = [PROGRAMS / "pre-commit", "validate-config", ROOT / ".pre-commit-config.yaml"]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_the_hooks_name_programs_that_make_installs() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    programs = {Path(hook["entry"].split()[0]) for hook in hooks if hook["language"] == "system"}

    assert len(programs) == 3
    assert {program.parent for program in programs} == {Path(".venv/bin")}
    assert [program for program in programs if not (PROGRAMS / program.name).exists()] == []


def test_the_hook_of_the_client_is_a_script_of_its_package() -> None:
    scripts = json.loads((ROOT / "frontend/package.json").read_text())["scripts"]
    [name] = re.findall(
        r"config\.launcher\.client (\S+)", (ROOT / ".pre-commit-config.yaml").read_text()
    )

    assert name in scripts
    assert f"npm run --silent {name}" in scripts["check"]


def test_the_dev_container_prepares_what_the_makefile_offers() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    [target] = re.findall(r"make (\S+)", container["postCreateCommand"])
    [port] = re.findall(r"^# PORT=(\d+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert target in make_targets()
    assert container["forwardPorts"] == [int(port)]


def test_contributing_names_make_targets_that_exist() -> None:
    named = set(re.findall(r"make ([a-z0-9-]+)[` ]", (ROOT / "CONTRIBUTING.md").read_text()))

    assert {"install-dev", "test", "check", "e2e"} <= named
    assert named - make_targets() == set()
