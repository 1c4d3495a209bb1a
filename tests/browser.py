"""`make e2e`: finds a Chromium, or installs Debian's, and runs the client's end-to-end tests."""

import os
import shutil
import subprocess
import sys

from config.launcher import client
from config.launcher.console import Console
from config.launcher.errors import LaunchError

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# The fonts are for the Korean screenshots.
PACKAGES = ("chromium", "fonts-noto-cjk")


def main() -> None:
    """Raises LaunchError."""
    console = Console()
    browser = found() or installed(console)
    client.run(console, ["size", "e2e"], CHROMIUM=browser, PYTHON=sys.executable)


def found() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def installed(console: Console) -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise LaunchError(
            "The end-to-end tests need Chromium, and there is none on PATH: install it (on Debian"
            " and Ubuntu: `apt install chromium`), or name it: make e2e CHROMIUM=/path/to/chrome."
        )
    with console.step("Installing Chromium from Debian's packages"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            _apt(command)
    browser = found()
    if browser is None:
        raise LaunchError("Debian's chromium was installed, but is not on PATH.")
    return browser


def _apt(arguments: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise LaunchError(f"`{' '.join(command)}` failed:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    try:
        main()
    except LaunchError as error:
        sys.exit(str(error))
