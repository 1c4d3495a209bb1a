"""A copy of this checkout as a Compose project of its own, with the demo model."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

from support.deploy.compose import ROOT
from support.processes.stack import free_port

from .engine import Engine

NAME = "malgil-image-test"
DOTENV = {
    "COMPOSE_PROJECT_NAME": NAME,
    "COMPOSE_PROFILES": "demo",
    "SECRET_KEY": "a-key-for-tests-that-protects-nothing",
    "POSTGRES_PASSWORD": "nothing2protect",
    "OPENAI_BASE_URL": "http://demo:9100/v1",
    "OPENAI_API_KEY": "demo",
    "DEMO_MODEL": "on",
    "CHAT_DAILY_LIMIT": "100000",
    "ACCESS_TOKEN_SECONDS": "7200",
    "AUTH_THROTTLES": "off",
}
# Answers of six seconds: long enough to be interrupted.
_PACE = ["--first-token-ms", "100", "--tokens", "60", "--tokens-per-second", "10"]
_DEMO = ["python", "-m", "demo", "--host", "0.0.0.0", "--port", "9100", *_PACE]


class Project:
    """Use it as a context manager: in the end nothing of it is left but what builds cache."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._port = free_port()
        self.url = f"https://localhost:{self._port}"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="malgil-image-", dir=self._engine.folder))
        _copy_checkout(self.folder)
        self.take("1")
        (self.folder / "docker-compose.override.yml").write_text(self._override())
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "60")
        if images := set(self.docker("images", "--quiet", NAME).split()):
            self.docker("image", "rm", "--force", *images)
        shutil.rmtree(self.folder)

    def take(self, tag: str) -> None:
        """From now on, the project's image is the one of that tag."""
        lines = DOTENV | {"MALGIL_IMAGE": image(tag)}
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        (self.folder / ".env").write_text(text)

    @property
    def build_options(self) -> list[str]:
        return ["--network", self._engine.build_network]

    def docker(self, *arguments: str, seconds: float = 300) -> str:
        return self._engine.run("docker", *arguments, cwd=self.folder, seconds=seconds)

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        return self.docker("compose", *arguments, seconds=seconds)

    def build(self, tag: str) -> None:
        self.take(tag)
        self.compose("build", "--build-arg", f"VERSION={tag}", seconds=1800)

    def scale(self, **replicas: int) -> None:
        """Returns when everything is well."""
        counts = [f"--scale={service}={count}" for service, count in replicas.items()]
        self.compose("up", "--detach", "--no-recreate", "--wait", *counts)

    def roll_out(self) -> None:
        self.compose("run", "--rm", "migrate")
        self._engine.run(self.folder / "deploy" / "rollout", cwd=self.folder, seconds=900)

    def containers(self, service: str) -> list[dict[str, Any]]:
        """Those that run, as the engine describes them."""
        ids = self.compose("ps", "--quiet", service).split()
        described: list[dict[str, Any]] = json.loads(self.docker("inspect", *ids)) if ids else []
        return described

    def left(self) -> str:
        """Containers, networks and volumes of the project."""
        mine = ("--quiet", "--filter", f"label=com.docker.compose.project={NAME}")
        kinds = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        return "".join(self.docker(*kind, *mine) for kind in kinds)

    def rows(self, statement: str) -> list[list[str]]:
        """Asks the database past all of our code."""
        ask = ("psql", "--username", "malgil", "--no-align", "--tuples-only", "--command")
        said = self.compose("exec", "-T", "postgres", *ask, statement)
        return [line.split("|") for line in said.splitlines()]

    def trust(self) -> Path:
        """A file with the certificate of Caddy's own authority."""
        file = self.folder / "root.crt"
        self.compose("cp", "caddy:/data/caddy/pki/authorities/local/root.crt", str(file))
        return file

    def _override(self) -> str:
        lines = [
            "services:",
            f'  caddy: {{ports: !override ["127.0.0.1:{self._port}:443"]}}',
            f"  migrate: {{build: {{network: {self._engine.build_network}}}}}",
            f"  demo: {{command: {json.dumps(_DEMO)}}}",
        ]
        return "\n".join([*lines, ""])


def image(tag: str) -> str:
    return f"{NAME}:{tag}"


def _copy_checkout(folder: Path) -> None:
    """What is, or could be, committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
